"""The programme's books: figures of days that were added up when they were sealed, and of the few that are open.

What a page costs depends on the months it shows, not on the history behind them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import joinedload

from portal.extensions import db
from portal.kernel.once import once_a_page
from portal.points.audit import Found, also_audits
from portal.points.book_models import ClosedMonth, DayTotal
from portal.points.closing import first_moment
from portal.points.ledger import balances
from portal.points.models import Entry, Kind, Lot, Transaction
from portal.points.money import breakage_rate
from portal.points.postings import CAMPAIGN_PARTS, PERSON_PARTS, PROGRAM_PARTS
from portal.points.seal_models import Leaf, Seal

GROUPS = (
    *(f"person/{part}" for part in PERSON_PARTS), *(f"campaign/{part}" for part in CAMPAIGN_PARTS),
    *(f"program/{part}" for part in PROGRAM_PARTS),
)  # fmt: skip
OF_PEOPLE = tuple(f"person/{part}" for part in PERSON_PARTS)
MONTHS_SHOWN = 12
AGES_MONTHS = (3, 6, 12, 24)
DAYS_A_MONTH = 30.44

Sums = Mapping[tuple[str, str], int]
"""Points by kind of movement and group of accounts."""


@dataclass(frozen=True)
class Figures:
    """What a stretch of time did, as an accountant reads it; points."""

    funded: int
    """Given to seasons as their budgets, less what was taken back from them."""
    issued: int
    """Awarded to people or added by hand; part of it waited."""
    settled: int
    """Of what waited, what became theirs."""
    redeemed: int
    """Spent on rewards, less what was given back."""
    expired: int
    revoked: int
    """Awards taken back."""
    written_off: int
    """Taken by hand."""
    change: int
    """What people hold more, debts set against it: issued − redeemed − expired − revoked − written off."""

    @property
    def fits(self) -> bool:
        """The sides agree to the point."""
        return self.change == self.issued - self.redeemed - self.expired - self.revoked - self.written_off


def figures_of(totals: Sums) -> Figures:
    """Read the totals of a stretch of time."""

    def moved(group: str, *kinds: Kind) -> int:
        return sum(points for (kind, name), points in totals.items() if name == group and (not kinds or kind in kinds))

    given = sum(moved(group, Kind.AWARD) for group in OF_PEOPLE)
    expired, put_back = moved("program/expired", Kind.EXPIRE), -moved("program/expired", Kind.REVOKE)
    return Figures(
        funded=-moved("program/issued", Kind.BUDGET),
        issued=given - moved("program/issued", Kind.ADJUST),
        settled=-moved("person/pending", Kind.SETTLE),
        redeemed=moved("program/redeemed"),
        expired=expired - put_back,
        revoked=moved("campaign/reserved", Kind.REVOKE),
        written_off=moved("program/written_off"),
        change=sum(moved(group) for group in OF_PEOPLE),
    )


def totals_between(first: date, last: date) -> dict[tuple[str, str], int]:
    """Of the sealed days from `first` to `last`. Leans on the seals' unique day and the totals' primary key."""
    rows = db.session.execute(
        select(DayTotal.kind, DayTotal.account_group, func.sum(DayTotal.points))
        .join(Seal, Seal.number == DayTotal.seal_number)
        .where(Seal.day >= first, Seal.day <= last)
        .group_by(DayTotal.kind, DayTotal.account_group)
    )
    return {(kind, group): int(points) for kind, group, points in rows}


@once_a_page
def sealed_span() -> tuple[date, date] | None:
    """The first and the last sealed day. Leans on the seals' unique day."""
    first, last = db.session.execute(select(func.min(Seal.day), func.max(Seal.day))).one()
    return (first, last) if first and last else None


@once_a_page
def open_totals() -> dict[tuple[str, str], int]:
    """Of the days that are not sealed yet. Leans on `ix_ledger_transaction_posted_at`."""
    sealed = sealed_span()
    query = (
        select(Transaction.kind, _GROUP, func.sum(Entry.amount))
        .join(Entry, Entry.transaction_id == Transaction.id)
        .group_by(Transaction.kind, _GROUP)
    )
    if sealed is not None:
        query = query.where(Transaction.posted_at >= first_moment(sealed[1] + timedelta(days=1)))
    return {(kind, group): int(points) for kind, group, points in db.session.execute(query)}


_GROUP = case(
    *[
        (Entry.account_name.like(f"{group.split('/')[0]}/%/{group.split('/')[1]}"), literal(group))
        for group in GROUPS
        if not group.startswith("program/")
    ],
    else_=Entry.account_name,
)


def months_shown(today: date) -> list[str]:
    """This month and those before it, the newest first, back to the first sealed day."""
    sealed = sealed_span()
    first = sealed[0] if sealed else today
    months: list[str] = []
    year, number = today.year, today.month
    while len(months) < MONTHS_SHOWN and (year, number) >= (first.year, first.month):
        months.append(f"{year}-{number:02}")
        year, number = (year, number - 1) if number > 1 else (year - 1, 12)
    return months


def days_of(month: str) -> tuple[date, date]:
    """Its first and last day. Raises ValueError for what is no month."""
    first = date.fromisoformat(f"{month}-01")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, after - timedelta(days=1)


