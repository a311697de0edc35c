"""The sandbox's time: UTC, to the millisecond, kept as text that sorts by time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from flask import current_app

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


def now() -> datetime:
    """The moment, from the clock that the application was made with."""
    return cast("Clock", current_app.extensions["sandbox_clock"])()


def stamp(moment: datetime) -> str:
    """`2026-10-14T09:12:00.000Z`: of one length, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The time that `text` names; without an offset it is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def day_for_reading(text: str) -> str:
    """`14 October 2026`, from a stamp."""
    at = moment(text)
    return f"{at.day} {at:%B %Y}"


def for_reading(text: str) -> str:
    """`14 October 2026, 09:12 UTC`, from a stamp."""
    return f"{day_for_reading(text)}, {moment(text):%H:%M} UTC"
