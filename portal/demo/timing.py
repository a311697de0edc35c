"""When each thing of the story happened, as moments before the real now. The same story gives the same moments."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.demo.story import Task, Told

BRAND_ZONE = ZoneInfo("Europe/London")
THURSDAY = 3
POSTED_LATE = timedelta(hours=3)
"""How long after an old post somebody claimed the place that they handed it in for."""


@dataclass(frozen=True)
class Moments:
    """Of one share, in their order but for a post that is older than its claim."""

    claimed_at: datetime
    posted_at: datetime
    handed_in_at: datetime
    mended_at: datetime
    """When its author changed it, if it needed that."""
    answered_at: datetime
    """When a person decided it, if one did."""
    later_at: datetime
    """When it went away or was edited, if it was."""
    back_at: datetime | None
    told_at: datetime
    """The present of the story."""


def end_of_day(now: datetime, *, days: float) -> datetime:
    """The last minute where the brand works of the day that lies `days` after now: missions and seasons end there."""
    there = (now + timedelta(days=days)).astimezone(BRAND_ZONE)
    return there.replace(hour=23, minute=59, second=0, microsecond=0).astimezone(UTC)


def first_thursday(now: datetime, *, days: float) -> datetime:
    """Half past six where the brand works on the first Thursday of a month that is at least `days` after now."""
    there = (now + timedelta(days=days)).astimezone(BRAND_ZONE)
    evening = there.replace(hour=18, minute=30, second=0, microsecond=0)
    while evening < there or evening.weekday() != THURSDAY or evening.day > 7:
        evening += timedelta(days=1)
    return evening.astimezone(UTC)


def moments_of(told: Told, task: Task, *, now: datetime) -> Moments:
    """Whole seconds, since that is what Perch keeps of a post that is seeded."""
    draw = random.Random(told.key)
    posted_at = _whole(now - timedelta(days=told.ago))
    opened = now - timedelta(days=task.opened)
    if told.trouble == "before_claim":
        claimed_at = posted_at + POSTED_LATE
        handed_in_at = claimed_at + timedelta(minutes=draw.uniform(10, 50))
    else:
        earliest = max(opened + timedelta(minutes=5), posted_at - timedelta(hours=min(36, task.deliver_hours / 2)))
        claimed_at = earliest + draw.uniform(0.1, 0.9) * (posted_at - earliest)
        wait = min(timedelta(minutes=draw.uniform(3, 25)), 0.8 * (now - posted_at))
        handed_in_at = posted_at + wait
    mended_at = handed_in_at + timedelta(hours=draw.uniform(0.4, 8))
    answered_at = handed_in_at + timedelta(hours=draw.uniform(0.5, 7))
    later_at = _whole(posted_at + timedelta(days=told.later))
    back_at = _whole(posted_at + timedelta(days=told.back)) if told.back else None
    return Moments(
        _whole(claimed_at), posted_at, _whole(handed_in_at), _whole(mended_at), _whole(answered_at), later_at, back_at,
        now,
    )  # fmt: skip


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
