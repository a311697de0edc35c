"""Spending in two steps: reserve, then redeem, or give back. Nothing is taken that can't be given back whole."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.points import ledger, lots
from portal.points.ledger import Cause, InsufficientPoints, KeyReused, Posting
from portal.points.models import Kind, Transaction
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


def reserve(cause: Cause, person_id: str, points: int, *, now: datetime) -> Transaction:
    """Set `points` aside, the oldest first; asked again, gives the first answer.

    Raises NotEnoughPoints, ledger.KeyReused.
    """
    available = person_account(person_id, "available")
    ledger.hold([available])
    known = _step(cause, Kind.RESERVE)
    try:
        movement = ledger.post(_key(cause, Kind.RESERVE), Kind.RESERVE, cause, _set_aside(person_id, points), now=now)
    except InsufficientPoints:
        raise NotEnoughPoints(ledger.balance(available), points) from None
    if known is None:
        lots.take(movement, person_id, points)
    return movement


def redeem(cause: Cause, person_id: str, points: int, *, now: datetime) -> Transaction:
    """What was reserved is spent; asked again, gives the first answer. Raises NothingReserved, ledger.KeyReused."""
    ledger.hold([person_account(person_id, "reserved")])
    _reserved(cause, person_id, points)
    if _step(cause, Kind.REFUND) is not None:
        raise NothingReserved(cause)
    return ledger.post(
        _key(cause, Kind.REDEEM), Kind.REDEEM, cause,
        [Posting(person_account(person_id, "reserved"), -points), Posting(program_account("redeemed"), points)],
        now=now,
    )  # fmt: skip


def give_back(cause: Cause, person_id: str, points: int, *, now: datetime) -> Transaction:
    """Reserved or redeemed, the points are available again, in the lots they came from; asked again, the first answer.

    They can be spent for a month at least, even where they would have expired meanwhile.

    Raises NothingReserved, ledger.KeyReused.
    """
    available = person_account(person_id, "available")
    ledger.hold([available])
    reserved, known = _reserved(cause, person_id, points), _step(cause, Kind.REFUND)
    redeemed = _step(cause, Kind.REDEEM) is not None
    source = program_account("redeemed") if redeemed else person_account(person_id, "reserved")
    movement = ledger.post(
        _key(cause, Kind.REFUND), Kind.REFUND, cause,
        [Posting(source, -points), Posting(available, points)], now=now,
    )  # fmt: skip
    if known is None:
        lots.restore(reserved, now=now)
    return movement


def _set_aside(person_id: str, points: int) -> list[Posting]:
    return [
        Posting(person_account(person_id, "available"), -points),
        Posting(person_account(person_id, "reserved"), points),
    ]


def _reserved(cause: Cause, person_id: str, points: int) -> Transaction:
    """The movement that set these very points aside: nobody redeems or gets back more than that."""
    movement = _step(cause, Kind.RESERVE)
    if movement is None:
        raise NothingReserved(cause)
    if movement.content != digest(Kind.RESERVE, cause, "", _set_aside(person_id, points)):
        raise KeyReused(movement.key)
    return movement


def _key(cause: Cause, kind: Kind) -> str:
    return f"{cause}:{kind}"


def _step(cause: Cause, kind: Kind) -> Transaction | None:
    return db.session.scalars(select(Transaction).where(Transaction.key == _key(cause, kind))).one_or_none()
