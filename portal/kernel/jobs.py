"""Work that is due is a row; the queue is only a hint that brings a worker to it sooner.

A verb calls `schedule` in its own transaction. A worker takes the row under a lease, runs the handler of its kind, and
deletes the row in the transaction that holds the handler's result, so that a job's effect on the database happens once
even when a worker dies in the middle or outlives its lease. `sweep` finds whatever a crash or a lost hint left behind.

Two sorts of handlers: one of `@in_transaction` does everything in one unit of work. One of `@outside` is called with no
transaction open, may talk to the outside world, and returns a function that records the result.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import structlog
from sqlalchemy import Select, String, bindparam, delete, func, insert, literal_column, or_, select, update

from portal.extensions import db
from portal.kernel import clock, lanes
from portal.kernel.base import new_id, table_of
from portal.kernel.changing import rows_changed
from portal.kernel.job_table import Job, JobState
from portal.kernel.unit_of_work import after_commit, end_reading, unit_of_work

__all__ = [
    "Handler", "Job", "JobState", "Lease", "LeaseLost", "Record", "RetryLater", "cancel", "due_jobs", "every",
    "failed_jobs", "hint_with", "in_transaction", "keep_recurring_scheduled", "outside", "retry_failed", "run_due",
    "run_job", "schedule", "schedule_new", "urgent_among", "without_hints",
]  # fmt: skip

log = structlog.get_logger()

BACKOFF_FIRST_SECONDS = 2.0
BACKOFF_MAX_SECONDS = 3600.0
BACKOFF_DOUBLINGS_MAX = 16
HINT_WITHIN_SECONDS = 120
TRIES_MAX = 10
ERROR_LENGTH_MAX = 2000
FAILED_SHOWN_MAX = 100


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
_recurring: dict[str, timedelta] = {}
Hint = Callable[[str, float, bool], None]
_hint: Hint | None = None


def in_transaction(kind: str, *, tries_max: int = TRIES_MAX, lease_seconds: int = 60) -> Callable[..., Any]:
    """Register a handler that does all its work in the unit that also removes the job."""

    def register(run: Callable[[Lease], None]) -> Callable[[Lease], None]:
        _handlers[kind] = Handler(kind, run, False, tries_max, lease_seconds)
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

    def register(
        run: Callable[[Lease], Record | None],
    ) -> Callable[[Lease], Record | None]:
        _handlers[kind] = Handler(kind, run, True, tries_max, lease_seconds, gave_up)
        return run

    return register


def every(interval: timedelta, kind: str) -> Callable[..., Any]:
    """Register an `in_transaction` handler that the sweep keeps scheduled, once per `interval`."""

    def register(run: Callable[[Lease], None]) -> Callable[[Lease], None]:
        _recurring[kind] = interval
        return in_transaction(kind)(run)

    return register


def hint_with(hint: Hint | None) -> None:
    """Tell the queue of jobs due soon: `hint(job_id, delay_seconds, urgent)`, called after the commit."""
    global _hint
    _hint = hint


@contextmanager
def without_hints() -> Iterator[None]:
    """Schedule without telling the queue, for many jobs at once; the sweep finds those that are due."""
    global _hint
    before, _hint = _hint, None
    try:
        yield
    finally:
        _hint = before


def schedule(
    kind: str, key: str, payload: dict[str, Any] | None = None, *, due_at: datetime, lane: str | None = None
) -> Job:
    """Make one job of `kind` about `key` due at `due_at` (UTC), in the open transaction.

    Asked again while one waits, that one takes the new time and payload; while a worker is at it, it is done again.
    With a `lane` it can wait: urgent work goes first, and jobs of one lane run one after the other (`lanes`).
    Raises LookupError for a kind that nobody handles.
    """
    if kind not in _handlers:
        raise LookupError(kind)
    if lane is not None:
        lane = lanes.open_lane(lane)
    job = db.session.scalar(_held(), {"kind": kind, "key": key})
    if job is None:
        job = Job(
            kind=kind,
            key=key,
            payload=payload or {},
            lane=lane,
            due_at=due_at,
            created_at=clock.now(),
        )
        db.session.add(job)
    else:
        job.payload, job.due_at, job.round, job.lane = payload or {}, due_at, job.round + 1, lane
        job.state, job.attempts, job.last_error = JobState.WAITING, 0, None
    db.session.flush()
    _hint_after_commit(job.id, due_at, urgent=lane is None)
    return job


def schedule_new(kind: str, payloads: Mapping[str, dict[str, Any]], *, due_at: datetime) -> None:
    """Make a job of `kind` about each key due, in one statement, where no key was ever asked for before.

    Raises LookupError for a kind that nobody handles.
    """
    if kind not in _handlers:
        raise LookupError(kind)
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "kind": kind, "key": key, "payload": payload, "due_at": due_at, "created_at": now}
        for key, payload in payloads.items()
    ]
    if rows:
        db.session.execute(_inserting(), rows)
    for row in rows:
        _hint_after_commit(row["id"], due_at, urgent=True)


@cache
def _inserting() -> Any:
    return insert(table_of(Job))


def _hint_after_commit(job_id: str, due_at: datetime, *, urgent: bool) -> None:
    delay = max(0.0, (due_at - clock.now()).total_seconds())
    if delay <= HINT_WITHIN_SECONDS:
        after_commit(lambda: _send_hint(job_id, delay, urgent=urgent))


@cache
def _held() -> Select[Job]:
    """Put together once: every verb that leaves work behind asks this."""
    kind, key = bindparam("kind", type_=String), bindparam("key", type_=String)
    return select(Job).where(Job.kind == kind, Job.key == key).with_for_update()


def cancel(kind: str, key: str) -> None:
    """Take back the job of `kind` about `key`, if it waits."""
    db.session.execute(delete(Job).where(Job.kind == kind, Job.key == key))


def _send_hint(job_id: str, delay: float, *, urgent: bool) -> None:
    if _hint is None:
        return
    try:
        _hint(job_id, delay, urgent)
    except Exception as error:  # the queue being away costs time, never work: the sweep finds the row
        log.warning("queue_unreachable", job_id=job_id, error=str(error))


def run_job(job_id: str) -> bool:
    """Lease one due job and run it. False when it isn't due, is done, or somebody else holds it."""
    lease = _take(job_id)
    if lease is None:
        return False
    handler, began = _handlers[lease.kind], time.monotonic()
    bound = structlog.contextvars.bound_contextvars(job_id=lease.job_id, job_kind=lease.kind, job_key=lease.key)
    with bound:
        try:
            if handler.outside:
                record = handler.run(lease)
                end_reading()
                with unit_of_work():
                    if record is not None:
                        record()
                    _finish(lease)
            else:
                with unit_of_work():
                    handler.run(lease)
                    _finish(lease)
        except LeaseLost:
            log.warning("job_lease_lost")
        except RetryLater as later:
            _put_off(lease, handler, str(later), later.seconds, counts=not later.free)
        except Exception as error:
            log.exception("job_failed_once", attempts=lease.attempts)
            _put_off(
                lease,
                handler,
                f"{type(error).__name__}: {error}",
                _backoff_seconds(lease.attempts),
                counts=True,
            )
    if lease.lane is not None:
        _go_on_in(lease.lane, seconds_taken=time.monotonic() - began)
    return True


