"""Which points are spent: the oldest first. A lot is what became available together.

Only verbs that hold the person's accounts (`ledger.hold`, or a movement just booked) come here: that lock guards the
lots as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, insert, select, update

from portal.extensions import db
from portal.points.models import Kind, Lot, LotUse, Transaction
from portal.points.programme import expiry_of
from portal.points.rules import after_giving_back


class LotsMissing(RuntimeError):
    """Fewer points lie in lots than are available: `ledger audit` names the person."""


def make_lot(movement: Transaction, person_id: str, points: int, *, now: datetime) -> None:
    """Keep the points that `movement` made available together, with the expiry that the rules give them now."""
    if points:
        db.session.add(
            Lot(
                person_id=person_id, transaction_id=movement.id, amount=points, left=points, earned_at=now,
                expires_at=expiry_of(now),
            )
        )  # fmt: skip
        db.session.flush()


def take(movement: Transaction, person_id: str, points: int, *, before_all: Sequence[str] = ()) -> None:
    """Take `points` out of the person's lots for `movement`: those of the movements `before_all`, then the oldest.

    Raises LotsMissing.
    """
    if points == 0:
        return
    wanted_first = case((Lot.transaction_id.in_(before_all), 0), else_=1)
    running = func.sum(Lot.left).over(order_by=(wanted_first, Lot.earned_at, Lot.id))
    lots = (
        select(Lot.id, Lot.left, running.label("running"))
        .where(Lot.person_id == person_id, Lot.left > 0)
        .subquery("spendable")
    )
    needed = select(lots).where(lots.c.running - lots.c.left < points).order_by(lots.c.running)
    parts, missing = [], points
    for lot_id, left, _running in db.session.execute(needed):
        parts.append((lot_id, min(left, missing)))
        missing -= parts[-1][1]
    if missing:
        raise LotsMissing(person_id)
    take_from(movement, parts)


def take_from(movement: Transaction, parts: Sequence[tuple[str, int]]) -> None:
    """Take these points out of these lots for `movement`."""
    uses = [
        {"transaction_id": movement.id, "lot_id": lot_id, "points": points, "restored": False}
        for lot_id, points in parts
    ]
    db.session.execute(insert(LotUse), uses)
    for lot_id, points in parts:
        _change(lot_id, -points)


def expired_of(movements: Sequence[str]) -> int:
    """Points of the lots that `movements` made that expired since."""
    gone = (
        select(func.coalesce(func.sum(LotUse.points), 0))
        .join(Lot, Lot.id == LotUse.lot_id)
        .join(Transaction, Transaction.id == LotUse.transaction_id)
        .where(Lot.transaction_id.in_(movements), Transaction.kind == Kind.EXPIRE, LotUse.restored.is_(False))
    )
    return int(db.session.scalar(gone) or 0)


def restore(movement: Transaction, *, now: datetime) -> None:
    """Put back what `movement` took, into the lots it came from, so that they keep their age.

    What would expire soon, or would have expired meanwhile, lasts another month.
    """
    uses = db.session.execute(
        select(LotUse.lot_id, LotUse.points).where(LotUse.transaction_id == movement.id, LotUse.restored.is_(False))
    ).all()
    for lot_id, points in uses:
        _change(lot_id, points)
        _let_last(lot_id, now)
    db.session.execute(
        update(LotUse)
        .where(LotUse.transaction_id == movement.id)
        .values(restored=True)
        .execution_options(synchronize_session=False)
    )


def _let_last(lot_id: str, now: datetime) -> None:
    """Their owner is told anew before they expire, unless their time did not change."""
    expires = db.session.scalar(select(Lot.expires_at).where(Lot.id == lot_id))
    lasts = after_giving_back(expires, now)
    if lasts != expires:
        db.session.execute(
            update(Lot)
            .where(Lot.id == lot_id)
            .values(expires_at=lasts, warned=0)
            .execution_options(synchronize_session=False)
        )


def _change(lot_id: str, points: int) -> None:
    db.session.execute(
        update(Lot).where(Lot.id == lot_id).values(left=Lot.left + points).execution_options(synchronize_session=False)
    )
