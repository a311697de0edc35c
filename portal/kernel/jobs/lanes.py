"""Lanes keep work that can wait from standing in the way: of urgent work, and of work that waits for something else.

The jobs of one lane run one after the other, whatever the number of workers and machines, so one server that is slow
holds one worker at most. A lane whose job took long rests for a multiple of that time, so that many slow servers don't
hold all workers either; and a lane can be closed until a moment, which costs one row, however many jobs wait in it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.extensions import db
from portal.kernel.jobs.table import LANE_NAME_LENGTH_MAX, Job, JobLane

SLOW_SECONDS = 1.0
REST_FACTOR = 4
"""A lane whose job took `SLOW_SECONDS` or more rests this many times as long: it holds a fifth of a worker at most."""

_WAITING = Job.state == literal_column("'waiting'")  # spelt as in the partial indexes, or SQLite would not use them


def open_lane(name: str) -> str:
    """Make sure that the lane has its row; gives its name, cut to what a row holds."""
    name = name[:LANE_NAME_LENGTH_MAX]
    insert = postgresql_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    db.session.execute(insert(JobLane).values(name=name).on_conflict_do_nothing())
    return name


def close(name: str, until: datetime) -> None:
    """Begin nothing of this lane before `until`; the later of two wishes holds."""
    lane = db.session.get(JobLane, open_lane(name), with_for_update=True, populate_existing=True)
    if lane is not None:
        lane.closed_until = max(lane.closed_until or until, until)


def reopen(name: str) -> None:
    """Whatever closed it is over."""
    lane = db.session.get(JobLane, name, with_for_update=True, populate_existing=True)
    if lane is not None:
        lane.closed_until = None


def may_enter(name: str, now: datetime) -> bool:
    """Is the lane open, and nobody in it? Its row is held until the transaction ends, so that two can't both enter."""
    lane = db.session.get(JobLane, name, with_for_update=True, populate_existing=True)
    if lane is None or (lane.closed_until is not None and lane.closed_until > now):
        return False
    held = select(Job.id).where(Job.lane == name, Job.lane.is_not(None), Job.leased_until > now)
    return db.session.scalar(held.limit(1)) is None


def rest_after(name: str, seconds: float, now: datetime) -> None:
    """A job of it took `seconds`: what is slow rests."""
    if seconds >= SLOW_SECONDS:
        close(name, now + timedelta(seconds=seconds * REST_FACTOR))


def first_due(now: datetime, limit: int) -> list[str]:
    """The oldest due job of each open lane that nobody is in. Leans on `ix_job_due_in_lane`, one probe a lane."""
    firsts = select(_first_of_lane(now)).select_from(JobLane).where(_is_open(now), ~_is_held(now))
    due = select(Job.id).where(Job.id.in_(firsts)).order_by(Job.due_at, Job.id).limit(limit)
    return list(db.session.scalars(due))


def next_in(name: str, now: datetime) -> tuple[str, float] | None:
    """The job to go on with in this lane, and in how many seconds it may begin; None when none is due."""
    lane = db.session.execute(
        select(_first_of_lane(now), JobLane.closed_until).select_from(JobLane).where(JobLane.name == name)
    ).one_or_none()
    if lane is None or lane[0] is None:
        return None
    wait = (lane[1] - now).total_seconds() if lane[1] else 0.0
    return lane[0], max(0.0, wait)


def _first_of_lane(now: datetime) -> ScalarSelect[str]:
    free = or_(Job.leased_until.is_(None), Job.leased_until <= now)
    return (
        select(Job.id).where(Job.lane == JobLane.name, Job.lane.is_not(None), _WAITING, Job.due_at <= now, free)
        .order_by(Job.due_at, Job.id).limit(1).correlate(JobLane).scalar_subquery()
    )  # fmt: skip


def _is_open(now: datetime) -> ColumnElement[bool]:
    return or_(JobLane.closed_until.is_(None), JobLane.closed_until <= now)


def _is_held(now: datetime) -> ColumnElement[bool]:
    held = select(Job.id).where(Job.lane == JobLane.name, Job.lane.is_not(None), Job.leased_until > now)
    return held.correlate(JobLane).exists()
