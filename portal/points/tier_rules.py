"""What a tier is, and when somebody rises, is warned, or is eased down. Pure: days with points in, a verdict out.

Only what was earned counts, so that spending never lowers a tier, and what was taken back counts no more. Days are
UTC days; a day counts until the same day of the month, `window_months` later.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from portal.points.tier_models import TierMove

Earned = Sequence[tuple[date, int]]
"""Days with the points earned on them, oldest first."""


@dataclass(frozen=True)
class Level:
    """One tier and what comes with it."""

    rank: int
    name: str
    points: int
    """To be earned within the window."""
    early_hours: int
    """How much sooner than others its people may claim a place in a mission."""
    extra_percent: int
    """What a share pays on top, out of the season's budget."""


@dataclass(frozen=True)
class Plan:
    """The tiers in force, from the lowest up."""

    window_months: int
    grace_days: int
    levels: tuple[Level, ...]

    def level(self, rank: int) -> Level | None:
        """The level of that rank; of one above the highest, the highest. None below the first."""
        return self.levels[min(rank, len(self.levels)) - 1] if rank > 0 and self.levels else None

    def rank_for(self, points: int) -> int:
        """The highest rank that these points reach."""
        return max((level.rank for level in self.levels if level.points <= points), default=0)

    def next_above(self, rank: int) -> Level | None:
        return self.levels[rank] if rank < len(self.levels) else None


def plan_of(window_months: int, grace_days: int, levels: Sequence[dict[str, Any]]) -> Plan:
    """The plan that a row keeps: `levels` are those of `Level` without their rank."""
    return Plan(window_months, grace_days, tuple(Level(rank=place, **each) for place, each in enumerate(levels, 1)))


@dataclass(frozen=True)
class Verdict:
    """Where somebody stands from now on."""

    rank: int
    drops_at: datetime | None
    due_at: datetime | None
    points: int
    """In the window."""
    sure_until: date | None
    move: TierMove | None
    """What to tell; None: nothing changed."""


def counts_from(day: date, months: int) -> date:
    """The first day that counts on `day`: the same of the month, `months` earlier, or that month's last."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def counts_until(day: date, months: int) -> date:
    """The first day on which what was earned on `day` counts no more."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    last = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    while counts_from(last, months) <= day:
        last += timedelta(days=1)
    return last


def points_in_window(earned: Earned, plan: Plan, today: date) -> int:
    """What counts on `today`."""
    first = counts_from(today, plan.window_months)
    return sum(points for day, points in earned if first <= day <= today)


def falls_below(earned: Earned, plan: Plan, threshold: int, today: date) -> date | None:
    """The first day on which less than `threshold` is left, if nothing more is earned; None: it never is."""
    left = points_in_window(earned, plan, today)
    if left < threshold:
        return today
    first = counts_from(today, plan.window_months)
    for day, points in earned:
        if first <= day <= today:
            left -= points
            if left < threshold:
                return counts_until(day, plan.window_months)
    return None


def weigh(earned: Earned, plan: Plan, *, rank: int, drops_at: datetime | None, now: datetime) -> Verdict:
    """Up at once; down only when a grace has passed that the person was told of."""
    points = points_in_window(earned, plan, now.date())
    reached = plan.rank_for(points)
    rank = min(rank, len(plan.levels))
    if reached >= rank:
        move = TierMove.RAISED if reached > rank else TierMove.KEPT if drops_at else None
        return _verdict(earned, plan, reached, None, move, now)
    if drops_at is None and plan.grace_days:
        return _verdict(earned, plan, rank, now + timedelta(days=plan.grace_days), TierMove.WARNED, now)
    if drops_at is not None and drops_at > now:
        return _verdict(earned, plan, rank, drops_at, None, now)
    return _verdict(earned, plan, reached, None, TierMove.EASED, now)


def _verdict(
    earned: Earned, plan: Plan, rank: int, drops_at: datetime | None, move: TierMove | None, now: datetime
) -> Verdict:
    """With the moment at which to look again: when the first day of the window leaves it, or the grace ends."""
    today, level = now.date(), plan.level(rank)
    first = counts_from(today, plan.window_months)
    oldest = next((day for day, _points in earned if first <= day <= today), None)
    looks = [drops_at] if drops_at else []
    if oldest is not None:
        looks.append(_midnight(counts_until(oldest, plan.window_months)))
    return Verdict(
        rank, drops_at, min(looks, default=None), points_in_window(earned, plan, today),
        falls_below(earned, plan, level.points, today) if level and drops_at is None else None, move,
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