def _go_on_in(lane: str, *, seconds_taken: float) -> None:
    """Nobody is in the lane now: let it rest if it was slow, and bring a worker to what is due in it next."""
    now = clock.now()
    if seconds_taken >= lanes.SLOW_SECONDS:
        with unit_of_work():
            lanes.rest_after(lane, seconds_taken, now)
    if _hint is None:
        return
    following = lanes.next_in(lane, now)
    end_reading()
    if following is not None and following[1] <= HINT_WITHIN_SECONDS:
        _send_hint(*following, urgent=False)


def _take(job_id: str) -> Lease | None:
    now = clock.now()
    token = secrets.token_hex(16)
    with unit_of_work():
        job = db.session.get(Job, job_id, with_for_update={"skip_locked": True}, populate_existing=True)
        if job is None or job.state != JobState.WAITING or job.due_at > now:
            return None
        if job.leased_until is not None and job.leased_until > now:
            return None
        if job.lane is not None and not lanes.may_enter(job.lane, now):
            return None
        handler = _handlers.get(job.kind)
        if handler is None:
            _leave_to_others(job, now)
            return None
        job.lease_token, job.attempts = token, job.attempts + 1
        job.leased_until = now + timedelta(seconds=handler.lease_seconds)
        return Lease(
            job.id, job.kind, job.key, dict(job.payload), job.attempts, job.round, token,
            last_try=job.attempts >= handler.tries_max, lane=job.lane,
        )  # fmt: skip


def _leave_to_others(job: Job, now: datetime) -> None:
    """Nobody here handles its kind, but a worker of the version that is being rolled out may; at last it has failed."""
    job.attempts += 1
    job.due_at = now + timedelta(seconds=_backoff_seconds(job.attempts))
    job.last_error = "No handler is known for this kind of job."
    if job.attempts >= TRIES_MAX:
        job.state = JobState.FAILED


