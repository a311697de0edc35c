"""Due rows, leases, backoff: what is due is done once, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.jobs import FAILED_SHOWN_MAX, Job, JobState, Lease, RetryLater, handlers, leasing
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.factories import a_moderator, an_admin

KIND = "test_job"


@pytest.fixture
def ran() -> Iterator[list[Lease]]:
    """What the handlers of this test were called with."""
    calls: list[Lease] = []
    yield calls
    handlers._handlers.pop(KIND, None)
    handlers._intervals.pop(KIND, None)


def schedule(key: str = "a", *, due_at: datetime, **payload: str) -> Job:
    with unit_of_work():
        return jobs.schedule(KIND, key, payload, due_at=due_at)


def rows() -> list[Job]:
    return list(db.session.scalars(select(Job).where(Job.kind == KIND).execution_options(populate_existing=True)))


def test_a_due_job_runs_once_and_is_gone(app: Flask, now: datetime, ran: list[Lease]) -> None:
    jobs.in_transaction(KIND)(ran.append)
    schedule(due_at=now, colour="teal")
    assert jobs.run_due() == 1
    assert [lease.payload for lease in ran] == [{"colour": "teal"}]
    assert rows() == []
    assert jobs.run_due() == 0


def test_a_job_is_not_run_before_it_is_due(app: Flask, now: datetime, ran: list[Lease]) -> None:
    jobs.in_transaction(KIND)(ran.append)
    job = schedule(due_at=now + timedelta(minutes=5))
    assert jobs.run_due() == 0
    assert jobs.run_job(job.id) is False
    clock.advance(timedelta(minutes=5))
    assert jobs.run_due() == 1


def test_the_same_work_asked_for_twice_waits_once_with_the_newer_time(
    app: Flask, now: datetime, ran: list[Lease]
) -> None:
    jobs.in_transaction(KIND)(ran.append)
    schedule(due_at=now)
    schedule(due_at=now + timedelta(hours=1))
    assert len(rows()) == 1
    assert jobs.run_due() == 0


def test_work_asked_for_while_a_worker_is_at_it_is_done_again(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        if len(ran) == 1:
            jobs.schedule(KIND, lease.key, due_at=now)

    jobs.in_transaction(KIND)(handler)
    schedule(due_at=now)
    jobs.run_due()
    assert len(ran) == 2
    assert rows() == []


def test_an_error_is_retried_later_and_later(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        raise ConnectionError("away")

    jobs.in_transaction(KIND, tries_max=3)(handler)
    schedule(due_at=now)
    waits = []
    for _ in range(3):
        assert jobs.run_due() == 1
        (job,) = rows()
        waits.append((job.due_at - clock.now()).total_seconds())
        assert job.last_error == "ConnectionError: away"
        clock.advance(job.due_at - clock.now())
    assert waits[0] >= leasing.BACKOFF_FIRST_SECONDS
    assert waits[1] > waits[0] * 0.99
    (job,) = rows()
    assert job.state == JobState.FAILED
    assert [failed.id for failed in jobs.failed_jobs()] == [job.id]
    assert jobs.run_due() == 0


def test_a_failed_job_can_be_given_a_new_start(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        if len(ran) == 1:
            raise ValueError("once")

    jobs.in_transaction(KIND, tries_max=1)(handler)
    job_id = schedule(due_at=now).id
    jobs.run_due()
    assert len(jobs.failed_jobs()) == 1
    with unit_of_work():
        jobs.retry_failed(job_id)
    assert jobs.run_due() == 1
    assert rows() == []


def test_a_new_start_has_all_its_tries_again(sqlite_app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        raise ConnectionError("away")

    jobs.in_transaction(KIND, tries_max=2)(handler)
    job_id = schedule(due_at=now).id
    for state in (JobState.WAITING, JobState.FAILED):
        jobs.run_due()
        assert rows()[0].state == state
        clock.advance(timedelta(hours=1))
    with unit_of_work():
        jobs.retry_failed(job_id)
    jobs.run_due()
    assert rows()[0].state == JobState.WAITING


def test_only_what_failed_is_given_a_new_start(sqlite_app: Flask, now: datetime, ran: list[Lease]) -> None:
    jobs.in_transaction(KIND)(ran.append)
    later = now + timedelta(days=1)
    job_id = schedule(due_at=later).id
    with pytest.raises(LookupError), unit_of_work():
        jobs.retry_failed(job_id)
    assert rows()[0].due_at == later


def test_asking_to_wait_for_free_does_not_count_as_a_try(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        raise RetryLater("rate limited", seconds=30, free=True)

    jobs.in_transaction(KIND, tries_max=2)(handler)
    schedule(due_at=now)
    for _ in range(5):
        jobs.run_due()
        clock.advance(timedelta(seconds=31))
    (job,) = rows()
    assert job.state == JobState.WAITING
    assert job.attempts == 0
    assert len(ran) == 5


def test_what_a_failing_handler_wrote_is_rolled_back(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        jobs.schedule("deliver_event", "half", {"event": "x", "listener": "y"}, due_at=now)
        raise ValueError("half way")

    jobs.in_transaction(KIND)(handler)
    schedule(due_at=now)
    jobs.run_due()
    assert len(ran) == 1
    assert db.session.scalar(select(Job).where(Job.key == "half")) is None


def test_a_worker_that_outlived_its_lease_changes_nothing(app: Flask, now: datetime, ran: list[Lease]) -> None:
    recorded: list[str] = []

    def handler(lease: Lease) -> jobs.Record:
        ran.append(lease)
        if len(ran) == 1:  # while the first worker is away, its lease ends and a second one does the work
            with unit_of_work():
                db.session.execute(update(Job).where(Job.id == lease.job_id).values(leased_until=now))
            assert jobs.run_job(lease.job_id)
        return lambda: recorded.append(lease.token)

    jobs.outside(KIND)(handler)
    schedule(due_at=now)
    jobs.run_due()
    assert len(ran) == 2
    assert ran[0].token != ran[1].token
    assert rows() == []
    assert recorded[0] == ran[1].token, "the second worker's result was recorded first"


def test_what_a_late_worker_records_is_rolled_back(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> jobs.Record:
        ran.append(lease)
        with unit_of_work():
            db.session.execute(update(Job).where(Job.id == lease.job_id).values(lease_token="somebody else's"))
        later = now + timedelta(hours=1)  # so that it is still there to be seen
        return lambda: jobs.schedule("deliver_event", "late", {"event": "x", "listener": "y"}, due_at=later) and None

    jobs.outside(KIND)(handler)
    schedule(due_at=now)
    jobs.run_due()
    assert len(ran) == 1
    assert db.session.scalar(select(Job).where(Job.key == "late")) is None


def test_a_late_workers_error_leaves_the_job_to_whoever_has_it(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        with unit_of_work():
            db.session.execute(update(Job).where(Job.id == lease.job_id).values(lease_token="somebody else's"))
        raise RuntimeError("planted")

    jobs.outside(KIND)(handler)
    schedule(due_at=now)
    jobs.run_due()
    job = rows()[0]
    assert (job.lease_token, job.last_error, job.due_at) == ("somebody else's", None, now)
    assert job.leased_until is not None
    assert job.leased_until > now


def test_what_somebody_holds_is_not_taken_by_another(app: Flask, now: datetime, ran: list[Lease]) -> None:
    jobs.in_transaction(KIND, lease_seconds=60)(ran.append)
    job_id = schedule(due_at=now).id
    assert leasing.take(job_id) is not None
    clock.advance(timedelta(seconds=59))
    assert jobs.run_job(job_id) is False
    assert ran == []
    clock.advance(timedelta(seconds=1))
    assert jobs.run_job(job_id) is True


def test_a_crashed_workers_job_is_found_by_the_sweep_after_its_lease(
    app: Flask, now: datetime, ran: list[Lease]
) -> None:
    jobs.in_transaction(KIND, lease_seconds=60)(ran.append)
    job = schedule(due_at=now)
    assert leasing.take(job.id) is not None  # taken, then killed: nothing more is heard of this worker
    assert jobs.due_jobs() == []
    clock.advance(timedelta(seconds=61))
    assert jobs.due_jobs() == [job.id]
    assert jobs.run_due() == 1
    assert len(ran) == 1


def test_no_transaction_is_open_while_a_handler_is_outside(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(lease: Lease) -> None:
        ran.append(lease)
        assert not db.session().in_transaction()

    jobs.outside(KIND)(handler)
    schedule(due_at=now)
    jobs.run_due()
    assert len(ran) == 1
    assert rows() == []


def test_giving_up_tells_the_kind_in_the_same_transaction(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def handler(_lease: Lease) -> None:
        raise ValueError("never works")

    jobs.outside(KIND, tries_max=1, gave_up=ran.append)(handler)
    schedule(due_at=now)
    jobs.run_due()
    assert [lease.key for lease in ran] == ["a"]


def test_a_kind_that_nobody_handles_is_refused(app: Flask, now: datetime) -> None:
    with pytest.raises(LookupError), unit_of_work():
        jobs.schedule("no_such_kind", "a", due_at=now)


def test_a_kind_of_the_next_version_waits_for_a_worker_that_knows_it(
    app: Flask, now: datetime, ran: list[Lease]
) -> None:
    jobs.in_transaction(KIND)(ran.append)
    job = schedule(due_at=now)
    handler = handlers._handlers.pop(KIND)

    assert not jobs.run_job(job.id)
    db.session.refresh(job)
    assert (job.state, job.attempts, job.due_at > now) == (JobState.WAITING, 1, True)

    handlers._handlers[KIND] = handler
    clock.advance(timedelta(minutes=1))
    assert jobs.run_due() == 1
    assert (len(ran), rows()) == (1, [])


def test_a_kind_that_no_version_knows_any_more_is_shown_to_operators(
    sqlite_app: Flask, now: datetime, ran: list[Lease]
) -> None:
    jobs.in_transaction(KIND)(ran.append)
    job = schedule(due_at=now)
    del handlers._handlers[KIND]

    for _ in range(handlers.TRIES_MAX):
        jobs.run_job(job.id)
        clock.advance(timedelta(hours=1))

    assert [failed.id for failed in jobs.failed_jobs()] == [job.id]
    assert ran == []


def test_a_queue_that_is_away_loses_no_job(app: Flask, now: datetime, ran: list[Lease]) -> None:
    def no_queue(_job_id: str, _delay: float, _urgent: bool) -> None:
        raise ConnectionError("queue is away")

    jobs.in_transaction(KIND)(ran.append)
    jobs.hint_with(app, no_queue)
    schedule(due_at=now)
    assert jobs.run_due() == 1


def test_the_queue_hears_of_work_once_it_is_kept_unless_there_is_much_of_it(
    app: Flask, now: datetime, ran: list[Lease]
) -> None:
    heard: list[str] = []
    jobs.in_transaction(KIND)(ran.append)
    jobs.hint_with(app, lambda job_id, _delay, _urgent: heard.append(job_id))

    with unit_of_work():
        one = jobs.schedule(KIND, "one", due_at=now)
        with jobs.without_hints():
            jobs.schedule(KIND, "one of many", due_at=now)
        assert heard == []

    assert heard == [one.id]
    assert jobs.run_due() == 2


def test_a_kind_has_one_handler(ran: list[Lease]) -> None:
    jobs.in_transaction(KIND)(ran.append)
    with pytest.raises(ValueError, match=KIND):
        jobs.outside(KIND)(ran.append)


def test_recurring_work_comes_back_after_its_interval(app: Flask, now: datetime, ran: list[Lease]) -> None:
    jobs.every(timedelta(minutes=10), KIND)(ran.append)
    jobs.keep_recurring_scheduled()
    jobs.run_due()
    assert len(ran) == 1
    jobs.run_due()
    assert len(ran) == 1
    clock.advance(timedelta(minutes=10))
    jobs.run_due()
    assert len(ran) == 2


def test_recurring_work_is_tried_for_as_long_as_it_takes(app: Flask, now: datetime, ran: list[Lease]) -> None:
    """Nobody starts it again by hand: a month of trouble elsewhere must not end it."""

    def handler(lease: Lease) -> None:
        ran.append(lease)
        if len(ran) < 12:
            raise ConnectionError("away")

    jobs.every(timedelta(minutes=10), KIND)(handler)
    jobs.keep_recurring_scheduled()
    for _ in range(11):
        jobs.run_due()
        (job,) = rows()
        assert job.state != JobState.FAILED
        clock.advance(job.due_at - clock.now())
    with unit_of_work():
        db.session.execute(update(Job).where(Job.kind == KIND).values(attempts=2_000))
    jobs.run_due()
    assert (len(ran), jobs.failed_jobs()) == (12, [])


@pytest.mark.parametrize(("attempts", "longest"), [(0, 2), (1, 4), (5, 64), (11, 3600), (40, 3600), (5_000, 3600)])
def test_waits_double_up_to_an_hour_and_never_agree(attempts: int, longest: float) -> None:
    waits = {leasing.backoff_seconds(attempts) for _ in range(20)}
    assert longest / 2 <= min(waits) <= max(waits) <= longest
    assert len(waits) == 20, "what failed together does not come back together"


def test_operators_are_led_to_the_jobs_that_failed(
    sqlite_app: Flask, client_of: Callable[[Person], FlaskClient]
) -> None:
    operator = client_of(an_admin())
    assert 'href="/staff/jobs"' in operator.get("/home").text
    assert 'href="/staff/jobs"' not in client_of(a_moderator()).get("/home").text


def test_a_long_list_of_failed_jobs_is_shown_in_part_and_says_so(
    sqlite_app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient]
) -> None:
    operator = client_of(an_admin())
    failed = {"kind": "broken", "payload": {}, "state": JobState.FAILED, "due_at": now, "created_at": now}
    with unit_of_work():
        db.session.execute(insert(Job), [{**failed, "key": str(number)} for number in range(FAILED_SHOWN_MAX + 1)])

    page = operator.get("/staff/jobs").text

    assert "The last 100 of 101." in page
    assert page.count("/retry") == FAILED_SHOWN_MAX
