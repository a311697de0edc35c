"""Which points are spent: the oldest first. A lot is what became available together.

Only verbs that hold the person's accounts (`ledger.hold`, or a movement just booked) come here: that lock guards the
lots as well. Statements are put together once, on the tables themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    bindparam,
    case,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from portal.extensions import db
from portal.kernel.base import table_of
from portal.kernel.rows import run
from portal.points.ledger import Movement
from portal.points.models import Kind, Lot, LotUse, Transaction
from portal.points.rules import after_giving_back


class LotsMissing(RuntimeError):
    """Fewer points lie in lots than are available: `ledger audit` names the person."""


def make_lot(movement: Movement, person_id: str, points: int, *, expires_at: datetime | None, now: datetime) -> None:
    """Keep the points that `movement` made available together, until they expire."""
    if points:
        run(
            _making(),
            {
                "person_id": person_id, "transaction_id": movement.id, "amount": points, "left": points,
                "earned_at": now, "expires_at": expires_at, "warned": 0,
            },
        )  # fmt: skip


def take(movement: Movement, person_id: str, points: int, *, before_all: Sequence[str] = ()) -> None:
    """Take `points` out of the person's lots for `movement`: those of the movements `before_all`, then the oldest.

    Raises LotsMissing.
    """
    if points == 0:
        return
    asked: dict[str, Any] = {"taken_by": movement.id, "person_id": person_id, "points": points}
    if before_all:
        asked["before_all"] = before_all
    parts = run(_using_oldest(bool(before_all)), asked).all()
    if sum(part.points for part in parts) != points:
        raise LotsMissing(person_id)
    _change([(part.lot_id, -part.points) for part in parts])


def take_from(movement: Movement, parts: Sequence[tuple[str, int]]) -> None:
    """Take these points out of these lots for `movement`."""
    uses = [
        {"transaction_id": movement.id, "lot_id": lot_id, "points": points, "restored": False}
        for lot_id, points in parts
    ]
    run(_using(), uses)
    _change([(lot_id, -points) for lot_id, points in parts])


def expired_of(movements: Sequence[str]) -> int:
    """Points of the lots that `movements` made that expired since."""
    gone = (
        select(func.coalesce(func.sum(LotUse.points), 0))
        .join(Lot, Lot.id == LotUse.lot_id)
        .join(Transaction, Transaction.id == LotUse.transaction_id)
        .where(Lot.transaction_id.in_(movements), Transaction.kind == Kind.EXPIRE)
    )
    return int(db.session.scalar(gone) or 0)


def restore(movement: Movement, *, now: datetime) -> None:
    """Put back what `movement` took, into the lots it came from, so that they keep their age. Safe to repeat.

    What would expire soon, or would have expired meanwhile, lasts another month.
    """
    uses = db.session.execute(
        select(LotUse.lot_id, LotUse.points).where(LotUse.transaction_id == movement.id, LotUse.restored.is_(False))
    ).all()
    _change([(lot_id, points) for lot_id, points in uses])
    for lot_id, _points in uses:
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


def _change(parts: Sequence[tuple[str, int]]) -> None:
    if parts:
        run(_changing(), [{"lot": lot_id, "points": points} for lot_id, points in parts])


_SOME_LEFT: ColumnElement[bool] = literal_column('points_lot."left" > 0')
"""As its partial index says it: SQLite would plan anew for each value, which costs more than the statement."""


@cache
def _making() -> Any:
    return insert(table_of(Lot))


@cache
def _using() -> Any:
    return insert(table_of(LotUse))


@cache
def _changing() -> Any:
    table = table_of(Lot)
    more = table.c.left + bindparam("points", type_=BigInteger)
    return update(table).where(table.c.id == bindparam("lot", type_=String)).values(left=more)


@cache
def _using_oldest(some_before_all: bool) -> Any:
    """Write down which lots are taken from, in order, and how much of each. Leans on `ix_points_lot_spendable`."""
    lot = table_of(Lot).c
    order: list[Any] = [lot.earned_at, lot.id]
    if some_before_all:
        order.insert(0, case((lot.transaction_id.in_(bindparam("before_all", expanding=True)), 0), else_=1))
    before = (func.sum(lot.left).over(order_by=order) - lot.left).label("before")
    lots = (
        select(lot.id, lot.left, before)
        .where(lot.person_id == bindparam("person_id", type_=String), _SOME_LEFT)
        .subquery("spendable")
    )
    points, missing = bindparam("points", type_=BigInteger), bindparam("points", type_=BigInteger) - lots.c.before
    part = case((lots.c.left < missing, lots.c.left), else_=missing)
    parts = select(bindparam("taken_by", type_=String), lots.c.id, part, literal(False)).where(lots.c.before < points)
    use = table_of(LotUse)
    taken = insert(use).from_select(["transaction_id", "lot_id", "points", "restored"], parts)
    return taken.returning(use.c.lot_id, use.c.points)
