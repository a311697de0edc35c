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


@event("thanks.given")
@dataclass(frozen=True)
class ThanksGiven(Event):
    thanks_id: str
    person_id: str
    """Who got it."""


@event("thanks.taken_back")
@dataclass(frozen=True)
class ThanksTakenBack(Event):
    thanks_id: str
    person_id: str


@event("thanks.removed")
@dataclass(frozen=True)
class ThanksRemoved(Event):
    thanks_id: str


@event("thanks.put_back")
@dataclass(frozen=True)
class ThanksPutBack(Event):
    thanks_id: str
    from_id: str
    person_id: str


@event("thanks.kept")
@dataclass(frozen=True)
class ThanksKept(Event):
    """Staff looked at what its receiver had reported, and left it as it is."""

    thanks_id: str
    person_id: str
    reason: str


@event("team.changed")
@dataclass(frozen=True)
class TeamChanged(Event):
    """Staff renamed, closed or reopened a team; told of once for each of its members."""

    change_id: str
    person_id: str
    team: str
    what: str
    """renamed, closed, reopened"""
    before: str
    """Its name until then, where it was renamed."""
    reason: str
