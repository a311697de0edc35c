"""Who does which kind of work: what the decorators of the rooms register when they are imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

TRIES_MAX = 10


@dataclass(frozen=True)
class Lease:
    """What a handler is told about the job it holds."""

    job_id: str
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    round: int
    token: str
    last_try: bool
    lane: str | None = None


class RetryLater(Exception):
    """A handler can't finish now; try again after `seconds`. Counts as a try unless `free`."""

    def __init__(self, reason: str, *, seconds: float, free: bool = False) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.free = free


class LeaseLost(Exception):
    """Another worker took the job over; what this one did is rolled back."""


Record = Callable[[], None]


@dataclass(frozen=True)
class Handler:
    kind: str
    run: Callable[[Lease], Record | None]
    outside: bool
    tries_max: int
    lease_seconds: int
    gave_up: Callable[[Lease], None] | None = None


_handlers: dict[str, Handler] = {}
_intervals: dict[str, timedelta] = {}
"""Of the recurring kinds."""


def in_transaction(kind: str, *, tries_max: int = TRIES_MAX, lease_seconds: int = 60) -> Callable[..., Any]:
    """Register a handler that does all its work in the unit that also removes the job.

    A kind waits in rows, so it stays when the function moves. Raises ValueError for one that has a handler.
    """

    def register(run: Callable[[Lease], None]) -> Callable[[Lease], None]:
        _add(Handler(kind, run, False, tries_max, lease_seconds))
        return run

    return register


def outside(
    kind: str,
    *,
    tries_max: int = TRIES_MAX,
    lease_seconds: int = 120,
    gave_up: Callable[[Lease], None] | None = None,
) -> Callable[..., Any]:
    """Register a handler that is called without a transaction and returns what records its result.

    `gave_up` runs in the unit that marks the job as failed for good.
    """

    def register(run: Callable[[Lease], Record | None]) -> Callable[[Lease], Record | None]:
        _add(Handler(kind, run, True, tries_max, lease_seconds, gave_up))
        return run

    return register


def every(interval: timedelta, kind: str) -> Callable[..., Any]:
    """Register an `in_transaction` handler that the sweep keeps scheduled, once per `interval`."""

    def register(run: Callable[[Lease], None]) -> Callable[[Lease], None]:
        _intervals[kind] = interval
        return in_transaction(kind)(run)

    return register


def _add(handler: Handler) -> None:
    if handler.kind in _handlers:
        raise ValueError(f"Two handlers are registered for {handler.kind}.")
    _handlers[handler.kind] = handler


def handler_of(kind: str) -> Handler:
    """Raises LookupError for a kind that this version of the portal doesn't know."""
    return _handlers[kind]


def interval_of(kind: str) -> timedelta | None:
    """None for a kind that doesn't recur."""
    return _intervals.get(kind)


def recurring_kinds() -> set[str]:
    """What `every` registered."""
    return set(_intervals)
