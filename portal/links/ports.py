"""Whom the links room tells how many people followed a link: a room above, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

Counted = Callable[[str, str, date, int], None]

_counted: list[Counted] = []


def when_people_are_counted(tell: Counted) -> None:
    """Called once, when the room above starts: `tell(person_id, campaign_id, day, more)`, `more` may be below zero."""
    if tell not in _counted:
        _counted.append(tell)


def tell_people_counted(person_id: str, campaign_id: str, day: date, more: int) -> None:
    """More people (without own clicks and programs) followed a person's link that day."""
    for tell in _counted:
        tell(person_id, campaign_id, day, more)
