"""The bonus of a verified post: points for each step of what it brought, up to a cap. Pure.

The cap is part of what a claim reserves, so that no bonus is promised that the season can't pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

STEPS_MAX = 50
"""Each step is a movement of its own in the ledger."""


class BonusMeasure(StrEnum):
    """What is counted."""

    NOTHING = ""
    VISITORS = "visitors"
    """Of the fan's tracked link, without their own visits and programs."""
    CONVERSIONS = "conversions"
    """Of that link, as the brand's shop tells them; what is returned counts no more."""
    LIKES = "likes"
    COMMENTS = "comments"
    REACTIONS = "reactions"
    """Likes and comments together."""


OF_LINKS = (BonusMeasure.VISITORS, BonusMeasure.CONVERSIONS)
"""Counted by the fan's tracked link, so between two looks at the post as well."""

WHOLE = (
    "(bonus_measure = '' AND bonus_points = 0 AND bonus_step = 0 AND bonus_cap = 0)"
    " OR (bonus_measure <> '' AND bonus_points > 0 AND bonus_step > 0 AND bonus_cap > 0 AND hold_days > 0"
    f" AND bonus_cap <= bonus_points * {STEPS_MAX}"
    " AND bonus_cap / NULLIF(bonus_points, 0) * bonus_points = bonus_cap)"
)
"""CHECK: all of it or nothing; the cap is whole steps; a hold gives the time in which it is earned."""


@dataclass(frozen=True)
class Bonus:
    """`points` for each `step` of what is measured, at most `cap` points."""

    measure: BonusMeasure
    points: int
    step: int
    cap: int

    @classmethod
    def of(cls, mission: Any, *, cap: int, percent: int = 100) -> Bonus | None:
        """The terms of `mission` with this cap, whose season pays `percent`; None where they can bring nothing."""
        points = mission.bonus_points * percent // 100
        if not mission.bonus_measure or cap < points:
            return None
        return cls(BonusMeasure(mission.bonus_measure), points, mission.bonus_step, cap)

    @property
    def steps_max(self) -> int:
        return self.cap // self.points

    def steps_at(self, figure: int | None) -> int:
        """How many steps `figure` reaches: whole ones only, none above the cap, none where nobody can tell."""
        return min(max(figure or 0, 0) // self.step, self.steps_max)

    def next_at(self, steps: int) -> int | None:
        """The figure of the step after so many; None when there is none."""
        return (steps + 1) * self.step if steps < self.steps_max else None
