"""A worker's hold on a job. Whatever ends it asks for the lease's token: one that was too slow changes nothing."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, delete, update

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.changing import rows_changed
from portal.kernel.jitter import jittered
from portal.kernel.jobs import lanes
from portal.kernel.jobs.handlers import TRIES_MAX, Handler, Lease, LeaseLost, handler_of, interval_of
from portal.kernel.jobs.hints import hint_after_commit
from portal.kernel.jobs.table import Job, JobState
from portal.kernel.unit_of_work import unit_of_work

log = structlog.get_logger()
BACKOFF_FIRST_SECONDS = 2.0
BACKOFF_MAX_SECONDS = 3600.0
BACKOFF_DOUBLINGS_MAX = 16
ERROR_LENGTH_MAX = 2000


def take(job_id: str) -> Lease | None:
    """Lease the job. None when it isn't due, is done, or somebody else holds it or its lane."""
    now, token = clock.now(), secrets.token_hex(16)
    with unit_of_work():
        job = db.session.get(Job, job_id, with_for_update={"skip_locked": True}, populate_existing=True)
        if job is None or not _is_free(job, now):
            return None
        try:
            handler = handler_of(job.kind)
        except LookupError:
            _leave_to_others(job, now)
            return None
        job.lease_token, job.attempts = token, job.attempts + 1
        job.leased_until = now + timedelta(seconds=handler.lease_seconds)
        return Lease(
            job.id, job.kind, job.key, dict(job.payload), job.attempts, job.round, token,
            last_try=job.attempts >= handler.tries_max, lane=job.lane,
        )  # fmt: skip


def _is_free(job: Job, now: datetime) -> bool:
    if job.state != JobState.WAITING or job.due_at > now:
        return False
    if job.leased_until is not None and job.leased_until > now:
        return False
    return job.lane is None or lanes.may_enter(job.lane, now)


def _leave_to_others(job: Job, now: datetime) -> None:
    """Nobody here handles its kind, but a worker of the version that is being rolled out may; at last it has failed."""
    job.attempts += 1
    job.due_at = now + timedelta(seconds=backoff_seconds(job.attempts))
    job.last_error = "No handler is known for this kind of job."
    if job.attempts >= TRIES_MAX:
        job.state = JobState.FAILED


def finish(lease: Lease) -> None:
    """Remove the job; keep it where it recurs, or where it was asked for again meanwhile.

    Raises LeaseLost when somebody else has it by now.
    """
    interval = interval_of(lease.kind)
    if interval is not None:
        _let_go(lease, due_at=clock.now() + interval, attempts=0, last_error=None)
        return
    if rows_changed(delete(Job).where(*_held_by(lease), Job.round == lease.round)):
        return
    _let_go(lease, attempts=0)
    if lease.lane is None:
        hint_after_commit(lease.job_id, 0.0, urgent=True)


def put_off(lease: Lease, handler: Handler, error: str, seconds: float, *, counts: bool) -> None:
    """Let the job be tried again in `seconds`; after its last try it has failed for good, if trying `counts`.

    Recurring work never fails for good. Somebody else's lease is left alone.
    """
    given_up = counts and lease.last_try and interval_of(lease.kind) is None
    with unit_of_work():
        try:
            _let_go(
                lease, due_at=clock.now() + timedelta(seconds=seconds), last_error=error[:ERROR_LENGTH_MAX],
                attempts=lease.attempts if counts else lease.attempts - 1,
                state=JobState.FAILED if given_up else JobState.WAITING,
            )  # fmt: skip
        except LeaseLost:
            return
        if not given_up:
            hint_after_commit(lease.job_id, seconds, urgent=lease.lane is None)
            return
        log.error("job_gave_up", error=error)
        if handler.gave_up is not None:
            handler.gave_up(lease)


def _let_go(lease: Lease, **values: Any) -> None:
    """Give the lease back, with what becomes of the job. Raises LeaseLost when it is somebody else's."""
    if not rows_changed(update(Job).where(*_held_by(lease)).values(lease_token=None, leased_until=None, **values)):
        raise LeaseLost


def _held_by(lease: Lease) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Job.id == lease.job_id, Job.lease_token == lease.token


def backoff_seconds(attempts: int) -> float:
    """How long to wait after so many: doubled each time, with jitter, so that what failed together comes back apart.

    Recurring work is tried for as long as it takes: no float holds what two to the thousandth attempt would be.
    """
    doublings = min(attempts, BACKOFF_DOUBLINGS_MAX)
    return jittered(min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2**doublings))
