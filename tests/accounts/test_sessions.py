"""Sessions: kept on the server, ended when they should be (PROMISES P-04, P-05)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from portal.accounts import rules, standing
from portal.accounts.models import LoginSession, Person, PersonState, StaffRole
from portal.accounts.sessions import digest_of, open_session
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.access import Role
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.conftest import is_signed_in
from tests.accounts.factories import a_fan, a_moderator, an_admin

ClientOf = Callable[[Person], FlaskClient]


def sid(browser: FlaskClient) -> str:
    with browser.session_transaction() as cookie:
        return str(cookie["sid"])


def test_only_a_digest_of_the_token_is_kept(app: Flask) -> None:
    fan = a_fan()
    with unit_of_work():
        token = open_session(fan, identity_id=None, browser="x" * 200, now=clock.now())
    assert len(bytes.fromhex(token)) * 8 == 128
    kept = db.session.scalars(select(LoginSession)).one()
    assert kept.token_digest == digest_of(token) != token
    assert len(kept.browser) == 120


@pytest.mark.parametrize("token", ["", "0" * 32, "' OR 1=1 --", 7, None])
def test_a_made_up_token_is_nobody(app: Flask, client: FlaskClient, token: object) -> None:
    a_fan()
    with client.session_transaction() as cookie:
        cookie["sid"] = token
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("make", "idle", "absolute"),
    [(a_fan, timedelta(days=30), timedelta(days=180)), (a_moderator, timedelta(hours=12), timedelta(days=7))],
)
def test_a_session_ends_unused_and_at_its_limit(
    app: Flask, client_of: ClientOf, now: datetime, make: Callable[[], Person], idle: timedelta, absolute: timedelta
) -> None:
    person = make()
    browser = client_of(person)
    clock.advance(idle - timedelta(seconds=1))
    assert is_signed_in(browser), "just in time"
    clock.advance(idle)
    assert not is_signed_in(browser), "unused for too long"

    browser, begun = client_of(person), clock.now()
    while clock.now() + idle / 2 < begun + absolute:
        clock.advance(idle / 2)
        assert is_signed_in(browser)
    clock.advance(begun + absolute - clock.now())
    assert not is_signed_in(browser), "however much it was used"


def test_becoming_staff_shortens_what_is_open(app: Flask, client_of: ClientOf, now: datetime) -> None:
    fan = a_fan()
    browser = client_of(fan)
    with unit_of_work():
        db.session.add(StaffRole(person_id=fan.id, role=Role.MODERATOR, granted_at=now))
    clock.advance(timedelta(hours=12))
    assert not is_signed_in(browser)


def test_becoming_staff_ends_what_was_begun_too_long_ago(app: Flask, client_of: ClientOf, now: datetime) -> None:
    """However much it is used: a fan's browser may stay signed in for months, one of the staff for a week."""
    fan = a_fan()
    browser = client_of(fan)
    clock.advance(timedelta(days=7))
    assert is_signed_in(browser)
    with unit_of_work():
        db.session.add(StaffRole(person_id=fan.id, role=Role.MODERATOR, granted_at=clock.now()))
    clock.advance(timedelta(minutes=1))
    assert not is_signed_in(browser)


@pytest.mark.parametrize("state", PersonState)
def test_who_may_not_be_here_is_nobody_though_their_session_stayed_open(
    app: Flask, client_of: ClientOf, state: PersonState
) -> None:
    """Whatever changed the state: the verb that ends the sessions too, or an operator's hand in the database."""
    fan = a_fan()
    browser = client_of(fan)
    with unit_of_work():
        fan.state = state
    assert is_signed_in(browser) == (state in (PersonState.ACTIVE, PersonState.PAUSED))


def test_being_seen_is_written_every_five_minutes_at_most(app: Flask, client_of: ClientOf, now: datetime) -> None:
    browser = client_of(a_fan())
    seen = select(LoginSession.last_seen_at)
    clock.advance(timedelta(minutes=4))
    browser.get("/profile")
    assert db.session.scalar(seen) == now
    clock.advance(timedelta(minutes=2))
    browser.get("/profile")
    db.session.rollback()
    assert db.session.scalar(seen) == now + timedelta(minutes=6)


def test_a_page_does_not_wait_for_somebody_elses_lock(app: Flask, client_of: ClientOf, now: datetime) -> None:
    browser = client_of(a_fan())
    clock.advance(timedelta(minutes=6))
    locking = "BEGIN IMMEDIATE" if db.engine.dialect.name == "sqlite" else None
    db.session.commit()
    with db.engine.connect() as other:
        if locking:
            other.exec_driver_sql("SELECT 1")
            other.rollback()
            other.connection.driver_connection.execute(locking)
        else:
            other.execute(text("SELECT * FROM login_session FOR UPDATE"))
        began = time.monotonic()
        assert is_signed_in(browser)
        assert time.monotonic() - began < 9, "ten would be SQLite's own patience"
        if locking:
            other.connection.driver_connection.execute("ROLLBACK")
        else:
            other.rollback()
    db.session.rollback()
    assert db.session.scalar(select(LoginSession.last_seen_at)) == now
    assert is_signed_in(browser)
    db.session.rollback()
    assert db.session.scalar(select(LoginSession.last_seen_at)) == now + timedelta(minutes=6)


