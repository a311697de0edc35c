"""Which points are spent: the oldest first. A lot is what became available together.

Only verbs that hold the person's accounts (`ledger.hold`, or a movement just booked) come here: that lock guards the
lots as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, insert, select, update

from portal.extensions import db
from portal.points.models import Lot, LotUse, Transaction


class LotsMissing(RuntimeError):
    """Fewer points lie in lots than are available: `ledger audit` names the person."""


def make_lot(movement: Transaction, person_id: str, points: int, *, now: datetime) -> None:
    """Keep the points that `movement` made available together."""
    if points:
        db.session.add(Lot(person_id=person_id, transaction_id=movement.id, amount=points, left=points, earned_at=now))
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
    uses, missing = [], points
    for lot_id, left, _running in db.session.execute(needed):
        taken = min(left, missing)
        uses.append({"transaction_id": movement.id, "lot_id": lot_id, "points": taken, "restored": False})
        missing -= taken
    if missing:
        raise LotsMissing(person_id)
    db.session.execute(insert(LotUse), uses)
    for use in uses:
        _change(use["lot_id"], -use["points"])


def restore(movement: Transaction) -> None:
    """Put back what `movement` took, into the lots it came from, so that they keep their age and their expiry."""
    uses = db.session.execute(
        select(LotUse.lot_id, LotUse.points).where(LotUse.transaction_id == movement.id, LotUse.restored.is_(False))
    ).all()
    for lot_id, points in uses:
        _change(lot_id, points)
    db.session.execute(
        update(LotUse)
        .where(LotUse.transaction_id == movement.id)
        .values(restored=True)
        .execution_options(synchronize_session=False)
    )


def _change(lot_id: str, points: int) -> None:
    db.session.execute(
        update(Lot).where(Lot.id == lot_id).values(left=Lot.left + points).execution_options(synchronize_session=False)
    )