@once_a_page
def closed_months(length: int = 36) -> Sequence[ClosedMonth]:
    """The newest first. Leans on the primary key."""
    newest = select(ClosedMonth).options(joinedload(ClosedMonth.closed_by)).order_by(ClosedMonth.month.desc())
    return db.session.scalars(newest.limit(length)).unique().all()


@dataclass(frozen=True)
class Books:
    """What the page of books shows: months with their figures, the newest first, and what everybody holds now."""

    months: list[tuple[str, Figures]]
    balances: dict[str, int]
    breakage: Fraction | None


def read_books(today: date) -> Books:
    """Sealed days since the last closed month, or of the months shown if that is longer, and the open days."""
    months = months_shown(today)
    last = next(iter(closed_months()), None)
    held: Counter[str] = Counter(last.figures["closing"] if last else {})
    since = days_of(last.month)[1] + timedelta(days=1) if last else date.min
    shown_from = days_of(months[-1])[0] if months else today
    sums: dict[str, Counter[tuple[str, str]]] = {month: Counter() for month in months}
    rows = db.session.execute(
        select(Seal.day, DayTotal.kind, DayTotal.account_group, DayTotal.points)
        .join(Seal, Seal.number == DayTotal.seal_number)
        .where(Seal.day >= min(since, shown_from))
    )
    for day, kind, group, points in rows:
        if day >= since:
            held[group] += points
        if (month := f"{day:%Y-%m}") in sums:
            sums[month][kind, group] += points
    for (kind, group), points in open_totals().items():
        held[group] += points
        if months:
            sums[months[0]][kind, group] += points
    by_month = [(month, figures_of(sums[month])) for month in months]
    expired, redeemed = (sum(getattr(figures, name) for _, figures in by_month) for name in ("expired", "redeemed"))
    return Books(by_month, dict(held), breakage_rate(expired, redeemed))


def held_by_people(balances: Mapping[str, int]) -> int:
    """Points that people hold, debts set against them: what the programme owes."""
    return sum(balances.get(group, 0) for group in OF_PEOPLE)


@dataclass(frozen=True)
class Age:
    """Points to spend that were earned between so many months ago; `until` is None for the oldest."""

    since: int
    until: int | None
    points: int


def ages(now: datetime) -> list[Age]:
    """Points to spend by how long ago they were earned. Leans on `ix_points_lot_spendable`."""
    bounds = [now.astimezone(UTC) - timedelta(days=round(months * DAYS_A_MONTH)) for months in AGES_MONTHS]
    age = case(*[(Lot.earned_at >= bound, place) for place, bound in enumerate(bounds)], else_=len(bounds))
    rows = db.session.execute(select(age, func.sum(Lot.left)).where(Lot.left > 0).group_by(age))
    found = {int(place): int(points) for place, points in rows}
    begins, ends = [0, *AGES_MONTHS], [*AGES_MONTHS, None]
    return [Age(begins[place], ends[place], found.get(place, 0)) for place in range(len(begins))]


def breakage(today: date) -> Fraction | None:
    """The part of points that expired of all that came to an end in the 365 days before `today`; None without any."""
    year = figures_of(totals_between(today - timedelta(days=365), today))
    return breakage_rate(year.expired, year.redeemed)


def season_budgets(names: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """Name, what is left to give and what is promised, of each season. Leans on the accounts' primary key."""
    accounts = {f"campaign/{each}/{part}": (each, part) for each in names for part in CAMPAIGN_PARTS}
    held = {accounts[name]: points for name, points in balances(list(accounts)).items()}
    return [(name, held[each, "budget"], held[each, "reserved"]) for each, name in names.items()]


@also_audits
def _day_totals_are_the_sums() -> Found:
    """What was added up when a day was sealed is the sum of the day's entries, and as many movements made it."""
    movements = func.count(Transaction.id.distinct())
    summed: dict[tuple[int, str, str], tuple[int, int]] = {
        (number, kind, group): (int(points), many)
        for number, kind, group, points, many in db.session.execute(
            select(Leaf.seal_number, Transaction.kind, _GROUP, func.sum(Entry.amount), movements)
            .join(Transaction, Transaction.id == Leaf.transaction_id)
            .join(Entry, Entry.transaction_id == Transaction.id)
            .group_by(Leaf.seal_number, Transaction.kind, _GROUP)
        )
    }
    total = DayTotal
    kept = {
        (number, kind, group): (points, many)
        for number, kind, group, points, many in db.session.execute(
            select(total.seal_number, total.kind, total.account_group, total.points, total.movements)
        )
    }
    days: Sequence[Any] = db.session.execute(select(Seal.number, Seal.day)).all()
    day_of = {row.number: row.day for row in days}
    for key in sorted(summed.keys() | kept.keys()):
        if summed.get(key) != kept.get(key):
            number, kind, group = key
            yield (
                f"day {day_of.get(number, number)}",
                f"{kind} on {group} was added up as {_told(kept.get(key))}, entries sum to {_told(summed.get(key))}",
            )


def _told(total: tuple[int, int] | None) -> str:
    return "{} points in {} movements".format(*total) if total else "nothing"
