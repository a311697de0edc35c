"""What happens to points by time or by staff, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("points.expire_soon")
@dataclass(frozen=True)
class PointsExpireSoon(Event):
    """Points can't be spent much longer; told twice, `notice` says which time it is."""

    person_id: str
    points: int
    first_at: str
    """ISO, UTC: the first of them expire then, the last at `last_at`."""
    last_at: str
    notice: int


@event("points.expired")
@dataclass(frozen=True)
class PointsExpired(Event):
    """Points were taken because their time was over."""

    person_id: str
    points: int
    at: str


@event("points.adjusted")
@dataclass(frozen=True)
class PointsAdjusted(Event):
    """Staff put points right by hand."""

    person_id: str
    adjustment_id: str
    points: int
    reason: str
