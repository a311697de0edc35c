"""What happens to badges, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("badge.earned")
@dataclass(frozen=True)
class BadgeEarned(Event):
    held_id: str
    person_id: str
    badge: str
    reason: str


@event("badge.taken_back")
@dataclass(frozen=True)
class BadgeTakenBack(Event):
    held_id: str
    person_id: str
    badge: str