def test_a_form_does_not_wait_for_its_own_transaction(app: Flask, client_of: ClientOf, now: datetime) -> None:
    """Noting the visit has a connection of its own, while the form's holds the write lock already."""
    browser = client_of(a_fan())
    clock.advance(timedelta(minutes=6))
    began = time.monotonic()
    assert browser.post("/language", data={"locale": "de"}).status_code == 303
    assert browser.post("/profile/handles/new", data={"platform": "perch", "typed": ""}).status_code in (404, 422)
    assert time.monotonic() - began < 9, "ten would be SQLite's own patience"


def test_signing_out_ends_it_on_the_server(app: Flask, client_of: ClientOf) -> None:
    browser = client_of(a_fan())
    token = sid(browser)
    assert browser.post("/sign-out").status_code == 303
    assert browser.post("/sign-out").status_code == 303, "safe to repeat"
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["sid"] = token
    assert not is_signed_in(thief)


def test_signing_out_leaves_nothing_in_the_cookie_but_the_language(sqlite_app: Flask, client_of: ClientOf) -> None:
    browser = client_of(a_fan())
    with browser.session_transaction() as cookie:
        cookie |= {"locale": "de", "newcomer": "whoever used this browser before"}
    browser.post("/sign-out")
    with browser.session_transaction() as cookie:
        assert "newcomer" not in cookie
        assert "sid" not in cookie
        assert cookie["locale"] == "de"


def test_end_one_and_end_all(app: Flask, client_of: ClientOf) -> None:
    fan = a_fan()
    here, there, elsewhere = client_of(fan), client_of(fan), client_of(fan)
    other_id = db.session.scalar(select(LoginSession.id).where(LoginSession.token_digest == digest_of(sid(there))))
    assert here.get("/profile/sessions").text.count("Test browser") >= 3
    assert here.post(f"/profile/sessions/{other_id}/end").headers["Location"] == "/profile/sessions"
    assert not is_signed_in(there)
    assert is_signed_in(here)
    assert is_signed_in(elsewhere)
    here.post("/profile/sessions/end-all")
    assert not is_signed_in(here)
    assert not is_signed_in(elsewhere)


def test_a_strangers_session_is_not_there(app: Flask, client_of: ClientOf) -> None:
    mine, theirs = client_of(a_fan()), client_of(a_fan())
    their_id = db.session.scalar(select(LoginSession.id).where(LoginSession.token_digest == digest_of(sid(theirs))))
    assert mine.post(f"/profile/sessions/{their_id}/end").status_code == 404
    assert mine.post("/profile/sessions/00000000000000000000000000/end").status_code == 404
    assert is_signed_in(theirs)


def test_removing_a_person_ends_their_sessions(app: Flask, client_of: ClientOf) -> None:
    fan, admin = a_fan(), an_admin()
    browser = client_of(fan)
    with unit_of_work():
        standing.remove(fan, actor=admin, why="spam", now=clock.now())
    assert not is_signed_in(browser)


def test_old_sessions_are_forgotten(app: Flask, client_of: ClientOf, now: datetime) -> None:
    fan = a_fan()
    client_of(fan).post("/sign-out")
    live = client_of(fan)
    clock.advance(timedelta(days=29))
    jobs.keep_recurring_scheduled()
    is_signed_in(live)
    jobs.run_due()
    assert len(db.session.scalars(select(LoginSession)).all()) == 2
    clock.advance(timedelta(days=2))
    jobs.run_due()
    assert len(db.session.scalars(select(LoginSession)).all()) == 1


def test_the_cookie_is_out_of_reach(sqlite_app: Flask, client_of: ClientOf) -> None:
    """Plain HTTP on loopback is the only exception to Secure."""
    browser = client_of(a_fan())
    answer = browser.post("/profile/sessions/end-all")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_an_answer_that_comes_late_brings_no_older_cookie(sqlite_app: Flask, client_of: ClientOf) -> None:
    """What a browser asked for before it signed in may arrive after: then its cookie would sign the person out."""
    browser = client_of(a_fan())
    with browser.session_transaction() as cookie:
        cookie.permanent = True
    browser.get("/home")
    for path in ("/static/css/base.css", "/static/icons.svg", "/home", "/no-such-page"):
        with browser.get(path) as answer:
            assert "Set-Cookie" not in answer.headers, path


def test_the_cookie_lives_as_long_as_the_longest_session(sqlite_app: Flask) -> None:
    assert sqlite_app.permanent_session_lifetime == rules.FAN_LIMITS.absolute > rules.STAFF_LIMITS.absolute
