"""What one place pays whoever takes it: what the mission says, what its season adds, what the reader's tier adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pay:
    """In points."""

    now: int
    """When the share is verified."""
    held: int
    """When its hold is over."""
    bonus_cap: int
    """What a bonus can bring besides."""

    @property
    def points(self) -> int:
        """Without any bonus."""
        return self.now + self.held

    @property
    def most(self) -> int:
        return self.points + self.bonus_cap

    def with_extra(self, extra: int) -> Pay:
        """What is added waits with the held part, where there is one."""
        if self.held:
            return Pay(self.now, self.held + extra, self.bonus_cap)
        return Pay(self.now + extra, 0, self.bonus_cap)


def with_tier(pay: Pay, extra: int, budget_left: int) -> Pay:
    """With what a tier adds, as far as the season has it beside the place itself: a place is never refused for it."""
    return pay.with_extra(max(0, min(extra, budget_left - pay.most)))


def season_extra(points: int, percent: int) -> int:
    """What a season that pays `percent` adds to `points`, rounded down."""
    return points * (percent - 100) // 100


def pay_of(mission: Any, *, percent: int) -> Pay:
    """Of a mission, or of its columns, whose season pays `percent`: what anybody gets who takes a place now.

    A bonus grows by the step, each rounded down, so its cap stays a whole number of steps.
    """
    own = Pay(mission.points_now, mission.points_held, _bonus_cap(mission, percent))
    return own.with_extra(season_extra(own.points, percent))


def _bonus_cap(mission: Any, percent: int) -> int:
    if not mission.bonus_points:
        return 0
    return int(mission.bonus_cap // mission.bonus_points * (mission.bonus_points * percent // 100))
