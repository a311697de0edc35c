"""Which jobs are due, for the sweep, and which failed for good, for operators."""

from __future__ import annotations

from sqlalchemy import func, literal_column, or_, select

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.jobs import lanes
from portal.kernel.jobs.scheduling import schedule
from portal.kernel.jobs.table import Job, JobState
from portal.kernel.unit_of_work import end_reading

FAILED_SHOWN_MAX = 100


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
