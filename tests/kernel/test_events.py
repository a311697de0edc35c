"""The outbox tells what happened, after it happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.events import Event, OutboxEvent, event, listens_to, record
from portal.kernel.unit_of_work import unit_of_work


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
