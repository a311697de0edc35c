"""Points that expire: their owner is told twice, then they are taken, the oldest first, as a movement of their own.

What somebody set aside for an order does not expire; what comes back can be spent for another month. Points can be
spent until the worker takes them, which it does a little later than it could. Nobody loses points unwarned: a notice
that was late puts the expiry off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel import events
from portal.points import ledger, lots
from portal.points.events import PointsExpired, PointsExpireSoon
from portal.points.ledger import Cause, Posting
from portal.points.models import Kind, Lot, Transaction
from portal.points.postings import person_account, program_account
from portal.points.programme import programme_zone, rules_now, rules_saved_at
from portal.points.rules import (
    CLOCK_SLACK,
    FIRST_NOTICE,
    SECOND_NOTICE,
    TOGETHER,
    after_notice,
    expires_at,
    under_new_rules,
)

CAUSE = "expiry"
NOTICES = 2


@dataclass(frozen=True)
class Expiring:
    """Points of one person that expire together."""

    points: int
    at: datetime


def next_to_expire(person_id: str) -> Expiring | None:
    """What expires next; None where nothing does. Leans on `ix_points_lot_spendable`."""
    row = db.session.execute(
        select(Lot.expires_at, func.sum(Lot.left))
        .where(Lot.person_id == person_id, Lot.left > 0, Lot.expires_at.is_not(None))
        .group_by(Lot.expires_at)
        .order_by(Lot.expires_at)
        .limit(1)
    ).first()
    return Expiring(int(row[1]), row[0]) if row and row[0] else None


def soon_to_expire(person_id: str, *, now: datetime) -> Expiring | None:
    """What expires next, from the day of its first notice on."""
    coming = next_to_expire(person_id)
    return coming if coming is not None and coming.at <= now + FIRST_NOTICE else None


def people_with_due(now: datetime, *, after: str = "", limit: int) -> Sequence[str]:
    """Whose points are to be taken, by id, those after `after`. Leans on `ix_points_lot_expiring`."""
    due = (Lot.left > 0, Lot.expires_at <= now - CLOCK_SLACK, Lot.warned >= NOTICES, Lot.person_id > after)
    return db.session.scalars(select(Lot.person_id).where(*due).distinct().order_by(Lot.person_id).limit(limit)).all()


def people_to_tell(now: datetime, *, after: str = "", limit: int) -> Sequence[str]:
    """Who is to be told something, by id, those after `after`. Leans on `ix_points_lot_expiring`."""
    first = (Lot.warned < 1) & (Lot.expires_at <= now + FIRST_NOTICE)
    second = (Lot.warned < NOTICES) & (Lot.expires_at <= now + SECOND_NOTICE)
    soon = (Lot.left > 0, Lot.expires_at <= now + FIRST_NOTICE, first | second, Lot.person_id > after)
    return db.session.scalars(select(Lot.person_id).where(*soon).distinct().order_by(Lot.person_id).limit(limit)).all()


def tell_owner(person_id: str, *, now: datetime) -> int:
    """Record the notices that are due about this person's points; how many. Safe to repeat.

    Between the two notices of a lot lie days: one that needs both gets the first now.
    """
    ledger.hold([person_account(person_id, "available")])
    told = 0
    for notice, ahead in ((2, SECOND_NOTICE), (1, FIRST_NOTICE)):
        mine = (Lot.person_id == person_id, Lot.left > 0, Lot.warned == notice - 1)
        nearest = db.session.scalar(select(func.min(Lot.expires_at)).where(*mine))
        if nearest is None or nearest > now + ahead:
            continue
        until = max(now + ahead, nearest) + TOGETHER[notice]
        covered = db.session.scalars(select(Lot).where(*mine, Lot.expires_at <= until).order_by(Lot.expires_at)).all()
        moments = []
        for lot in covered:
            moments.append(after_notice(lot.expires_at or now, notice, now))
            lot.warned, lot.expires_at = notice, moments[-1]
        db.session.flush()
        events.record(
            PointsExpireSoon(
                person_id, sum(lot.left for lot in covered), min(moments).isoformat(), max(moments).isoformat(), notice
            )
        )
        told += 1
    return told


def expire_points(person_id: str, *, now: datetime) -> int:
    """Take the points whose time is over and whose owner was told twice; how many. Safe to repeat.

    Settled under the lock of the person's accounts: what is being spent meanwhile is either spent or expired.
    """
    ledger.hold([person_account(person_id, "available"), program_account("expired")])
    over = db.session.execute(
        select(Lot.id, Lot.left, Lot.expires_at)
        .where(
            Lot.person_id == person_id, Lot.left > 0, Lot.expires_at <= now - CLOCK_SLACK, Lot.warned >= NOTICES
        )
        .order_by(Lot.expires_at, Lot.earned_at, Lot.id)
    ).all()  # fmt: skip
    by_moment: dict[datetime, list[tuple[str, int]]] = defaultdict(list)
    for lot_id, left, moment in over:
        by_moment[moment or now].append((lot_id, left))
    for moment, parts in by_moment.items():
        points = sum(left for _lot_id, left in parts)
        cause = Cause(CAUSE, f"{person_id}:{moment:%Y%m%dT%H%M%SZ}")
        movement = ledger.post(
            f"{cause}:{_times(cause) + 1}", Kind.EXPIRE, cause,
            [Posting(person_account(person_id, "available"), -points), Posting(program_account("expired"), points)],
            now=now, reason="expired",
        )  # fmt: skip
        lots.take_from(movement, parts)
    total = sum(left for _lot_id, left, _moment in over)
    if total:
        events.record(PointsExpired(person_id, total, now.isoformat()))
    return total


def people_with_points(*, after: str = "", limit: int) -> Sequence[str]:
    """Who has points that could expire, by id. Leans on `ix_points_lot_spendable`."""
    having = (Lot.left > 0, Lot.person_id > after)
    return db.session.scalars(
        select(Lot.person_id).where(*having).distinct().order_by(Lot.person_id).limit(limit)
    ).all()  # fmt: skip


def follow_new_rules(person_id: str) -> None:
    """Give the points that this person has the expiry of the rules that hold now. Safe to repeat."""
    ledger.hold([person_account(person_id, "available")])
    held, zone, saved_at = rules_now(), programme_zone(), rules_saved_at()
    if saved_at is None:
        return
    for lot in db.session.scalars(select(Lot).where(Lot.person_id == person_id, Lot.left > 0)):
        lasts = under_new_rules(lot.expires_at, expires_at(lot.earned_at, held.expiry, zone), saved_at)
        if lasts != lot.expires_at:
            lot.expires_at, lot.warned = lasts, 0
    db.session.flush()


def _times(cause: Cause) -> int:
    """How often points of this person expired with this very moment. Leans on the index of causes."""
    mine = select(func.count()).where(Transaction.cause_kind == cause.kind, Transaction.cause_id == cause.id)
    return db.session.scalar(mine) or 0
