"""What campaigns need from a room above: their points budget lives in the ledger, which is a neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class BudgetDesk(Protocol):
    """Whoever keeps the campaigns' points."""

    def fund(self, campaign_id: str, points: int, *, now: datetime) -> None:
        """Make the campaign's budget, over its whole life, `points`; safe to repeat.

        Less than it used already is refused with `campaigns.errors.BudgetTooSmall`.
        """

    def left(self, campaign_id: str) -> int:
        """Points that are neither reserved nor spent."""

    def left_of(self, campaign_ids: Sequence[str]) -> dict[str, int]:
        """The same for several, in one query."""


_desk: BudgetDesk | None = None


def use_budget_desk(desk: BudgetDesk) -> None:
    """Called once, when the missions room starts."""
    global _desk
    _desk = desk


def budget_desk() -> BudgetDesk:
    """The desk. Raises LookupError in an app that has none."""
    if _desk is None:
        raise LookupError("No budget desk is registered.")
    return _desk
