"""How much promotion the followers of an account saw lately, and when they have had enough.

Pure: times in, moments out.

The programme's premise: 46 % of people unfollow an account that promotes too much. Rest is a normal state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WEEK = timedelta(days=7)
MONTH = timedelta(days=28)


@dataclass(frozen=True)
class Limits:
    """How many posts for us an account's followers should see at most, and how far apart."""

    week_max: int
    """In 7 days."""
    month_max: int
    """In 28 days."""
    gap_hours: int
    """Between two of them; a recommendation, not a stop."""

    def and_own(self, week_max: int | None, month_max: int | None, gap_hours: int | None) -> Limits:
        """With what the person chose beside it, the stricter holds."""
        return Limits(
            week_max=self.week_max if week_max is None else min(self.week_max, week_max),
            month_max=self.month_max if month_max is None else min(self.month_max, month_max),
            gap_hours=self.gap_hours if gap_hours is None else max(self.gap_hours, gap_hours),
        )


DEFAULT_LIMITS = Limits(week_max=3, month_max=8, gap_hours=24)
"""Until staff choose their own."""


@dataclass(frozen=True)
class Load:
    """What one account's followers saw of us, and what is still to come."""

    week: int
    month: int
    last_at: datetime | None
    planned: int
    """Places that this person holds and has posted nothing for yet."""
    stopped_until: datetime | None
    """Another post would be beyond the limit until then."""
    advised_until: datetime | None
    """Better not before; may be in addition to a stop."""

    @property
    def rests(self) -> bool:
        return self.stopped_until is not None or self.advised_until is not None

    @property
    def rested_at(self) -> datetime | None:
        """When another post does no harm; None when it does none now."""
        return max((at for at in (self.stopped_until, self.advised_until) if at is not None), default=None)


RESTED = Load(week=0, month=0, last_at=None, planned=0, stopped_until=None, advised_until=None)


def load_of(posted: Sequence[datetime], *, planned: int, limits: Limits, now: datetime) -> Load:
    """What an account that posted for us at these moments has behind it."""
    times = sorted(at for at in posted if at > now - MONTH)
    in_week = [at for at in times if at > now - WEEK]
    stops = [
        stop
        for stop in (
            _until_room(in_week, limits.week_max, planned, WEEK, now),
            _until_room(times, limits.month_max, planned, MONTH, now),
        )
        if stop is not None
    ]
    last_at = times[-1] if times else None
    pause_ends = last_at + timedelta(hours=limits.gap_hours) if last_at else now
    return Load(
        week=len(in_week), month=len(times), last_at=last_at, planned=planned,
        stopped_until=max(stops, default=None), advised_until=pause_ends if pause_ends > now else None,
    )  # fmt: skip


MUCH_PERCENT = 25
"""Beyond a quarter of all its posts, an account looks like advertising to its followers."""


@dataclass(frozen=True)
class ShareForUs:
    """How much of what an account posts is for us."""

    everything: int
    percent: int
    is_at_least: bool
    """`everything` is at least that much, so `percent` is the most that it can be."""
    is_much: bool


def share_for_us(ours: int, everything: int, *, is_at_least: bool) -> ShareForUs | None:
    """None of an account that posted nothing. Posts that were deleted meanwhile don't make more than all of them."""
    everything = max(everything, ours)
    if everything == 0:
        return None
    is_much = not is_at_least and ours * 100 > everything * MUCH_PERCENT
    return ShareForUs(everything, round(100 * ours / everything), is_at_least, is_much)


def best_of(loads: Sequence[Load]) -> Load:
    """Of several accounts that could be used, the one whose followers are rested first."""
    return min(loads, key=lambda load: (load.stopped_until is not None, _moment(load), load.month), default=RESTED)


def for_mission(loads: Mapping[str, Load], platforms: Sequence[str]) -> Load:
    """The load of the best account for a mission. `loads` is by network; a mission without networks takes any."""
    return best_of([load for platform, load in loads.items() if not platforms or platform in platforms])


def share_out(
    planned: Sequence[Sequence[str]], posted: Mapping[str, int], platform_of: Mapping[str, str]
) -> dict[str, int]:
    """How many of the planned posts each account will carry: each goes to the least loaded account that its mission
    takes. `planned` holds each mission's networks, `posted` the posts so far by account."""
    carries = dict.fromkeys(posted, 0)
    for platforms in planned:
        fitting = [handle for handle in posted if not platforms or platform_of[handle] in platforms]
        if fitting:
            least = min(fitting, key=lambda handle: (posted[handle] + carries[handle], handle))
            carries[least] += 1
    return carries


def _until_room(times: list[datetime], limit: int, planned: int, window: timedelta, now: datetime) -> datetime | None:
    """When the window has room for one more; None when it has."""
    room = limit - planned
    if room <= 0:
        return now + window  # the posts that are still to come fill it by themselves
    if len(times) < room:
        return None
    return times[len(times) - room] + window


def _moment(load: Load) -> float:
    return load.rested_at.timestamp() if load.rested_at else 0.0
