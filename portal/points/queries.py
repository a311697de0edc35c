"""Reads of the statement and of whoever shows a balance; each says the index it leans on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, select, union_all
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.points.about import about
from portal.points.ledger import Cause
from portal.points.models import Award, AwardState, Entry, Kind, Transaction
from portal.points.postings import person_account

STATEMENT_LENGTH = 30
WAITING_LENGTH = 20
EXPORT_CHUNK = 500

Span = tuple[datetime, datetime]
"""From the first moment until just before the second."""


@dataclass(frozen=True)
class Wanted:
    """Which movements: of a time, of some kinds, paid by a season; nothing named means all."""

    within: Span | None = None
    kinds: tuple[Kind, ...] = ()
    season: str = ""


EVERYTHING = Wanted()


@dataclass(frozen=True)
class Balances:
    """A person's points now. `debt` counts what is owed, as a number above zero."""

    available: int
    pending: int
    reserved: int
    debt: int

    def to_go(self, price_points: int) -> int:
        """How many points have to be earned until `price_points` can be paid: what is owed is repaid first."""
        return price_points - self.available + self.debt if price_points > self.available else 0


@dataclass(frozen=True)
class Line:
    """One movement as its owner reads it."""

    number: int
    """Of the entry that it is listed by; sorts the statement."""
    at: datetime
    kind: Kind
    cause: Cause
    reason: str
    points: int
    """What it did to the available points."""
    waiting: int
    """What it did to the points that wait."""
    repaid: int
    """Above zero: a debt was repaid. Below zero: one was made."""
    balance: int
    """Available points after it."""
    held_until: datetime | None


@dataclass(frozen=True)
class Statement:
    """Some lines, newest first, and the cursor of those before them."""

    lines: Sequence[Line]
    before: int | None


@dataclass(frozen=True)
class Waiting:
    """Points that wait for a hold to end."""

    cause: Cause
    points: int
    until: datetime | None


def balances(person_id: str) -> Balances:
    """The person's four balances."""
    held = about(person_id)
    return Balances(held.available, held.pending, held.reserved, -held.debt)


def statement(
    person_id: str, *, before: int | None = None, wanted: Wanted = EVERYTHING, length: int = STATEMENT_LENGTH
) -> Statement:
    """A page of the person's movements, older than entry number `before`. Leans on `ix_ledger_entry_account`.

    A time leaves out what was posted before its first moment, or at its second or later. Filters are looked for along
    the person's own entries: a page without any costs the same whatever the history, one with a rare kind reads it.

    A movement is listed by what it did to the available points; one that touched only waiting points or a debt is
    listed by that, so that nothing that happened is missing.
    """
    parts = _listed_by(person_id, before, wanted, length + 1)
    numbers = union_all(*[select(part.subquery()) for part in parts]).subquery()
    listed = db.session.execute(
        select(Entry.number, Entry.transaction_id, _balance_then(person_id).label("balance"))
        .where(Entry.number.in_(select(numbers.c.number)))
        .order_by(Entry.number.desc())
        .limit(length + 1)
    ).all()
    more, listed = len(listed) > length, listed[:length]
    if not listed:
        return Statement([], None)
    lines = _lines(person_id, {row.transaction_id: (row.number, row.balance or 0) for row in listed})
    return Statement(lines, lines[-1].number if more else None)


def _balance_then(person_id: str) -> Any:
    """Available points at an entry, whatever points it moved. Leans on `ix_ledger_entry_account`."""
    earlier = aliased(Entry)
    return (
        select(earlier.balance_after)
        .where(earlier.account_name == person_account(person_id, "available"), earlier.number <= Entry.number)
        .order_by(earlier.number.desc())
        .limit(1)
        .scalar_subquery()
    )


def _listed_by(person_id: str, before: int | None, wanted: Wanted, length: int) -> list[Select[int]]:
    """The newest entries of each account, the next account only for movements that the ones before it don't list."""
    names = [person_account(person_id, part) for part in ("available", "pending", "debt")]
    other = aliased(Entry)
    parts = []
    for place, name in enumerate(names):
        part = select(Entry.number).where(Entry.account_name == name)
        if before is not None:
            part = part.where(Entry.number < before)
        if wanted != EVERYTHING:
            part = _only(part.join(Transaction), wanted)
        if place:
            part = part.where(
                ~exists().where(other.transaction_id == Entry.transaction_id, other.account_name.in_(names[:place]))
            )
        parts.append(part.order_by(Entry.number.desc()).limit(length))
    return parts


