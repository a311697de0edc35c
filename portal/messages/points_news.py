"""What time or staff did to points, told to whose they are: what expires and what it would buy, what was put right."""

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
