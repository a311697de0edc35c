"""How leagues are dealt, how effect is counted, and who stands where. Pure.

What counts is what a share did, never how many there are: people who followed one's links, newcomers who found their
feet, gatherings that were held. A verified share alone counts nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

LEAGUE_MAX = 12
WEIGHTS = {"people": 1, "newcomers": 25, "gatherings": 25}
"""What each person who followed a link, each newcomer and each gathering counts."""

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Ranked:
    """One line of a board."""

    rank: int
    """People with the same effect share it; the next rank leaves room for all of them."""
    key: str
    effect: int


def effect_of(*, people: int = 0, newcomers: int = 0, gatherings: int = 0) -> int:
    """One figure of all that counts."""
    return (
        people * WEIGHTS["people"] + newcomers * WEIGHTS["newcomers"] + gatherings * WEIGHTS["gatherings"]
    )  # fmt: skip


def first_day(day: date) -> date:
    """Of the month."""
    return day.replace(day=1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def dealt(people: Sequence[Thing]) -> list[Sequence[Thing]]:
    """People in the order of their pace, cut into as few leagues as there can be, as even as they can be."""
    if not people:
        return []
    leagues = -(-len(people) // LEAGUE_MAX)
    least, more = divmod(len(people), leagues)
    cut, found = 0, []
    for number in range(leagues):
        size = least + (number < more)
        found.append(people[cut : cut + size])
        cut += size
    return found


def tie_of(board: str, person_id: str) -> str:
    """What orders people of the same effect on one board: the same each time, and nobody's age or luck elsewhere."""
    return hashlib.sha256(f"{board}:{person_id}".encode()).hexdigest()[:16]


def ranked(lines: Sequence[tuple[str, int, str]]) -> list[Ranked]:
    """Lines of (key, effect, tie), the greatest effect first; equal effect is the same rank."""
    found: list[Ranked] = []
    for place, (key, effect, _tie) in enumerate(sorted(lines, key=lambda line: (-line[1], line[2])), start=1):
        same = bool(found) and found[-1].effect == effect
        found.append(Ranked(found[-1].rank if same else place, key, effect))
    return found
