"""Running due work: a handler's result and the end of its job are one transaction, under the lease's token."""

from __future__ import annotations

import structlog

from portal.kernel import clock
from portal.kernel.jobs import hints, lanes, leasing
from portal.kernel.jobs.finding import due_jobs
from portal.kernel.jobs.handlers import Handler, Lease, LeaseLost, RetryLater, handler_of
from portal.kernel.unit_of_work import end_reading, unit_of_work

log = structlog.get_logger()


def run_job(job_id: str) -> bool:
    """Lease one due job and run it. False when it isn't due, is done, or somebody else holds it."""
    lease = leasing.take(job_id)
    if lease is None:
        return False
    began = clock.seconds()
    with structlog.contextvars.bound_contextvars(job_id=lease.job_id, job_kind=lease.kind, job_key=lease.key):
        _try(lease, handler_of(lease.kind))
    if lease.lane is not None:
        _go_on_in(lease.lane, seconds_taken=clock.seconds() - began)
    return True


def run_due(limit: int = 500) -> int:
    """Run what is due now, and what that makes due, in this thread. Returns how many ran. For tests and commands."""
    ran = 0
    while ran < limit:
        done = sum(run_job(job_id) for job_id in due_jobs(limit - ran))
        if not done:
            break
        ran += done
    return ran


def _try(lease: Lease, handler: Handler) -> None:
    """Run it once, and put it off where that went wrong: no job's error may stop the worker."""
    try:
        if handler.outside:
            _run_outside(lease, handler)
        else:
            with unit_of_work():
                handler.run(lease)
                leasing.finish(lease)
    except LeaseLost:
        log.warning("job_lease_lost")
    except RetryLater as later:
        leasing.put_off(lease, handler, str(later), later.seconds, counts=not later.free)
    except Exception as error:
        log.exception("job_failed_once", attempts=lease.attempts)
        seconds = leasing.backoff_seconds(lease.attempts)
        leasing.put_off(lease, handler, f"{type(error).__name__}: {error}", seconds, counts=True)


def _run_outside(lease: Lease, handler: Handler) -> None:
    record = handler.run(lease)
    end_reading()
    with unit_of_work():
        if record is not None:
            record()
        leasing.finish(lease)


def _go_on_in(lane: str, *, seconds_taken: float) -> None:
    """Nobody is in the lane now: let it rest if it was slow, and bring a worker to what is due in it next."""
    now = clock.now()
    if seconds_taken >= lanes.SLOW_SECONDS:
        with unit_of_work():
            lanes.rest_after(lane, seconds_taken, now)
    if not hints.are_heard():
        return
    following = lanes.next_in(lane, now)
    end_reading()
    if following is not None:
        hints.hint_now(*following, urgent=False)
