"""What is remembered of a network's servers, by looks that come back at the same moment."""

from __future__ import annotations

from flask import Flask

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.shares import hosts
from portal.shares.hosts import OUTAGES_BEFORE_REST, REST_FIRST, StoredHosts
from portal.shares.models import NetworkHost
from tests.fixtures.at_once import all_at_once

HOST = "down.example"


def known() -> NetworkHost:
    return db.session.get_one(NetworkHost, ("mastodon", HOST), populate_existing=True)


def test_many_who_find_a_new_server_down_at_once_are_all_counted(app: Flask) -> None:
    now = clock.now()

    def fail() -> None:
        with unit_of_work():
            hosts.note_outage("mastodon", HOST, retry_after_seconds=None, now=now)
        db.session.remove()

    all_at_once(app, [fail] * OUTAGES_BEFORE_REST)
    assert (known().outages, known().rest_until) == (OUTAGES_BEFORE_REST, now + REST_FIRST)


def test_many_who_learn_at_once_what_runs_at_a_new_server_all_go_on(app: Flask) -> None:
    def learn() -> str | None:
        StoredHosts().remember(HOST, "mastodon")
        found = StoredHosts().software_of(HOST)
        db.session.remove()
        return found

    assert all_at_once(app, [learn] * 4) == ["mastodon"] * 4


def test_an_outage_and_an_answer_at_once_do_not_hold_each_other_up(app: Flask) -> None:
    now = clock.now()

    def fail() -> None:
        for _ in range(5):
            with unit_of_work():
                hosts.note_outage("mastodon", HOST, retry_after_seconds=30, now=now)
        db.session.remove()

    def answer() -> None:
        for _ in range(5):
            with unit_of_work():
                hosts.note_answer("mastodon", HOST)
        db.session.remove()

    all_at_once(app, [fail, answer, fail, answer])
    assert (known().rest_until is None) == (known().outages == 0)
