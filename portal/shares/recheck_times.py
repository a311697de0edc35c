"""When a verified post is looked at again: pure arithmetic, the same for the same share however often it is asked.

An hour, a day and a week after it was verified, at the end of its hold, and afterwards now and then. Each moment has a
place of its own within a window, drawn from the share's id, so that a launch day's shares don't come back all at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

FIXED = {
    "hour": (timedelta(hours=1), timedelta(minutes=15)),
    "day": (timedelta(days=1), timedelta(hours=3)),
    "week": (timedelta(days=7), timedelta(days=1)),
}
"""How long after verification at the earliest, and the window after that."""
HOLD_WINDOW_PART = 0.01
HOLD_WINDOW_MAX = timedelta(hours=1)
SAMPLE_PERIOD = timedelta(days=30)
SAMPLE_PERIODS = 12
"""A year after its hold a share is left alone."""
RETURN_LOOKS = {
    "back_after_a_day": (timedelta(days=1), timedelta(hours=6)),
    "back_after_a_week": (timedelta(days=7), timedelta(days=1)),
}
"""Looks at what was revoked, counted from then: it may be back."""
NEAR = 7
"""A look is left out that is nearer to the end of the hold than this part of its own delay."""


@dataclass(frozen=True)
class Standing:
    """What the schedule needs to know of a share. `settles_at` is past once it is settled."""

    share_id: str
    verified_at: datetime
    settles_at: datetime
    is_settled: bool


def drawn(share_id: str, what: str) -> float:
    """A number from 0 to below 1, evenly spread over shares, the same each time for the same share and `what`."""
    return int.from_bytes(hashlib.sha256(f"{share_id}:{what}".encode()).digest()[:8]) / 2**64


def hold_end(share_id: str, verified_at: datetime, hold: timedelta) -> datetime:
    """When the hold ends: never before `hold` is over, and a little later, each share at its own moment."""
    return verified_at + hold + min(hold * HOLD_WINDOW_PART, HOLD_WINDOW_MAX) * drawn(share_id, "hold")


def next_look(standing: Standing, *, after: datetime, sample_percent: int) -> datetime | None:
    """The first planned moment later than `after`; None when nothing is planned any more."""
    end = standing.settles_at
    moments = [at for at in _fixed(standing) if at > after]
    if not standing.is_settled:
        return min([at for at in moments if at < end] + [max(end, after)])
    sampled = next((at for at in _sampled(standing, sample_percent) if at > after), None)
    return min([*moments, sampled] if sampled else moments, default=None)


def next_return_look(share_id: str, revoked_at: datetime, *, after: datetime) -> datetime | None:
    """When to see by ourselves whether a revoked post is back."""
    moments = (revoked_at + delay + window * drawn(share_id, name) for name, (delay, window) in RETURN_LOOKS.items())
    return min((at for at in moments if at > after), default=None)


def _fixed(standing: Standing) -> Iterator[datetime]:
    for name, (delay, window) in FIXED.items():
        at = standing.verified_at + delay + window * drawn(standing.share_id, name)
        if abs(at - standing.settles_at) >= delay / NEAR:
            yield at


def _sampled(standing: Standing, percent: int) -> Iterator[datetime]:
    """Each period draws anew whether this share is looked at in it, and when."""
    for period in range(SAMPLE_PERIODS):
        if drawn(standing.share_id, f"sampled {period}") * 100 < percent:
            within = SAMPLE_PERIOD * drawn(standing.share_id, f"moment {period}")
            yield standing.settles_at + SAMPLE_PERIOD * period + within
