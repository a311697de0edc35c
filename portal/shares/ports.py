"""What shares need from rooms above, answered in the same transaction: somebody who opens and drops review cases."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from portal.shares.models import Share


class ReviewDesk(Protocol):
    """The moderation room."""

    def open_case(self, share: Share, *, why: str, due_at: datetime, appeal_text: str | None, now: datetime) -> None:
        """Put `share` before a person, in the open transaction; a case that is open already stays as it is."""

    def drop_case(self, share: Share, *, now: datetime) -> None:
        """Nobody needs to look any more: it was withdrawn, or the checks could tell after all."""

    def has_open_case(self, share: Share) -> bool:
        """Does it wait for a person?"""


_desk: ReviewDesk | None = None


def use_review_desk(desk: ReviewDesk) -> None:
    """Called once, when the moderation room starts."""
    global _desk
    _desk = desk


def review_desk() -> ReviewDesk:
    """The desk. Raises LookupError in an app that has none."""
    if _desk is None:
        raise LookupError("No review desk is registered.")
    return _desk
