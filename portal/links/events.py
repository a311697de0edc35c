"""What the links room tells."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("link.conversions_changed")
@dataclass(frozen=True)
class ConversionsChanged(Event):
    """One more came of a claim's link, or one was taken back."""

    claim_id: str
    conversion_id: str
    taken_back: bool
