"""Waits that differ, so that what failed together does not come back together."""

from __future__ import annotations

from random import SystemRandom

_chance = SystemRandom()


def jittered(seconds: float) -> float:
    """Between a half of `seconds` and all of them."""
    return _chance.uniform(0.5, 1.0) * seconds
