"""A second way to sign in: proved, confirmed, never by e-mail, never the last one removed (PROMISES P-08)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.accounts import queries
from portal.accounts.identities import LastIdentity, remove_identity
from portal.accounts.models import Identity, LoginSession, Person
from portal.accounts.providers.provider import Provider
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.conftest import come_back, is_signed_in
from tests.accounts.factories import a_fan, an_identity
from tests.servers.hostile_oidc import HostileProvider
from tests.servers.oidc import OidcServer

ClientOf = Callable[[Person], FlaskClient]
Offer = Callable[..., Provider]


def leave_it_open_for(minutes: int) -> None:
    """As if everybody had signed in that long ago."""
    with unit_of_work():
        db.session.execute(update(LoginSession).values(authenticated_at=clock.now() - timedelta(minutes=minutes)))


def begin(browser: FlaskClient, path: str) -> str:
    answer = browser.post(path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def subjects(person: Person) -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Identity.subject).where(Identity.person_id == person.id)))


def test_a_second_way_is_proved_and_confirmed(
    app: Flask, client_of: ClientOf, offered: Offer, oidc_server: OidcServer
) -> None:
    offered("oidc", oidc_server)
    oidc_server.add_person("second", name="Ada", email="second@id.example")
    fan = a_fan()
    an_identity(fan, subject="first")
    browser = client_of(fan)
    arrived = come_back(browser, oidc_server.approve(begin(browser, "/profile/identities/add/oidc"), "second"))
    assert arrived.headers["Location"] == "/profile/identities/confirm"
    assert subjects(fan) == ["first"], "not before it is confirmed"
    assert "second@id.example" in browser.get("/profile/identities/confirm").text
    assert browser.post("/profile/identities/confirm").status_code == 303
    assert subjects(fan) == ["first", "second"]

    another = app.test_client()
    start = another.post("/sign-in/oidc").headers["Location"]
    come_back(another, oidc_server.approve(start, "second"))
    assert is_signed_in(another)


def test_a_browser_left_open_adds_and_removes_nothing(
    app: Flask, client_of: ClientOf, offered: Offer, oidc_server: OidcServer
) -> None:
    offered("oidc", oidc_server)
    fan = a_fan()
    first, _second = an_identity(fan, subject="first"), an_identity(fan, subject="second")
    browser = client_of(fan)
    leave_it_open_for(minutes=11)
    assert browser.post("/profile/identities/add/oidc").status_code == 403
    assert browser.post(f"/profile/identities/{first.id}/remove").status_code == 403
    assert subjects(fan) == ["first", "second"]
    assert "sign in once more" in browser.get("/profile/identities").text


def test_a_link_that_was_begun_in_time_and_comes_back_late_proves_nothing(
    app: Flask, client_of: ClientOf, offered: Offer, oidc_server: OidcServer
) -> None:
    offered("oidc", oidc_server)
    oidc_server.add_person("late", name="Ada", email="late@id.example")
    fan = a_fan()
    an_identity(fan, subject="first")
    browser = client_of(fan)
    way_back = oidc_server.approve(begin(browser, "/profile/identities/add/oidc"), "late")
    leave_it_open_for(minutes=11)
    assert come_back(browser, way_back).status_code == 400
    assert browser.get("/profile/identities/confirm").headers["Location"] == "/profile/identities"
    assert subjects(fan) == ["first"]


def test_signing_in_again_makes_it_fresh_and_renews_the_session(
    app: Flask, client_of: ClientOf, offered: Offer, oidc_server: OidcServer
) -> None:
    offered("oidc", oidc_server)
    oidc_server.add_person("ada", name="Ada")
    fan = a_fan()
    an_identity(fan, issuer=oidc_server.issuer, subject="ada", provider="oidc")
    browser = client_of(fan)
    leave_it_open_for(minutes=11)
    with browser.session_transaction() as cookie:
        before = cookie["sid"]
    http = requests.Session()
    oidc_server.approve(browser.post("/sign-in/oidc").headers["Location"], "ada", http=http)
    again = begin(browser, "/profile/identities/again/oidc")
    assert "prompt=login" in again
    assert "max_age=0" in again
    come_back(browser, oidc_server.approve(again, "ada", http=http))
    with browser.session_transaction() as cookie:
        assert cookie["sid"] != before
    assert "Add another way" in browser.get("/profile/identities").text


@pytest.mark.parametrize("auth_time", [None, -700, 10**18], ids=["not said", "too long ago", "no clock has it"])
def test_a_provider_that_asked_for_no_password_proves_nothing_new(
    app: Flask, client_of: ClientOf, offered: Offer, hostile_oidc: HostileProvider, auth_time: int | None
) -> None:
    offered("oidc", hostile_oidc)
    fan = a_fan()
    an_identity(fan, issuer=hostile_oidc.issuer, subject="ada", provider="oidc")
    claims = {} if auth_time is None else {"auth_time": int(time.time()) + auth_time}
    hostile_oidc.next_sign_in("ada", **claims)
    browser = client_of(fan)
    leave_it_open_for(minutes=11)
    answer = come_back(browser, hostile_oidc.approve(begin(browser, "/profile/identities/again/oidc")))
    assert answer.status_code == 400
    assert "did not ask you" in answer.text
    assert browser.post("/profile/identities/add/oidc").status_code == 403


def test_proving_again_as_somebody_else_is_refused(
    app: Flask, client_of: ClientOf, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    offered("oidc", hostile_oidc)
    fan, other = a_fan(), a_fan()
    an_identity(fan, issuer=hostile_oidc.issuer, subject="ada")
    an_identity(other, issuer=hostile_oidc.issuer, subject="other")
    browser = client_of(fan)
    leave_it_open_for(minutes=11)
    hostile_oidc.next_sign_in("other", auth_time=int(time.time()))
    answer = come_back(browser, hostile_oidc.approve(begin(browser, "/profile/identities/again/oidc")))
    assert answer.status_code == 400
    assert browser.post("/profile/identities/add/oidc").status_code == 403
    assert fan.display_name in browser.get("/profile").text


def test_an_identity_of_somebody_else_is_not_taken_over(
    app: Flask, client_of: ClientOf, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    offered("oidc", hostile_oidc)
    victim, fan = a_fan(), a_fan()
    an_identity(victim, issuer=hostile_oidc.issuer, subject="victim")
    an_identity(fan, subject="mine")
    hostile_oidc.next_sign_in("victim", auth_time=int(time.time()))
    browser = client_of(fan)
    come_back(browser, hostile_oidc.approve(begin(browser, "/profile/identities/add/oidc")))
    refused = browser.post("/profile/identities/confirm")
    assert refused.status_code == 409
    assert "already signs somebody else in" in refused.text
    assert subjects(victim) == ["victim"]
    assert subjects(fan) == ["mine"]


def test_a_link_that_another_person_began_is_refused(
    app: Flask, client_of: ClientOf, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    """Somebody signs in as another person between the way there and the way back."""
    offered("oidc", hostile_oidc)
    fan, other = a_fan(), a_fan()
    browser, others = client_of(fan), client_of(other)
    address = hostile_oidc.approve(begin(browser, "/profile/identities/add/oidc"))
    with others.session_transaction() as cookie:
        token = cookie["sid"]
    with browser.session_transaction() as cookie:
        cookie["sid"] = token
    assert come_back(browser, address).status_code == 400
    assert subjects(fan) == subjects(other) == []


def test_the_last_way_in_stays(app: Flask, client_of: ClientOf) -> None:
    fan = a_fan()
    first, second = an_identity(fan, subject="first"), an_identity(fan, subject="second")
    browser = client_of(fan)
    assert browser.post(f"/profile/identities/{first.id}/remove").status_code == 303
    refused = browser.post(f"/profile/identities/{second.id}/remove")
    assert refused.status_code == 409
    assert "only way to sign in" in refused.text
    assert subjects(fan) == ["second"]


def test_removing_a_way_in_ends_what_it_opened(app: Flask) -> None:
    from portal.accounts.sessions import open_session

    fan = a_fan()
    first, second = an_identity(fan, subject="first"), an_identity(fan, subject="second")
    with unit_of_work():
        for identity in (first, second):
            open_session(fan, identity_id=identity.id, browser="", now=clock.now())
    with unit_of_work():
        remove_identity(fan, queries.identity_of(fan.id, first.id), now=clock.now())
    ended = db.session.scalars(select(LoginSession.ended_why).order_by(LoginSession.ended_why.nulls_last())).all()
    assert ended == ["identity_removed", None]
    with pytest.raises(LastIdentity), unit_of_work():
        remove_identity(fan, queries.identity_of(fan.id, second.id), now=clock.now())


def test_a_strangers_identity_is_not_there(app: Flask, client_of: ClientOf) -> None:
    victim = a_fan()
    identity, _other = an_identity(victim), an_identity(victim)
    assert client_of(a_fan()).post(f"/profile/identities/{identity.id}/remove").status_code == 404
    assert len(subjects(victim)) == 2
