"""How large a team may be, and what of it counts. Pure.

The strongest contributions count, the same number for every team: a team of twelve can't win by being twelve, a
newcomer pulls nobody down, and whoever rests costs nothing. An average would make people think twice about whom they
let in; a plain sum would be won by size.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

TEAM_MAX = 12
BEST = 5
"""Contributions that count."""
RETURN_WITHIN = timedelta(minutes=10)
"""Whoever left by mistake comes back without asking."""
CODE_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike when it is read out."""
CODE_LENGTH = 8


def score_of(contributions: Iterable[int]) -> int:
    """What a team's board says: the sum of its `BEST` greatest contributions."""
    return sum(sorted((each for each in contributions if each > 0), reverse=True)[:BEST])


def code_in(typed: str | None) -> str:
    """The invitation in what somebody pasted: the code itself, or an address that ends with it."""
    return "".join((typed or "").split()).lower().rstrip("/").rpartition("/")[2]
