"""The one clock. Verbs take `now` as an argument; edges ask here, so that a test can move time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_fixed: datetime | None = None


def now() -> datetime:
    """The moment, aware, in UTC."""
    return _fixed or datetime.now(UTC)


def seconds() -> float:
    """For how long something takes: the difference of two of these. A frozen clock's stand still with it."""
    return _fixed.timestamp() if _fixed else time.monotonic()


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the clock at `at`, for tests."""
    global _fixed
    before, _fixed = _fixed, at.astimezone(UTC)
    try:
        yield
    finally:
        _fixed = before


def advance(by: timedelta) -> datetime:
    """Move a frozen clock on, for tests. Raises RuntimeError when it is not frozen."""
    global _fixed
    if _fixed is None:
        raise RuntimeError("The clock is not frozen.")
    _fixed += by
    return _fixed
