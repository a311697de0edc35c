"""A day of looks, with a moved clock: spread evenly, one at a time at each server, one of them down."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from flask import Flask

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import new_id
from portal.kernel.jobs import Job, lanes
from portal.kernel.unit_of_work import unit_of_work
from portal.shares.hosts import REST_MAX
from portal.shares.recheck_times import Standing, next_look

KIND = "recheck_day_tests"
STEP = timedelta(minutes=5)
SHARES_EACH = 60
HOSTS = ("perch:", "mastodon:social.example", "mastodon:down.example")
DOWN = HOSTS[2]


def test_a_server_that_is_down_costs_four_tries_an_hour_and_delays_nobody(sqlite_app: Flask, now: datetime) -> None:
    began, tries, late = clock.now(), Counter[str](), []
    per_step: Counter[tuple[str, int]] = Counter()

    def look(lease: jobs.Lease) -> jobs.Record:
        host, at = lease.lane or "", clock.now()
        tries[host] += 1
        per_step[host, int((at - began) / STEP)] += 1
        if host != DOWN:
            late.append(at - db.session.query(Job.due_at).filter_by(id=lease.job_id).scalar())
            return lambda: None

        def record() -> None:
            lanes.close(host, at + REST_MAX)
            jobs.schedule(KIND, lease.key, due_at=at + timedelta(hours=1), lane=host)

        return record

    jobs.outside(KIND)(look)
    with unit_of_work():
        for number in range(SHARES_EACH * len(HOSTS)):
            standing = Standing(new_id(), began - timedelta(hours=21), began + timedelta(days=6), is_settled=False)
            due_at = next_look(standing, after=began, sample_percent=0)
            jobs.schedule(KIND, str(number), due_at=due_at, lane=HOSTS[number % len(HOSTS)])
    for _ in range(int(timedelta(hours=24) / STEP)):
        clock.advance(STEP)
        jobs.run_due()

    assert [tries[host] for host in HOSTS[:2]] == [SHARES_EACH, SHARES_EACH]
    assert max(late) <= STEP, "every look at the other servers is taken in the five minutes in which it is due"
    busiest = max(count for (host, _), count in per_step.items() if host != DOWN)
    assert busiest <= 9, "60 looks in the three hours after a day, about two in each five minutes"
    assert 0 < tries[DOWN] <= 24 * 4
