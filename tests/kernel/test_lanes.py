"""Lanes: work that waits for one server delays neither work for another one nor what somebody waits for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask, current_app

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.jobs import Job, handlers, lanes
from portal.kernel.jobs.table import JobLane
from portal.kernel.unit_of_work import unit_of_work

KIND = "lanes_tests"


@pytest.fixture
def ran(app: Flask) -> Iterator[list[str]]:
    keys: list[str] = []

    def run(lease: jobs.Lease) -> None:
        keys.append(lease.key)

    jobs.outside(KIND, lease_seconds=60)(run)
    yield keys
    handlers._handlers.pop(KIND)


def due(key: str, lane: str | None, at: datetime) -> str:
    with unit_of_work():
        return jobs.schedule(KIND, key, due_at=at, lane=lane).id


def test_urgent_work_goes_first_then_one_of_each_lane(ran: list[str], now: datetime) -> None:
    early = now - timedelta(hours=1)
    for number in range(3):
        due(f"a{number}", "a", early + timedelta(seconds=number))
    due("b0", "b", early + timedelta(minutes=5))
    due("urgent", None, now)
    keys = dict(db.session.query(Job.id, Job.key).all())
    assert [keys[job_id] for job_id in jobs.due_jobs()] == ["urgent", "a0", "b0"]
    jobs.run_due()
    assert ran == ["urgent", "a0", "b0", "a1", "a2"]


def test_while_one_is_at_work_nobody_else_enters_its_lane(ran: list[str], now: datetime) -> None:
    """The order of calls that two workers make, who both heard of work in the lane."""
    first, second, other = due("a0", "a", now), due("a1", "a", now), due("b0", "b", now)
    inside: list[tuple[bool, bool]] = []

    def run(lease: jobs.Lease) -> None:
        ran.append(lease.key)
        if lease.key == "a0":
            inside.append((jobs.run_job(second), jobs.run_job(other)))

    del handlers._handlers[KIND]
    jobs.outside(KIND, lease_seconds=60)(run)
    assert jobs.run_job(first)
    assert inside == [(False, True)]
    assert ran == ["a0", "b0"]
    assert jobs.run_job(second)


def test_a_worker_that_died_in_a_lane_leaves_it_when_its_lease_is_over(ran: list[str], now: datetime) -> None:
    first, second = due("a0", "a", now), due("a1", "a", now)
    with unit_of_work():
        job = db.session.get_one(Job, first)
        job.lease_token, job.leased_until = "dead", now + timedelta(seconds=60)
    assert jobs.due_jobs() == []
    assert not jobs.run_job(second)
    clock.advance(timedelta(seconds=61))
    jobs.run_due()
    assert ran == ["a0", "a1"]


def test_a_closed_lane_costs_nothing_however_many_wait_in_it(ran: list[str], now: datetime) -> None:
    waiting = [due(f"a{number}", "a", now) for number in range(20)]
    due("b0", "b", now)
    with unit_of_work():
        lanes.close("a", now + timedelta(minutes=15))
        lanes.close("a", now + timedelta(minutes=1))
    assert db.session.get_one(JobLane, "a").closed_until == now + timedelta(minutes=15), "the later wish holds"
    assert not jobs.run_job(waiting[0])
    jobs.run_due()
    assert ran == ["b0"]
    assert {job.attempts for job in db.session.query(Job).filter(Job.lane == "a")} == {0}
    clock.advance(timedelta(minutes=15))
    jobs.run_due()
    assert len(ran) == 21


def test_a_slow_job_lets_its_lane_rest_four_times_as_long(ran: list[str], now: datetime) -> None:
    due("a0", "a", now)
    with unit_of_work():
        lanes.rest_after("a", 0.5, now)
        assert db.session.get_one(JobLane, "a").closed_until is None
        lanes.rest_after("a", 3.0, now)
    assert db.session.get_one(JobLane, "a").closed_until == now + timedelta(seconds=12)


@pytest.mark.parametrize(("taken", "rest"), [(0.9, None), (1.5, 6.0)])
def test_how_long_a_job_took_is_read_on_the_one_clock(
    ran: list[str], now: datetime, taken: float, rest: float | None
) -> None:
    """A lane rests because of its network, and in no test because the machine is busy."""

    def run(_lease: jobs.Lease) -> None:
        clock.advance(timedelta(seconds=taken))

    handlers._handlers.pop(KIND)
    jobs.outside(KIND)(run)
    assert jobs.run_job(due("a0", "a", now))
    closed_until = db.session.get_one(JobLane, "a").closed_until
    assert closed_until == (now + timedelta(seconds=taken + rest) if rest else None)


def test_when_a_lane_is_free_the_queue_hears_of_what_is_next(ran: list[str], now: datetime) -> None:
    heard: list[tuple[str, float, bool]] = []
    first, second = due("a0", "a", now), due("a1", "a", now)
    jobs.hint_with(current_app, lambda job_id, delay, urgent: heard.append((job_id, delay, urgent)))
    jobs.run_job(first)
    jobs.run_job(second)
    assert heard == [(second, 0.0, False)]


def test_asked_for_urgently_a_job_leaves_its_lane(ran: list[str], now: datetime) -> None:
    job_id = due("a0", "a", now + timedelta(days=1))
    with unit_of_work():
        lanes.close("a", now + timedelta(days=1))
    assert due("a0", None, now) == job_id
    assert jobs.run_job(job_id)
