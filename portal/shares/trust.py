"""Who is looked at although every check is content, and how often that was right. Pure.

People with a good record are sampled, at the rate that staff set; newcomers and others are looked at as staff decide.
A sampled share goes to a person before it is paid: nothing has to be taken back from somebody who is trusted, and its
clock stands still meanwhile. Who is drawn can't be foreseen or tried for by handing the same post in again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from portal.shares.verdict import Sampling

DRAWS = 10_000
CONFIDENT_Z = 1.959964
"""95 % of a normal distribution lie within so many standard deviations."""


class Because(StrEnum):
    """Why a person looks at what the checks would verify."""

    CHECKS = "checks"
    """Nobody does: the checks' word is enough."""
    NEWCOMER = "newcomer"
    NO_RECORD = "no_record"
    SAMPLED = "sampled"


@dataclass(frozen=True)
class Record:
    """How somebody's shares ended so far, in all missions."""

    verified: int = 0
    declined_lately: int = 0
    """Declined, or taken back, within the last `records.LATELY`; a fix that came too late is none of it."""

    def is_good(self, sampling: Sampling) -> bool:
        return self.verified >= sampling.trusted_after and not self.declined_lately


@dataclass(frozen=True)
class SecondLook:
    because: Because
    draw: int | None = None
    """Of 10,000; None where nothing was drawn."""


def second_look(record: Record, sampling: Sampling, draw: int) -> SecondLook:
    """Does a person look before this share is paid? `draw`: from `draw_from`."""
    if record.verified < sampling.first_reviewed:
        return SecondLook(Because.NEWCOMER)
    if not record.is_good(sampling):
        return SecondLook(Because.NO_RECORD if sampling.review_others else Because.CHECKS)
    chosen = draw < sampling.sample_percent * DRAWS // 100
    return SecondLook(Because.SAMPLED if chosen else Because.CHECKS, draw)


def draw_from(digest: str) -> int:
    """A number below 10,000 from a keyed digest in hexadecimal."""
    return int(digest[:16], 16) % DRAWS


@dataclass(frozen=True)
class Found:
    """What looking at a sample has found."""

    sampled: int
    decided: int
    overturned: int
    """Not verified by the person who looked."""

    @property
    def waiting(self) -> int:
        return self.sampled - self.decided

    @property
    def range_percent(self) -> tuple[float, float]:
        """Between what shares of errors the truth lies, with 95 % confidence."""
        return wilson_percent(self.overturned, self.decided)


def wilson_percent(hits: int, total: int) -> tuple[float, float]:
    """The score interval for a share of hits, in percent, right for few and for none (Wilson, JASA 22, 1927)."""
    if total <= 0:
        return 0.0, 100.0
    share, z2 = hits / total, CONFIDENT_Z**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = CONFIDENT_Z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return max(0.0, middle - half) * 100, min(1.0, middle + half) * 100
