"""What happens to badges and thanks, as others hear of it."""

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


@event("praise.given")
@dataclass(frozen=True)
class PraiseGiven(Event):
    praise_id: str
    person_id: str
    """Who is thanked."""


@event("praise.gone")
@dataclass(frozen=True)
class PraiseGone(Event):
    """Taken back by who said it, erased by who got it, or hidden by staff."""

    praise_id: str
    person_id: str
