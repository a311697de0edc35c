"""What only this room can compare with the ledger: bonuses with their caps, and with what seasons keep in reserve."""

from __future__ import annotations

from sqlalchemy import case, func, select

from portal.extensions import db
from portal.kernel.base import ID_LENGTH
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.points.audit import Found, also_audits
from portal.points.models import Account, Award, AwardState
from portal.shares.bonuses import CAUSE
from portal.shares.models import Share


@also_audits
def _bonus_within_cap() -> Found:
    """What a claim's bonus paid and what is left of it are no more than it was promised."""
    share_id = func.substr(Award.cause_id, 1, ID_LENGTH)
    live = case((Award.state == AwardState.REVOKED, 0), else_=Award.points_now + Award.points_held)
    paid = func.coalesce(func.sum(live), 0)
    wrong = (
        select(Share.claim_id, func.max(Claim.bonus_cap), func.max(Claim.bonus_left), paid)
        .select_from(Award)
        .outerjoin(Share, Share.id == share_id)
        .outerjoin(Claim, Claim.id == Share.claim_id)
        .where(Award.cause_kind == CAUSE)
        .group_by(Share.claim_id)
        .having(paid + func.coalesce(func.max(Claim.bonus_left), 0) > func.coalesce(func.max(Claim.bonus_cap), 0))
    )
    for claim_id, cap, left, points in db.session.execute(wrong):
        yield f"claim/{claim_id}", f"was promised {cap or 0} as a bonus, got {points} and keeps {left or 0}"


@also_audits
def _bonus_is_in_reserve() -> Found:
    """A season has in reserve at least what its claims keep for their bonus."""
    left = (
        select(Mission.campaign_id, func.sum(Claim.bonus_left).label("points"))
        .join(Claim, Claim.mission_id == Mission.id)
        .where(Claim.bonus_left > 0)
        .group_by(Mission.campaign_id)
        .subquery()
    )
    name = "campaign/" + left.c.campaign_id + "/reserved"
    reserved = func.coalesce(Account.balance, 0)
    wrong = (
        select(left.c.campaign_id, left.c.points, reserved)
        .outerjoin(Account, Account.name == name)
        .where(reserved < left.c.points)
    )
    for campaign_id, points, balance in db.session.execute(wrong):
        yield f"campaign/{campaign_id}/reserved", f"is {balance}, claims keep {points} for their bonus"
