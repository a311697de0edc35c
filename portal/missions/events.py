"""What happens to claims, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("claim.expired")
@dataclass(frozen=True)
class ClaimExpired(Event):
    """Its time ran out before anything was handed in; the place is free again."""

    claim_id: str
    person_id: str
    mission_id: str


@event("claim.expires_soon")
@dataclass(frozen=True)
class ClaimExpiresSoon(Event):
    """A day, or a third of its time, is left."""

    claim_id: str
    person_id: str
    mission_id: str
    expires_at: str
    """ISO, UTC."""
