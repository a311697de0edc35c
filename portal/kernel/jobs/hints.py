"""Telling the queue of jobs due soon. The queue being away costs time, never work: the sweep finds every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from flask import Flask, current_app

from portal.kernel.unit_of_work import after_commit

log = structlog.get_logger()

HINT_WITHIN_SECONDS = 120
"""What is due later is the sweep's."""

Hint = Callable[[str, float, bool], None]
"""Called with a job's id, in how many seconds it is due, and whether somebody waits for it."""

_silent: ContextVar[bool] = ContextVar("without_hints", default=False)


def hint_with(app: Flask, hint: Hint | None) -> None:
    """What `app` tells its queue by; None: its sweep alone brings workers to jobs."""
    app.extensions["portal_hint"] = hint


@contextmanager
def without_hints() -> Iterator[None]:
    """Schedule without telling the queue, for many jobs at once; the sweep finds those that are due."""
    before = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(before)


def hint_after_commit(job_id: str, seconds: float, *, urgent: bool) -> None:
    """Tell the queue, once the open unit has committed, that the job is due in `seconds`."""
    if not _silent.get():
        after_commit(lambda: hint_now(job_id, seconds, urgent=urgent))


def hint_now(job_id: str, seconds: float, *, urgent: bool) -> None:
    """Tell the queue, if there is one and it can be reached, that the job is due in `seconds`."""
    hint: Hint | None = current_app.extensions["portal_hint"]
    if hint is None or seconds > HINT_WITHIN_SECONDS:
        return
    try:
        hint(job_id, seconds, urgent)
    except Exception as error:  # whatever is wrong with the queue, the job's row is kept
        log.warning("queue_unreachable", job_id=job_id, error=str(error))


def are_heard() -> bool:
    """Is there a queue to tell?"""
    return current_app.extensions["portal_hint"] is not None
