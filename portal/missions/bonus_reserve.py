"""What a claim keeps in reserve for its bonus: drawn step by step, put back, given back, set aside anew.

The database decides: `bonus_left` never goes below zero nor above the cap. Callers hold the share, and come here before
they touch the ledger (mission, claim, ledger).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from portal.extensions import db
from portal.missions.claim_models import Claim
from portal.points import budgets
from portal.points.ledger import Cause


def draw(claim: Claim, points: int) -> bool:
    """Take `points` out of what is left for the bonus, to be paid now. False when it holds less."""
    left = db.session.scalar(
        update(Claim)
        .where(Claim.id == claim.id, Claim.bonus_left >= points)
        .values(bonus_left=Claim.bonus_left - points)
        .returning(Claim.bonus_left)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(claim)
    return left is not None


def put_back(claim: Claim, points: int) -> None:
    """What was paid is being taken back: it is in reserve again."""
    db.session.execute(
        update(Claim)
        .where(Claim.id == claim.id)
        .values(bonus_left=Claim.bonus_left + points)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(claim)


def give_back(claim: Claim, *, now: datetime) -> int:
    """Nothing more can be earned: what is left goes to the season's budget. Safe to repeat; returns how much."""
    db.session.refresh(claim, with_for_update=True)
    left, claim.bonus_left = claim.bonus_left, 0
    db.session.flush()
    if left:
        budgets.release(Cause("claim", claim.id), claim.mission.campaign_id, left, now=now)
    return left


def renew(claim: Claim, *, now: datetime) -> None:
    """A share counts again whose bonus was given back: its cap is set aside anew, where the budget still holds it."""
    db.session.refresh(claim, with_for_update=True)
    missing = claim.bonus_cap - claim.bonus_left
    if not missing:
        return
    try:
        budgets.reserve(Cause("claim", claim.id), claim.mission.campaign_id, missing, now=now)
    except budgets.BudgetExhausted:
        return
    claim.bonus_left = claim.bonus_cap
    db.session.flush()
