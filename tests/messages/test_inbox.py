"""The inbox: the newest first, marked read by a click and by nothing else, never somebody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import pages
from portal.messages import queries
from portal.messages.models import Notification
from portal.messages.topics import Topic
from tests.accounts.factories import a_fan
from tests.messages.factories import a_notification

Browsers = Callable[[Person], FlaskClient]


def test_an_empty_inbox_says_what_will_stand_there(sqlite_app: Flask, now: datetime, client_of: Browsers) -> None:
    page = client_of(a_fan()).get("/inbox").get_data(as_text=True)
    assert "Nothing here yet" in page
    assert "Mark all as read" not in page


def test_looking_marks_nothing_opening_marks_one(app: Flask, now: datetime, client_of: Browsers) -> None:
    fan = a_fan()
    first, second = a_notification(fan), a_notification(fan, Topic.REWARD_READY)
    browser = client_of(fan)
    page = browser.get("/inbox").get_data(as_text=True)
    assert "2 new messages." in page
    assert len(re.findall(r"<time[^>]*>\d+ [A-Z][a-z]+, \d\d:\d\d</time>", page)) == 2, "moments, not how long ago"
    assert page.index("Ready for you: Repair kit") < page.index("Your time ran out: Mended things")
    assert queries.unread(fan.id) == 2
    answer = browser.post(f"/inbox/{second.id}/open")
    assert (answer.status_code, answer.location) == (303, "/redemptions/r")
    db.session.expire_all()
    assert queries.unread(fan.id) == 1
    assert db.session.get_one(Notification, second.id).read_at == now
    assert db.session.get_one(Notification, first.id).read_at is None
    assert browser.post(f"/inbox/{second.id}/open").status_code == 303


def test_the_bell_and_the_navigation_count_what_is_new(sqlite_app: Flask, now: datetime, client_of: Browsers) -> None:
    fan = a_fan()
    a_notification(fan)
    browser = client_of(fan)
    page = browser.get("/inbox").get_data(as_text=True)
    assert 'aria-label="Messages, 1 new"' in page
    assert 'Inbox</span><span class="count"><span class="vh">New: </span>1</span>' in page


def test_all_read_leaves_what_came_since_the_page_was_shown(app: Flask, now: datetime, client_of: Browsers) -> None:
    fan, other = a_fan(), a_fan()
    seen = a_notification(fan)
    a_notification(other)
    late = Notification(id="z" * 26, person_id=fan.id, topic=Topic.WELCOME, details={}, event_id="late", created_at=now)
    db.session.add(late)
    db.session.commit()
    answer = client_of(fan).post("/inbox/read", data={"up_to": seen.id})
    assert (answer.status_code, answer.location) == (303, "/inbox")
    db.session.expire_all()
    assert db.session.get_one(Notification, seen.id).read_at == now
    assert (queries.unread(fan.id), queries.unread(other.id)) == (1, 1)


def test_somebody_elses_line_is_not_there(app: Flask, now: datetime, client_of: Browsers, client: FlaskClient) -> None:
    theirs = a_notification(a_fan(), Topic.REWARD_READY)
    stranger = client_of(a_fan())
    assert stranger.post(f"/inbox/{theirs.id}/open").status_code == 404
    assert "Repair kit" not in stranger.get("/inbox").get_data(as_text=True)
    assert client.post(f"/inbox/{theirs.id}/open").status_code == 302
    db.session.expire_all()
    assert db.session.get_one(Notification, theirs.id).read_at is None


def test_long_inboxes_come_in_pages_without_gap_or_repeat(
    app: Flask, now: datetime, client_of: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    fan = a_fan()
    ids = [a_notification(fan).id for _ in range(pages.PAGE_LENGTH + 3)]
    first = queries.inbox_page(fan.id, None)
    second = queries.inbox_page(fan.id, first.next_cursor)
    assert [row.id for row in [*first.rows, *second.rows]] == sorted(ids, reverse=True)
    assert second.next_cursor is None
    browser = client_of(fan)
    assert 'rel="next"' in browser.get("/inbox").get_data(as_text=True)
    following = browser.get("/inbox", query_string={"after": first.next_cursor}).get_data(as_text=True)
    assert following.count('class="card pad-s') == 3
    assert "Mark all as read" not in following


@pytest.mark.parametrize("topic", list(Topic))
def test_every_topic_can_be_shown(sqlite_app: Flask, now: datetime, client_of: Browsers, topic: Topic) -> None:
    fan = a_fan(locale="de")
    a_notification(fan, topic)
    page = client_of(fan).get("/inbox")
    assert page.status_code == 200
    assert db.session.scalar(select(Notification.topic)) == topic
