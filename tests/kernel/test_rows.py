"""Rows of columns, read beside the objects of the same transaction."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.base import table_of
from portal.kernel.jobs.table import Job, JobState
from portal.kernel.rows import follow, rows_of, store
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.factories import a_fan
from tests.test_weights import statements

DUE = datetime(2026, 10, 14, 9, 14, tzinfo=UTC)


def a_job(**others) -> Job:
    return Job(kind="some", key="one", payload={"a": [1]}, due_at=DUE, created_at=DUE, **others)


def test_what_was_changed_a_moment_ago_is_read(app: Flask) -> None:
    fan = a_fan("Before")
    name = select(Person.display_name).where(Person.id == fan.id)
    fan.display_name = "After"
    assert rows_of(name).scalar_one() == "After"
    db.session.rollback()
    assert rows_of(name).scalar_one() == "Before"


def test_what_a_row_says_is_not_written_again(app: Flask) -> None:
    fan = a_fan("Before")
    db.session.refresh(fan)
    fan.display_name = "Never said"
    row = db.session.connection().execute(select(*table_of(Person).c).where(Person.id == fan.id)).one()
    follow(fan, row)
    assert (fan.display_name, db.session.is_modified(fan)) == ("Before", False)
    db.session.rollback()
    follow(fan, row)
    assert fan.display_name == "Before"


def test_what_is_stored_is_known_and_has_its_defaults(app: Flask) -> None:
    with unit_of_work():
        job = a_job()
        with statements() as seen:
            assert store(job)
            assert db.session.get(Job, job.id) is job
            assert (job.state, job.attempts, job.lane, job.last_error) == (JobState.WAITING, 0, None, None)
            db.session.flush()
        assert len(seen) == 1, "defaults are known, and nothing is left to flush"
        job.attempts = 3
    db.session.expire_all()
    stored = db.session.scalars(select(Job)).one()
    assert (stored.id, stored.payload, stored.due_at, stored.attempts) == (job.id, {"a": [1]}, DUE, 3)


def test_what_is_there_already_stays_as_it_is(app: Flask) -> None:
    with unit_of_work():
        assert store(a_job(round=1))
    with unit_of_work():
        second = a_job(round=2)
        assert not store(second, unless=("kind", "key"))
        assert second not in db.session
    assert db.session.scalars(select(Job.round)).all() == [1]
    with pytest.raises(IntegrityError), unit_of_work():
        store(a_job(round=3))
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1