def _only(movements: Select[int], wanted: Wanted) -> Select[int]:
    if wanted.within is not None:
        begins, ends = wanted.within
        movements = movements.where(Transaction.posted_at >= begins, Transaction.posted_at < ends)
    if wanted.kinds:
        movements = movements.where(Transaction.kind.in_(wanted.kinds))
    if wanted.season:
        paid = exists().where(
            Award.cause_kind == Transaction.cause_kind, Award.cause_id == Transaction.cause_id,
            Award.campaign_id == wanted.season,
        )  # fmt: skip
        movements = movements.where(paid)
    return movements


def _lines(person_id: str, listed: dict[str, tuple[int, int]]) -> list[Line]:
    """The movements with these ids, each with entry and balance, newest first.

    With until when the held part of an award waits. Leans on the unique key of causes.
    """
    prefix = person_account(person_id, "available").removesuffix("available")
    rows = db.session.execute(
        select(Transaction, Entry.account_name, Entry.amount, Award.held_until)
        .join(Entry, Entry.transaction_id == Transaction.id)
        .outerjoin(
            Award,
            and_(
                Transaction.kind == Kind.AWARD, Award.cause_kind == Transaction.cause_kind,
                Award.cause_id == Transaction.cause_id, Award.state == AwardState.HELD, Award.person_id == person_id,
            ),
        )
        .where(Transaction.id.in_(listed), Entry.account_name.startswith(prefix, autoescape=True))
    )  # fmt: skip
    movements: dict[str, tuple[Transaction, datetime | None]] = {}
    moved: dict[str, dict[str, int]] = {each: {} for each in listed}
    for movement, account, amount, held_until in rows:
        movements[movement.id] = (movement, held_until)
        moved[movement.id][account.removeprefix(prefix)] = amount
    lines = []
    for transaction_id, (number, balance) in listed.items():
        (movement, held_until), parts = movements[transaction_id], moved[transaction_id]
        lines.append(
            Line(
                number, movement.posted_at, Kind(movement.kind), Cause(movement.cause_kind, movement.cause_id),
                movement.reason, parts.get("available", 0), parts.get("pending", 0), parts.get("debt", 0), balance,
                held_until,
            )
        )  # fmt: skip
    return sorted(lines, key=lambda line: line.number, reverse=True)


def waiting(person_id: str) -> list[Waiting]:
    """What waits for a hold to end, the next first. Leans on `ix_award_person_state`."""
    held = (
        select(Award.cause_kind, Award.cause_id, Award.points_held, Award.held_until)
        .where(Award.person_id == person_id, Award.state == AwardState.HELD)
        .order_by(Award.held_until, Award.id)
        .limit(WAITING_LENGTH)
    )
    return [Waiting(Cause(kind, cause_id), points, until) for kind, cause_id, points, until in db.session.execute(held)]


def balance_at(person_id: str, moment: datetime, part: str = "available") -> int:
    """What the person had just before `moment`. Leans on `ix_ledger_entry_account`, read from its end."""
    latest = (
        select(Entry.balance_after)
        .join(Transaction)
        .where(Entry.account_name == person_account(person_id, part), Transaction.posted_at < moment)
        .order_by(Entry.number.desc())
        .limit(1)
    )
    return db.session.scalar(latest) or 0


def earned_in(person_id: str, campaign_id: str) -> int:
    """What the campaign paid the person and nobody took back, without what waits. Leans on `ix_award_person_state`."""
    settled = case((Award.state == AwardState.SETTLED, Award.points_held), else_=0)
    standing = Award.state.in_([AwardState.HELD, AwardState.SETTLED])
    total = select(func.coalesce(func.sum(Award.points_now + settled), 0)).where(
        Award.person_id == person_id, Award.campaign_id == campaign_id, standing
    )
    return int(db.session.scalar(total) or 0)


def whole_statement(person_id: str, wanted: Wanted = EVERYTHING) -> Iterator[Line]:
    """Every movement of the person, or those that are `wanted`, newest first, read in chunks."""
    before: int | None = None
    while True:
        chunk = statement(person_id, before=before, wanted=wanted, length=EXPORT_CHUNK)
        yield from chunk.lines
        if chunk.before is None:
            return
        before = chunk.before
