"""What happens to guidelines, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("guideline.published")
@dataclass(frozen=True)
class GuidelinePublished(Event):
    guideline_id: str
    version_id: str
    major: bool
