"""Spending: set aside and then redeemed, or both at once. Nothing is taken that can't be given back whole.

Both ways take a cause's points under one key, so nothing takes them twice. What is had at once is one movement: nobody
could ever see its points set aside.
"""

from __future__ import annotations

from datetime import datetime

from portal.points import ledger, lots
from portal.points.ledger import Cause, InsufficientPoints, KeyReused, Movement, Posting
from portal.points.models import Kind
from portal.points.postings import digest, person_account, program_account


class NotEnoughPoints(Exception):
    """The person has `available` points and needs `needed`."""

    def __init__(self, available: int, needed: int) -> None:
        super().__init__(f"{available} of {needed}")
        self.available, self.needed = available, needed


class NothingReserved(Exception):
    """This cause has nothing reserved, or its points were given back already."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(str(cause))
        self.cause = cause


def reserve(cause: Cause, person_id: str, points: int, *, now: datetime) -> Movement:
    """Set `points` aside, the oldest first; asked again, gives the first answer.

    Raises NotEnoughPoints, ledger.KeyReused.
    """
    return _take(cause, person_id, points, Kind.RESERVE, now=now)


def spend(cause: Cause, person_id: str, points: int, *, now: datetime) -> Movement:
    """Redeem `points` at once, the oldest first; asked again, gives the first answer. `redeem` adds nothing to it.

    Raises NotEnoughPoints, ledger.KeyReused.
    """
    return _take(cause, person_id, points, Kind.REDEEM, now=now)


def redeem(cause: Cause, person_id: str, points: int, *, now: datetime) -> Movement:
    """What was reserved is spent; asked again, gives the first answer. Raises NothingReserved, ledger.KeyReused."""
    ledger.hold([person_account(person_id, "reserved")])
    steps = _steps(cause)
    taken, how = _taken(steps, cause, person_id, points)
    if Kind.REFUND in steps:
        raise NothingReserved(cause)
    if how == Kind.REDEEM:
        return taken
    return ledger.post(
        _key(cause, Kind.REDEEM), Kind.REDEEM, cause,
        [Posting(person_account(person_id, "reserved"), -points), Posting(program_account("redeemed"), points)],
        now=now,
    )  # fmt: skip


def give_back(cause: Cause, person_id: str, points: int, *, now: datetime) -> Movement:
    """Reserved or redeemed, the points are available again, in the lots they came from; asked again, the first answer.

    They can be spent for a month at least, even where they would have expired meanwhile.

    Raises NothingReserved, ledger.KeyReused.
    """
    available = person_account(person_id, "available")
    ledger.hold([available])
    steps = _steps(cause)
    taken, how = _taken(steps, cause, person_id, points)
    is_redeemed = how == Kind.REDEEM or Kind.REDEEM in steps
    source = program_account("redeemed") if is_redeemed else person_account(person_id, "reserved")
    movement = ledger.post(
        _key(cause, Kind.REFUND), Kind.REFUND, cause,
        [Posting(source, -points), Posting(available, points)], now=now,
    )  # fmt: skip
    lots.restore(taken, now=now)
    return movement


def _take(cause: Cause, person_id: str, points: int, kind: Kind, *, now: datetime) -> Movement:
    try:
        movement = ledger.post(_key(cause, Kind.RESERVE), kind, cause, _taking(kind, person_id, points), now=now)
    except InsufficientPoints:
        raise NotEnoughPoints(ledger.balance(person_account(person_id, "available")), points) from None
    if movement.is_new:
        lots.take(movement, person_id, points)
    return movement


def _taking(kind: Kind, person_id: str, points: int) -> list[Posting]:
    """Where available points go: what is redeemed later is the person's still."""
    goes_to = person_account(person_id, "reserved") if kind == Kind.RESERVE else program_account("redeemed")
    return [Posting(person_account(person_id, "available"), -points), Posting(goes_to, points)]


def _taken(steps: dict[Kind, Movement], cause: Cause, person_id: str, points: int) -> tuple[Movement, Kind]:
    """The movement that took these very points, and as what: nobody redeems or gets back more than that."""
    movement = steps.get(Kind.RESERVE)
    if movement is None:
        raise NothingReserved(cause)
    for kind in (Kind.RESERVE, Kind.REDEEM):
        if movement.content == digest(kind, cause, "", _taking(kind, person_id, points)):
            return movement, kind
    raise KeyReused(movement.key)


def _key(cause: Cause, kind: Kind) -> str:
    return f"{cause}:{kind}"


def _steps(cause: Cause) -> dict[Kind, Movement]:
    """How far it has come; what took the points stands as RESERVE, whichever way it did."""
    keys = {_key(cause, kind): kind for kind in (Kind.RESERVE, Kind.REDEEM, Kind.REFUND)}
    return {keys[key]: movement for key, movement in ledger.booked(keys).items()}
