"""Joining: age first, then what is asked, nothing beforehand (PROMISES P-35, P-38)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from portal.accounts import rules
from portal.accounts.models import AgeRefusal, Consent, Person
from portal.accounts.providers.provider import Provider
from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.conftest import come_back, is_signed_in, start
from tests.accounts.factories import a_fan, an_identity
from tests.accounts.test_sign_in import ABOUT_ADA, answer_age, people
from tests.servers.hostile_oidc import HostileProvider

Offer = Callable[..., Provider]


@pytest.fixture
def newcomer(client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider) -> FlaskClient:
    """A browser whose person has just proved who they are."""
    offered("oidc", hostile_oidc)
    hostile_oidc.next_sign_in("ada", name="Ada", email="ada@id.example")
    come_back(client, hostile_oidc.approve(start(client, "oidc")))
    return client


@pytest.mark.parametrize(
    ("country", "years"),
    [("DE", 16), ("FR", 15), ("AT", 14), ("GB", 13), ("US", 13), ("BR", 16), ("", 16)],
)
def test_the_limit_is_the_countrys_own(country: str, years: int) -> None:
    assert rules.age_limit(country) == years
    assert 13 <= rules.age_limit(country) <= 16


def test_the_question_names_the_limit_of_the_country(newcomer: FlaskClient) -> None:
    assert "I am 16 or older" in newcomer.get("/join/age?country=DE").text
    assert "I am 13 or older" in newcomer.get("/join/age?country=GB").text


def test_a_question_that_the_page_asks_already_is_not_asked_again(newcomer: FlaskClient) -> None:
    """Swapped, it would take away the answer that somebody gave meanwhile."""
    same = newcomer.get("/join/age?country=DE&age_asked=16")
    assert (same.status_code, same.text) == (204, "")
    assert "I am 16 or older" in newcomer.get("/join/age?country=DE&age_asked=13").text
    assert "I am 16 or older" in newcomer.get("/join/age?country=DE&age_asked=").text
    assert "Next we ask" in newcomer.get("/join/age?country=&age_asked=16").text, "of no country nothing is asked"


def test_an_answer_for_another_countrys_limit_does_not_count(newcomer: FlaskClient) -> None:
    """Without JavaScript the page still asks about the country that was chosen before."""
    answer = answer_age(newcomer, "DE", limit=13)
    assert answer.status_code == 422
    assert "I am 16 or older" in answer.text
    assert newcomer.get("/join/you").headers["Location"] == "/join"
    assert answer_age(newcomer, "DE", limit=16).status_code == 303


def test_who_is_too_young_is_not_asked_again(app: Flask, newcomer: FlaskClient, hostile_oidc: HostileProvider) -> None:
    refused = answer_age(newcomer, old_enough="no")
    assert refused.status_code == 403
    assert "Not yet" in refused.text
    assert answer_age(newcomer).status_code != 200
    assert newcomer.post("/join/you", data=ABOUT_ADA).status_code == 303
    assert people() == 0

    same_identity_elsewhere = app.test_client()
    assert (
        come_back(same_identity_elsewhere, hostile_oidc.approve(start(same_identity_elsewhere, "oidc"))).status_code
        == 403
    )
    hostile_oidc.next_sign_in("another-account", name="Ada")
    assert come_back(newcomer, hostile_oidc.approve(start(newcomer, "oidc"))).status_code == 403, "same browser"
    kept = db.session.scalars(select(AgeRefusal)).one()
    assert re.fullmatch("[0-9a-f]{64}", kept.identity_digest), "nothing about them but a digest"
    assert people() == 0


def test_too_young_in_one_browser_is_too_young_in_another_that_was_a_step_ahead(
    app: Flask, newcomer: FlaskClient, hostile_oidc: HostileProvider
) -> None:
    ahead = app.test_client()
    hostile_oidc.next_sign_in("ada", name="Ada")
    come_back(ahead, hostile_oidc.approve(start(ahead, "oidc")))
    assert answer_age(ahead).status_code == 303
    assert answer_age(newcomer, old_enough="no").status_code == 403
    assert ahead.post("/join/you", data=ABOUT_ADA).status_code == 403
    assert people() == 0


def test_a_refusal_never_locks_out_somebody_who_is_a_member(
    newcomer: FlaskClient, hostile_oidc: HostileProvider
) -> None:
    answer_age(newcomer, old_enough="no")
    an_identity(a_fan(), issuer=hostile_oidc.issuer, subject="member")
    hostile_oidc.next_sign_in("member")
    come_back(newcomer, hostile_oidc.approve(start(newcomer, "oidc")))
    assert is_signed_in(newcomer)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("display_name", "", "Enter the name"),
        ("display_name", "A" * 81, "Up to 80"),
        ("display_name", "Ada\u202eFell", "invisible"),
        ("email", "not-an-address", "full address"),
        ("email", "a@example.org\r\nBcc: b@example.org", "full address"),
        ("terms", "", "agreement"),
        ("advocacy_roles", [], "at least one"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    newcomer: FlaskClient, field: str, value: object, says: str
) -> None:
    answer_age(newcomer)
    answer = newcomer.post("/join/you", data={**ABOUT_ADA, field: value})
    assert answer.status_code == 422
    assert says in answer.text
    if field != "display_name":
        assert 'value="Ada Fell"' in answer.text
    assert people() == 0


@pytest.mark.parametrize("name", ["Ada 🧵 Fell", "אדה", "O'Neill <b>", "Zoë"])
def test_odd_names_come_back_unchanged(newcomer: FlaskClient, name: str) -> None:
    answer_age(newcomer)
    newcomer.post("/join/you", data={**ABOUT_ADA, "display_name": name})
    assert db.session.scalars(select(Person.display_name)).all() == [name]
    assert "<b>" not in newcomer.get("/profile").text


def test_an_address_is_optional(newcomer: FlaskClient) -> None:
    answer_age(newcomer)
    newcomer.post("/join/you", data={**ABOUT_ADA, "email": ""})
    assert db.session.scalars(select(Person.email)).all() == [None]


def test_joining_twice_makes_one_account(newcomer: FlaskClient, app: Flask) -> None:
    answer_age(newcomer)
    with newcomer.session_transaction() as cookie:
        before = dict(cookie)
    newcomer.post("/join/you", data=ABOUT_ADA)
    second_tab = app.test_client()
    with second_tab.session_transaction() as cookie:
        cookie.update(before)
    assert second_tab.post("/join/you", data=ABOUT_ADA).status_code == 303
    assert people() == 1
    assert is_signed_in(second_tab)


def test_half_an_hour_later_one_starts_again(newcomer: FlaskClient) -> None:
    answer_age(newcomer)
    with newcomer.session_transaction() as cookie:
        kept = cookie["joining"]
        cookie["joining"] = {**kept, "identity": {**kept["identity"], "until": kept["identity"]["until"] - 1801}}
    assert newcomer.get("/join/you").headers["Location"].startswith("/sign-in")
    assert newcomer.post("/join/you", data=ABOUT_ADA).headers["Location"].startswith("/sign-in")
    assert people() == 0


def test_the_cookie_stays_small(newcomer: FlaskClient) -> None:
    for _ in range(5):
        start(newcomer, "oidc", "/missions?" + "x" * 290)
    cookie = newcomer.get_cookie("portal")
    assert cookie is not None
    assert len(cookie.value) < 4000


def test_new_terms_ask_everybody_again(app: Flask, client_of: Callable[[Person], FlaskClient]) -> None:
    fan = a_fan(agreed=False)
    browser = client_of(fan)
    asked = browser.get("/profile?x=1")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/terms?next=/profile?x%3D1")
    assert browser.post("/profile/sessions/end-all").headers["Location"] == "/terms"
    assert "Agree to the terms" in browser.get("/terms").text
    assert browser.post("/terms", data={"next": "/profile"}).headers["Location"] == "/profile"
    assert browser.get("/profile").status_code == 200
    browser.post("/terms")
    in_force = select(func.count()).select_from(Consent).where(Consent.withdrawn_at.is_(None))
    assert db.session.scalar(in_force) == 1


def test_who_withdrew_their_agreement_is_asked_again(
    app: Flask, client_of: Callable[[Person], FlaskClient], now: datetime
) -> None:
    browser = client_of(a_fan())
    assert browser.get("/profile").status_code == 200
    with unit_of_work():
        db.session.execute(update(Consent).values(withdrawn_at=now))
    assert browser.get("/profile").location == "/terms?next=/profile"


def test_the_terms_are_readable_by_anybody(sqlite_app: Flask, client: FlaskClient) -> None:
    page = client.get("/terms")
    assert page.status_code == 200
    assert "Agree to the terms" not in page.text
