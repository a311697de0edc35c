"""Reads of the statement and of whoever shows a balance; each says the index it leans on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, exists, func, select, union_all
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.kernel.once import once_a_page
from portal.points import ledger
from portal.points.ledger import Cause
from portal.points.models import Award, AwardState, Entry, Kind, Transaction
from portal.points.postings import PERSON_PARTS, person_account

STATEMENT_LENGTH = 30
WAITING_LENGTH = 20
EXPORT_CHUNK = 500

Span = tuple[datetime, datetime]
"""From the first moment until just before the second."""


@dataclass(frozen=True)
class Balances:
    """A person's points now. `debt` counts what is owed, as a number above zero."""

    available: int
    pending: int
    reserved: int
    debt: int


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


@once_a_page
def balances(person_id: str) -> Balances:
    """The person's four balances. Leans on the accounts' primary key."""
    named = {part: person_account(person_id, part) for part in PERSON_PARTS}
    held = ledger.balances(list(named.values()))
    return Balances(held[named["available"]], held[named["pending"]], held[named["reserved"]], -held[named["debt"]])


def statement(
    person_id: str, *, before: int | None = None, within: Span | None = None, length: int = STATEMENT_LENGTH
) -> Statement:
    """A page of the person's movements, older than entry number `before`. Leans on `ix_ledger_entry_account`.

    `within` leaves out what was posted before its first moment, or at its second or later.

    A movement is listed by what it did to the available points; one that touched only waiting points or a debt is
    listed by that, so that nothing that happened is missing.
    """
    parts = _listed_by(person_id, before, within, length + 1)
    numbers = union_all(*[select(part.subquery()) for part in parts]).subquery()
    listed = db.session.execute(
        select(Entry.number, Entry.transaction_id)
        .where(Entry.number.in_(select(numbers.c.number)))
        .order_by(Entry.number.desc())
        .limit(length + 1)
    ).all()
    more, listed = len(listed) > length, listed[:length]
    if not listed:
        return Statement([], None)
    lines = list(_lines(person_id, {transaction_id: number for number, transaction_id in listed}))
    return Statement(lines, lines[-1].number if more else None)


def _listed_by(person_id: str, before: int | None, within: Span | None, length: int) -> list[Select[int]]:
    """The newest entries of each account, the next account only for movements that the ones before it don't list."""
    names = [person_account(person_id, part) for part in ("available", "pending", "debt")]
    other = aliased(Entry)
    parts = []
    for place, name in enumerate(names):
        part = select(Entry.number).where(Entry.account_name == name)
        if before is not None:
            part = part.where(Entry.number < before)
        if within is not None:
            part = part.join(Transaction).where(Transaction.posted_at >= within[0], Transaction.posted_at < within[1])
        if place:
            part = part.where(
                ~exists().where(other.transaction_id == Entry.transaction_id, other.account_name.in_(names[:place]))
            )
        parts.append(part.order_by(Entry.number.desc()).limit(length))
    return parts


def _lines(person_id: str, number_of: dict[str, int]) -> Iterator[Line]:
    """The movements with these ids, newest first, each with the balance after it."""
    movements = {
        movement.id: movement
        for movement in db.session.scalars(select(Transaction).where(Transaction.id.in_(number_of)))
    }
    parts: dict[str, dict[str, tuple[int, int]]] = {each: {} for each in number_of}
    prefix = person_account(person_id, "available").removesuffix("available")
    for transaction_id, account, amount, after in db.session.execute(
        select(Entry.transaction_id, Entry.account_name, Entry.amount, Entry.balance_after).where(
            Entry.transaction_id.in_(number_of), Entry.account_name.startswith(prefix, autoescape=True)
        )
    ):
        parts[transaction_id][account.removeprefix(prefix)] = (amount, after)
    until = _held_until(person_id, movements.values())
    oldest_first = sorted(number_of.items(), key=lambda item: item[1])
    oldest_id, oldest = oldest_first[0]
    told = parts[oldest_id].get("available")
    balance = told[1] - told[0] if told else _balance_before(person_id, oldest)
    lines = []
    for transaction_id, number in oldest_first:
        movement, part = movements[transaction_id], parts[transaction_id]
        moved, balance = part.get("available", (0, balance))
        cause = Cause(movement.cause_kind, movement.cause_id)
        lines.append(
            Line(
                number, movement.posted_at, Kind(movement.kind), cause, movement.reason, moved,
                part.get("pending", (0, 0))[0], part.get("debt", (0, 0))[0], balance, until.get(cause),
            )
        )  # fmt: skip
    yield from reversed(lines)


def _balance_before(person_id: str, number: int) -> int:
    """Available points before entry `number`."""
    earlier = (
        select(Entry.balance_after)
        .where(Entry.account_name == person_account(person_id, "available"), Entry.number < number)
        .order_by(Entry.number.desc())
        .limit(1)
    )
    return db.session.scalar(earlier) or 0


def _held_until(person_id: str, movements: Iterable[Transaction]) -> dict[Cause, datetime]:
    """Until when the held part of each award among `movements` still waits. Leans on `ix_award_person_state`."""
    causes = [each.cause_id for each in movements if each.kind == Kind.AWARD]
    if not causes:
        return {}
    held = select(Award.cause_kind, Award.cause_id, Award.held_until).where(
        Award.person_id == person_id, Award.state == AwardState.HELD, Award.cause_id.in_(causes)
    )
    return {Cause(kind, cause_id): until for kind, cause_id, until in db.session.execute(held) if until}


def waiting(person_id: str) -> list[Waiting]:
    """What waits for a hold to end, the next first. Leans on `ix_award_person_state`."""
    held = (
        select(Award.cause_kind, Award.cause_id, Award.points_held, Award.held_until)
        .where(Award.person_id == person_id, Award.state == AwardState.HELD)
        .order_by(Award.held_until, Award.id)
        .limit(WAITING_LENGTH)
    )
    return [Waiting(Cause(kind, cause_id), points, until) for kind, cause_id, points, until in db.session.execute(held)]


def balance_at(person_id: str, moment: datetime) -> int:
    """Available points just before `moment`. Leans on `ix_ledger_entry_account`, read from its end."""
    latest = (
        select(Entry.balance_after)
        .join(Transaction)
        .where(Entry.account_name == person_account(person_id, "available"), Transaction.posted_at < moment)
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


def whole_statement(person_id: str, within: Span | None = None) -> Iterator[Line]:
    """Every movement of the person, or those `within`, newest first, read in chunks."""
    before: int | None = None
    while True:
        chunk = statement(person_id, before=before, within=within, length=EXPORT_CHUNK)
        yield from chunk.lines
        if chunk.before is None:
            return
        before = chunk.before