def _finish(lease: Lease) -> None:
    mine = (Job.id == lease.job_id, Job.lease_token == lease.token)
    interval = _recurring.get(lease.kind)
    if interval is not None:
        next_time = {"due_at": clock.now() + interval, "attempts": 0, "last_error": None}
        if not rows_changed(update(Job).where(*mine).values(lease_token=None, leased_until=None, **next_time)):
            raise LeaseLost
        return
    if rows_changed(delete(Job).where(*mine, Job.round == lease.round)):
        return
    if not rows_changed(update(Job).where(*mine).values(lease_token=None, leased_until=None, attempts=0)):
        raise LeaseLost
    if lease.lane is None:
        after_commit(lambda: _send_hint(lease.job_id, 0.0, urgent=True))


def _put_off(lease: Lease, handler: Handler, error: str, seconds: float, *, counts: bool) -> None:
    now = clock.now()
    given_up = counts and lease.last_try and lease.kind not in _recurring
    with unit_of_work():
        values: dict[str, Any] = {
            "lease_token": None,
            "leased_until": None,
            "last_error": error[:ERROR_LENGTH_MAX],
            "due_at": now + timedelta(seconds=seconds),
            "attempts": lease.attempts if counts else lease.attempts - 1,
        }
        if given_up:
            values["state"] = JobState.FAILED
        mine = (Job.id == lease.job_id, Job.lease_token == lease.token)
        held = rows_changed(update(Job).where(*mine).values(**values))
        if held and given_up:
            log.error("job_gave_up", error=error)
            if handler.gave_up is not None:
                handler.gave_up(lease)
        elif held and seconds <= HINT_WITHIN_SECONDS:
            after_commit(lambda: _send_hint(lease.job_id, seconds, urgent=lease.lane is None))


def _backoff_seconds(attempts: int) -> float:
    """Exponential with jitter, so that what failed together does not come back together.

    Recurring work is tried for as long as it takes: no float holds what two to the thousandth attempt would be.
    """
    doublings = min(attempts, BACKOFF_DOUBLINGS_MAX)
    return random.uniform(0.5, 1.0) * min(  # noqa: S311  # spreads load, guards nothing
        BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2**doublings
    )


def due_jobs(limit: int = 500) -> list[str]:
    """Ids of the jobs that are due and that nobody holds, oldest first; then, of each lane, the one that is next.

    Leans on `ix_job_due`.
    """
    now = clock.now()
    free = or_(Job.leased_until.is_(None), Job.leased_until <= now)
    waiting = Job.state == literal_column("'waiting'")  # SQLite: as the index spells it
    rows = db.session.scalars(
        select(Job.id)
        .where(waiting, Job.lane.is_(None), Job.due_at <= now, free)
        .order_by(Job.due_at, Job.id)
        .limit(limit)
    ).all()
    urgent = list(rows)
    patient = lanes.first_due(now, limit - len(urgent)) if len(urgent) < limit else []
    end_reading()
    return urgent + patient


def urgent_among(job_ids: list[str]) -> set[str]:
    """Which of them are in no lane."""
    rows = set(db.session.scalars(select(Job.id).where(Job.id.in_(job_ids), Job.lane.is_(None))))
    end_reading()
    return rows


def keep_recurring_scheduled() -> None:
    """Make sure that every recurring kind has its row."""
    known = set(db.session.scalars(select(Job.kind).where(Job.kind.in_(_recurring))))
    end_reading()
    missing = set(_recurring) - known
    if missing:
        with unit_of_work():
            for kind in sorted(missing):
                schedule(kind, "recurring", due_at=clock.now())


def run_due(limit: int = 500) -> int:
    """Run what is due now, and what that makes due, in this thread. Returns how many ran. For tests and commands."""
    ran = 0
    while ran < limit:
        done = sum(run_job(job_id) for job_id in due_jobs(limit - ran))
        if not done:
            break
        ran += done
    return ran


def failed_jobs() -> list[Job]:
    """Jobs that failed for good, the last ones first, as many as a page of the operators' shows."""
    failed = select(Job).where(Job.state == JobState.FAILED).order_by(Job.due_at.desc(), Job.id.desc())
    return list(db.session.scalars(failed.limit(FAILED_SHOWN_MAX)))


def count_failed() -> int:
    """How many failed for good."""
    return int(db.session.scalar(select(func.count()).select_from(Job).where(Job.state == JobState.FAILED)) or 0)


def retry_failed(job_id: str) -> Job:
    """Give a failed job a new start. Raises LookupError when there is none."""
    job = db.session.get(Job, job_id)
    if job is None or job.state != JobState.FAILED:
        raise LookupError(job_id)
    return schedule(job.kind, job.key, job.payload, due_at=clock.now(), lane=job.lane)
