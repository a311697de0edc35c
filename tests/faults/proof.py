"""What must hold whatever was raced for or broken."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.extensions import db
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import Mission
from portal.points.audit import audit_ledger
from portal.points.budgets import left
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardCode

HOLDS_A_PLACE = (ClaimState.ACTIVE, ClaimState.SUBMITTED, ClaimState.FULFILLED)
HOLDS_A_RESERVATION = (ClaimState.ACTIVE, ClaimState.SUBMITTED)


def the_ledger_is_right() -> None:
    db.session.commit()
    assert audit_ledger()["violations"] == []


def places_are_right(mission: Mission) -> int:
    """The counter is the number of claims that hold a place, and the season misses what they may cost."""
    db.session.commit()
    db.session.refresh(mission)
    taken = _count(Claim, Claim.mission_id == mission.id, Claim.state.in_(HOLDS_A_PLACE))
    assert mission.places_taken == taken <= mission.places_total
    promised = db.session.scalar(
        select(func.coalesce(func.sum(Claim.points_reserved), 0)).where(
            Claim.mission_id == mission.id, Claim.state.in_(HOLDS_A_PLACE)
        )
    )
    assert left(mission.campaign_id) == mission.campaign.points_budget - promised
    return taken


def stock_is_right(reward: Reward) -> int:
    """Each redemption that stands has a code of its own, and the rest is in stock; gives how many stand."""
    db.session.commit()
    db.session.refresh(reward)
    mine = select(Redemption.id).where(Redemption.reward_id == reward.id)
    standing = set(db.session.scalars(mine.where(Redemption.state == RedemptionState.FULFILLED)))
    codes = list(db.session.scalars(select(RewardCode.redemption_id).where(RewardCode.reward_id == reward.id)))
    assert {code for code in codes if code is not None} == standing
    assert reward.stock == codes.count(None)
    assert _count(Redemption, Redemption.reward_id == reward.id, Redemption.state == RedemptionState.RESERVED) == 0
    return len(standing)


def _count(model: type, *which: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*which)) or 0  # type: ignore[arg-type]
