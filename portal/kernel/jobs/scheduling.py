"""Making work due, in the transaction of whatever makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, String, bindparam, delete, insert, select

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import new_id, table_of
from portal.kernel.jobs import lanes
from portal.kernel.jobs.handlers import handler_of, recurring_kinds
from portal.kernel.jobs.hints import hint_after_commit
from portal.kernel.jobs.table import Job, JobState
from portal.kernel.rows import run
from portal.kernel.unit_of_work import end_reading, unit_of_work


def schedule(
    kind: str, key: str, payload: dict[str, Any] | None = None, *, due_at: datetime, lane: str | None = None
) -> Job:
    """Make one job of `kind` about `key` due at `due_at` (UTC), in the open transaction.

    Asked again while one waits, that one takes the new time and payload; while a worker is at it, it is done again.
    With a `lane` it can wait: urgent work goes first, and jobs of one lane run one after the other (`lanes`).
    Raises LookupError for a kind that nobody handles.
    """
    handler_of(kind)
    if lane is not None:
        lane = lanes.open_lane(lane)
    job = db.session.scalar(_held(), {"kind": kind, "key": key})
    if job is None:
        job = Job(kind=kind, key=key, payload=payload or {}, lane=lane, due_at=due_at, created_at=clock.now())
        db.session.add(job)
    else:
        job.payload, job.due_at, job.round, job.lane = payload or {}, due_at, job.round + 1, lane
        job.state, job.attempts, job.last_error = JobState.WAITING, 0, None
    db.session.flush()
    _hint_at(job.id, due_at, urgent=lane is None)
    return job


def schedule_new(kind: str, payloads: Mapping[str, dict[str, Any]], *, due_at: datetime) -> None:
    """Make a job of `kind` about each key due, in one statement, where no key was ever asked for before.

    Raises LookupError for a kind that nobody handles.
    """
    handler_of(kind)
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "kind": kind, "key": key, "payload": payload, "due_at": due_at, "created_at": now}
        for key, payload in payloads.items()
    ]
    if rows:
        run(_inserting(), rows)
    for row in rows:
        _hint_at(row["id"], due_at, urgent=True)


def cancel(kind: str, key: str) -> None:
    """Take back the job of `kind` about `key`, if it waits."""
    db.session.execute(delete(Job).where(Job.kind == kind, Job.key == key))


def keep_recurring_scheduled() -> None:
    """Make sure that every recurring kind has its row."""
    known = set(db.session.scalars(select(Job.kind).where(Job.kind.in_(recurring_kinds()))))
    end_reading()
    missing = recurring_kinds() - known
    if missing:
        with unit_of_work():
            for kind in sorted(missing):
                schedule(kind, "recurring", due_at=clock.now())


def _hint_at(job_id: str, due_at: datetime, *, urgent: bool) -> None:
    hint_after_commit(job_id, max(0.0, (due_at - clock.now()).total_seconds()), urgent=urgent)


@cache
def _inserting() -> Insert:
    """Put together once, as the next: every verb that leaves work behind asks one of them."""
    return insert(table_of(Job))


@cache
def _held() -> Select[Job]:
    kind, key = bindparam("kind", type_=String), bindparam("key", type_=String)
    return select(Job).where(Job.kind == kind, Job.key == key).with_for_update()
