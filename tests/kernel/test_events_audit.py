"""The outbox tells what happened, after it happened; the audit trail can't be altered unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.audit import AuditEntry, audit, first_altered
from portal.kernel.events import Event, OutboxEvent, event, listens_to, record
from portal.kernel.unit_of_work import after_commit, unit_of_work


@event("test.happened")
@dataclass(frozen=True)
class Happened(Event):
    what: str


@pytest.fixture
def heard() -> Iterator[list[str]]:
    told: list[str] = []

    @listens_to(Happened, name="test.listener")
    def listener(happened: Happened) -> None:
        told.append(happened.what)

    yield told
    for name in events._heard_by.pop(Happened.kind):
        events._listeners.pop(name)


def test_an_event_reaches_its_listener_after_the_commit(app: Flask, now: datetime, heard: list[str]) -> None:
    with unit_of_work():
        record(Happened("rain"))
        assert heard == []
    jobs.run_due()
    assert heard == ["rain"]
    jobs.run_due()
    assert heard == ["rain"]


def test_nothing_is_told_of_what_did_not_happen(app: Flask, now: datetime, heard: list[str]) -> None:
    def half() -> None:
        with unit_of_work():
            record(Happened("rain"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        half()
    jobs.run_due()
    assert heard == []
    assert db.session.scalar(select(OutboxEvent)) is None


def test_a_listener_that_fails_hears_it_again_and_others_are_not_held_up(
    app: Flask, now: datetime, heard: list[str]
) -> None:
    @listens_to(Happened, name="test.broken")
    def broken(_happened: Happened) -> None:
        raise ConnectionError

    with unit_of_work():
        record(Happened("rain"))
    jobs.run_due()
    assert heard == ["rain"]
    waiting = db.session.scalars(select(jobs.Job).where(jobs.Job.kind == events.DELIVER)).all()
    assert [job.payload["listener"] for job in waiting] == ["test.broken"]


def test_what_is_for_a_listener_of_the_next_version_waits_for_it(app: Flask, now: datetime, heard: list[str]) -> None:
    with unit_of_work():
        record(Happened("rain"))
    listener = events._listeners.pop("test.listener")
    jobs.run_due()
    assert heard == []

    events._listeners["test.listener"] = listener
    clock.advance(timedelta(hours=1))
    jobs.run_due()

    assert heard == ["rain"]


def test_no_two_listeners_share_a_name(heard: list[str]) -> None:
    with pytest.raises(ValueError, match=r"test\.listener"):
        listens_to(Happened, name="test.listener")(lambda happened: heard.append(happened.what))


def test_what_waits_under_a_path_reaches_whoever_was_there(app: Flask, now: datetime, heard: list[str]) -> None:
    with unit_of_work():
        record(Happened("rain"))
        job = db.session.scalars(select(jobs.Job).where(jobs.Job.kind == events.DELIVER)).one()
        job.payload = {**job.payload, "listener": "portal.test.some_module.listener"}
    jobs.run_due()
    assert heard == ["rain"]


def test_units_of_work_are_never_nested(app: Flask) -> None:
    with unit_of_work(), pytest.raises(RuntimeError), unit_of_work():
        pass


def test_hooks_run_after_the_commit_and_not_after_a_rollback(app: Flask) -> None:
    ran: list[str] = []
    with unit_of_work():
        after_commit(lambda: ran.append("kept"))
        assert ran == []

    def half() -> None:
        with unit_of_work():
            after_commit(lambda: ran.append("lost"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        half()
    assert ran == ["kept"]


def write(number: int) -> None:
    with unit_of_work():
        audit("share.declined", ("share", f"s{number}"), actor_id=None, why="no disclosure", after={"n": number})


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET why = 'nothing'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_audit_trail(app: Flask, now: datetime, statement: str) -> None:
    write(1)
    with pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(text(statement))
    assert db.session.scalar(select(AuditEntry.why)) == "no disclosure"


def test_an_untouched_trail_verifies(app: Flask, now: datetime) -> None:
    for number in range(3):
        write(number)
    assert first_altered() is None


def test_the_first_altered_entry_is_named(app: Flask, now: datetime) -> None:
    for number in range(4):
        write(number)
    _without_triggers()
    with unit_of_work():
        db.session.execute(text("UPDATE audit_entry SET why = 'nothing' WHERE number = 3"))
        db.session.execute(text("UPDATE audit_entry SET why = 'nothing' WHERE number = 4"))
    assert first_altered() == 3


def test_a_removed_entry_breaks_the_chain(app: Flask, now: datetime) -> None:
    for number in range(3):
        write(number)
    _without_triggers()
    with unit_of_work():
        db.session.execute(text("DELETE FROM audit_entry WHERE number = 2"))
    assert first_altered() == 3


def _without_triggers() -> None:
    """What somebody with the database's owner's rights could do."""
    with unit_of_work():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        else:
            db.session.execute(text("DROP TRIGGER audit_entry_no_update"))
            db.session.execute(text("DROP TRIGGER audit_entry_no_delete"))
