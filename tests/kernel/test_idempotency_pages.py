"""A repeated write gets its first answer; a list is paged without gaps or repeats."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import OutboxEvent
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.pages import _decode, page_of
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards.models import Reward


def test_the_first_answer_is_given_again(app: Flask, now: datetime) -> None:
    asked = fingerprint("redeem", {"reward": "hat"})
    with unit_of_work():
        assert first_answer("ada", "key", asked) is None
        remember("ada", "key", asked, "/redemptions/1")
    assert first_answer("ada", "key", asked) == "/redemptions/1"
    assert first_answer("bo", "key", asked) is None


def test_a_key_with_other_content_is_refused(app: Flask, now: datetime) -> None:
    with unit_of_work():
        remember("ada", "key", fingerprint("redeem", {"reward": "hat"}), "/redemptions/1")
    with pytest.raises(KeyReused):
        first_answer("ada", "key", fingerprint("redeem", {"reward": "mug"}))


def test_a_key_as_long_as_somebody_likes_is_one_key(app: Flask, now: datetime) -> None:
    """PostgreSQL refuses what is longer than its column."""
    asked, longest = fingerprint("redeem", {}), "k" * 10_000
    with unit_of_work():
        remember("ada", longest, asked, "/first")
    assert first_answer("ada", longest, asked) == "/first"
    assert first_answer("ada", f"{longest}k", asked) is None


def test_two_requests_with_one_key_at_once_are_settled_by_the_database(app: Flask, now: datetime) -> None:
    asked = fingerprint("redeem", {})
    with unit_of_work():
        remember("ada", "key", asked, "/first")
    db.session.expunge_all()
    with pytest.raises(KeyReused), unit_of_work():
        remember("ada", "key", asked, "/second")
    assert first_answer("ada", "key", asked) == "/first"


def test_answers_are_forgotten_after_two_days_and_not_before(app: Flask, now: datetime) -> None:
    asked = fingerprint("redeem", {})
    with unit_of_work():
        remember("ada", "key", asked, "/first")
    jobs.keep_recurring_scheduled()
    clock.advance(timedelta(hours=24))
    jobs.run_due()
    assert first_answer("ada", "key", asked) == "/first"
    clock.advance(timedelta(hours=25))
    jobs.run_due()
    db.session.expunge_all()
    assert first_answer("ada", "key", asked) is None


def fill(count: int, at: datetime) -> list[str]:
    with unit_of_work():
        rows = [
            OutboxEvent(kind="test.row", payload={}, occurred_at=at + timedelta(seconds=number // 3))
            for number in range(count)
        ]
        db.session.add_all(rows)
        db.session.flush()
        return [row.id for row in rows]


@pytest.mark.parametrize("descending", [True, False])
def test_pages_give_every_row_once_in_order(app: Flask, now: datetime, descending: bool) -> None:
    made = fill(25, now)
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page = page_of(
            select(OutboxEvent), by=[OutboxEvent.occurred_at, OutboxEvent.id], descending=descending, cursor=cursor,
            length=7,
        )  # fmt: skip
        seen += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen)) == 25


def test_rows_that_arrive_meanwhile_repeat_nothing(app: Flask, now: datetime) -> None:
    fill(6, now)
    query = select(OutboxEvent)
    keys = [OutboxEvent.occurred_at, OutboxEvent.id]
    first = page_of(query, by=keys, length=3)
    fill(3, now + timedelta(hours=1))
    second = page_of(query, by=keys, length=3, cursor=first.next_cursor)
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}
    assert second.next_cursor is None


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_harmless(cursor: str) -> None:
    decoded = _decode(cursor, [datetime, str])
    assert decoded is None or [type(value) for value in decoded] == [datetime, str]


def made_up(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


MADE_UP = (
    "nonsense", "Å", "=", base64.urlsafe_b64encode(b"[" * 5000).decode(), base64.urlsafe_b64encode(b"[" * 400).decode(),
    made_up(["v", 1]), made_up(["v", 10**30]), made_up(["v", True]), made_up(["v", 1.5]), made_up(["v", None]),
    made_up(["v", {}]), made_up(["v", []]), made_up(["v", "a\x00b"]), made_up(["t", "2026-10-14T09:14:00+00:00"]),
    made_up(["v", "\ud800"]), made_up(["t", 5]), made_up(["v", "a"], ["v", "b"]), made_up(),
)  # fmt: skip
MADE_UP_MOMENTS = (
    "2026-10-14T09:14:00", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "soon", ""
)  # fmt: skip


@pytest.mark.parametrize("cursor", MADE_UP)
def test_a_made_up_cursor_gives_the_first_page(app: Flask, now: datetime, cursor: str) -> None:
    fill(3, now)
    assert page_of(select(OutboxEvent), by=[OutboxEvent.id], cursor=cursor).is_first


@pytest.mark.parametrize("moment", MADE_UP_MOMENTS)
def test_a_made_up_moment_gives_the_first_page(app: Flask, now: datetime, moment: str) -> None:
    page = page_of(select(Person), by=[Person.joined_at, Person.id], cursor=made_up(["t", moment], ["v", "a"]))
    assert page.is_first


def test_a_number_that_no_column_holds_gives_the_first_page(app: Flask, now: datetime) -> None:
    by = [Reward.price_points, Reward.id]
    assert page_of(select(Reward), by=by, cursor=made_up(["v", 10**30], ["v", "a"])).is_first
    assert not page_of(select(Reward), by=by, cursor=made_up(["v", 10], ["v", "a"])).is_first
