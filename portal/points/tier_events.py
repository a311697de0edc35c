"""What happens to tiers, as others hear of it. Sent by the weighing itself, in its transaction."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("tier.raised")
@dataclass(frozen=True)
class TierRaised(Event):
    """Somebody reached a tier."""

    change_id: str
    person_id: str
    tier: str
    early_hours: int
    extra_percent: int


@event("tier.grace_began")
@dataclass(frozen=True)
class TierGraceBegan(Event):
    """The points of a tier are no longer there; it is kept for a while."""

    change_id: str
    person_id: str
    tier: str
    points_missing: int
    """What keeps it, if it is earned by then."""
    until: str
    """ISO, UTC."""


@event("tier.eased")
@dataclass(frozen=True)
class TierEased(Event):
    """The grace is over."""

    change_id: str
    person_id: str
    tier: str
    """The one that they are in now; empty: none."""
    points_to_next: int
    next_tier: str
