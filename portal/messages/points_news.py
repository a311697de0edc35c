"""What time or staff did to points and tiers, told to whose they are; with what expiring points would buy."""

from __future__ import annotations

from typing import Any

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.events import listens_to
from portal.messages.telling import tell
from portal.messages.topics import Topic
from portal.points.events import PointsAdjusted, PointsExpired, PointsExpireSoon
from portal.points.queries import balances
from portal.points.tier_events import TierEased, TierGraceBegan, TierRaised
from portal.rewards.queries import nearest


@listens_to(PointsExpireSoon, name="messages.warn_of_expiring_points")
def warn_of_expiring_points(happened: PointsExpireSoon) -> None:
    """With the best that the person could have for all their points: expiring ones are spent first."""
    details: dict[str, Any] = {
        "points": happened.points, "first_at": happened.first_at, "last_at": happened.last_at,
        "notice": happened.notice, **_best_for(happened.person_id),
    }  # fmt: skip
    event_id = f"{happened.first_at[:10]}:{happened.notice}"
    _tell(happened.person_id, Topic.POINTS_EXPIRE_SOON, details, event_id)


@listens_to(PointsExpired, name="messages.tell_of_expired_points")
def tell_of_expired_points(happened: PointsExpired) -> None:
    _tell(happened.person_id, Topic.POINTS_EXPIRED, {"points": happened.points}, happened.at)


@listens_to(PointsAdjusted, name="messages.tell_of_adjustment")
def tell_of_adjustment(happened: PointsAdjusted) -> None:
    details = {"points": happened.points, "reason": happened.reason}
    _tell(happened.person_id, Topic.POINTS_ADJUSTED, details, happened.adjustment_id)


@listens_to(TierRaised, name="messages.tell_of_tier")
def tell_of_tier(happened: TierRaised) -> None:
    details = {
        "tier": happened.tier, "early_hours": happened.early_hours, "extra_percent": happened.extra_percent
    }  # fmt: skip
    tell(happened.person_id, Topic.TIER_RAISED, details, event_id=happened.change_id, now=clock.now())


@listens_to(TierGraceBegan, name="messages.tell_of_grace")
def tell_of_grace(happened: TierGraceBegan) -> None:
    details = {"tier": happened.tier, "points_missing": happened.points_missing, "until": happened.until}
    tell(happened.person_id, Topic.TIER_GRACE, details, event_id=happened.change_id, now=clock.now())


@listens_to(TierEased, name="messages.tell_of_eased_tier")
def tell_of_eased_tier(happened: TierEased) -> None:
    details = {"tier": happened.tier, "points_to_next": happened.points_to_next, "next_tier": happened.next_tier}
    tell(happened.person_id, Topic.TIER_EASED, details, event_id=happened.change_id, now=clock.now())


def _tell(person_id: str, topic: Topic, details: dict[str, Any], event_id: str) -> None:
    if db.session.get(Person, person_id) is not None:
        tell(person_id, topic, details, event_id=event_id, now=clock.now())


def _best_for(person_id: str) -> dict[str, str]:
    """The dearest reward that all of somebody's points buy, without money besides; nothing where there is none."""
    person, available = db.session.get(Person, person_id), balances(person_id).available
    best = nearest(person, available, points_alone=True) if person else None
    if best is None or best.price_points > available:
        return {}
    return {"reward_id": best.reward.id, "reward": best.reward.name}
