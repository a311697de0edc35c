"""Spending in two steps: reserve, then redeem, or give back. Nothing is taken that can't be given back whole."""

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
    try:
        movement = ledger.post(_key(cause, Kind.RESERVE), Kind.RESERVE, cause, _set_aside(person_id, points), now=now)
    except InsufficientPoints:
        raise NotEnoughPoints(ledger.balance(person_account(person_id, "available")), points) from None
    if movement.is_new:
        lots.take(movement, person_id, points)
    return movement


def redeem(cause: Cause, person_id: str, points: int, *, now: datetime) -> Movement:
    """What was reserved is spent; asked again, gives the first answer. Raises NothingReserved, ledger.KeyReused."""
    ledger.hold([person_account(person_id, "reserved")])
    steps = _steps(cause)
    _reserved(steps, cause, person_id, points)
    if Kind.REFUND in steps:
        raise NothingReserved(cause)
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
    reserved = _reserved(steps, cause, person_id, points)
    source = program_account("redeemed") if Kind.REDEEM in steps else person_account(person_id, "reserved")
    movement = ledger.post(
        _key(cause, Kind.REFUND), Kind.REFUND, cause,
        [Posting(source, -points), Posting(available, points)], now=now,
    )  # fmt: skip
    if movement.is_new:
        lots.restore(reserved, now=now)
    return movement


def _set_aside(person_id: str, points: int) -> list[Posting]:
    return [
        Posting(person_account(person_id, "available"), -points),
        Posting(person_account(person_id, "reserved"), points),
    ]


def _reserved(steps: dict[Kind, Movement], cause: Cause, person_id: str, points: int) -> Movement:
    """The movement that set these very points aside: nobody redeems or gets back more than that."""
    movement = steps.get(Kind.RESERVE)
    if movement is None:
        raise NothingReserved(cause)
    if movement.content != digest(Kind.RESERVE, cause, "", _set_aside(person_id, points)):
        raise KeyReused(movement.key)
    return movement


def _key(cause: Cause, kind: Kind) -> str:
    return f"{cause}:{kind}"


def _steps(cause: Cause) -> dict[Kind, Movement]:
    """How far it has come."""
    keys = {_key(cause, kind): kind for kind in (Kind.RESERVE, Kind.REDEEM, Kind.REFUND)}
    return {keys[key]: movement for key, movement in ledger.booked(keys).items()}
