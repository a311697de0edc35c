"""What becomes of points when a person is erased: the ledger stays provable, and nobody can be found in it.

Movements stay, under accounts named by the person's id: a random name that, once their row, their words and their
links are gone, leads nowhere. What ties a seal to them goes: the salts of their movements, so that nobody, the operator
included, can show which leaf of a published tree was theirs. The hash over each movement without its owner stays, so
the audit still names a row of theirs that somebody changes. Points that they could still spend are written off.

The rooms above settle their own first: orders are cancelled or sent, shares no longer wait for a hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from portal.extensions import db
from portal.kernel.changing import rows_changed
from portal.points import ledger, lots
from portal.points.adjustment_models import Adjustment, AdjustmentState
from portal.points.ledger import Cause, Posting
from portal.points.models import Entry, Kind
from portal.points.postings import PERSON_PARTS, person_account, program_account
from portal.points.seal_models import Salt

CAUSE = "erasure"


@dataclass(frozen=True)
class Forgotten:
    """What was done, as numbers that say nothing of the person."""

    points_written_off: int
    salts_deleted: int


def forget_person(person_id: str, *, now: datetime) -> Forgotten:
    """Do all of it in the open transaction. Safe to repeat. Sealed once they are `erased`, they get no salt."""
    accounts = [person_account(person_id, part) for part in PERSON_PARTS]
    points = ledger.hold(accounts)[person_account(person_id, "available")]
    if points:
        _write_off(person_id, points, now)
    mine = select(Entry.transaction_id).where(Entry.account_name.in_(accounts))
    salts = rows_changed(delete(Salt).where(Salt.transaction_id.in_(mine)).execution_options(synchronize_session=False))
    db.session.execute(
        delete(Adjustment)
        .where(Adjustment.person_id == person_id, Adjustment.state == AdjustmentState.REQUESTED)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Adjustment)
        .where(Adjustment.person_id == person_id)
        .values(reason="", answer="")
        .execution_options(synchronize_session=False)
    )
    return Forgotten(points, salts)


def _write_off(person_id: str, points: int, now: datetime) -> None:
    cause = Cause(CAUSE, person_id)
    movement = ledger.post(
        f"{cause}:adjust", Kind.ADJUST, cause,
        [Posting(person_account(person_id, "available"), -points), Posting(program_account("written_off"), points)],
        now=now, reason="erased",
    )  # fmt: skip
    lots.take(movement, person_id, points)
