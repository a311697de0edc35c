"""The page about oneself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.browsers import browser_name
from portal.accounts.models import AdvocacyRole, Person
from portal.accounts.providers.provider import Provider
from portal.extensions import db
from tests.accounts.conftest import come_back, start
from tests.accounts.factories import a_fan, a_handle
from tests.accounts.test_sign_in import ABOUT_ADA, answer_age
from tests.servers.hostile_oidc import HostileProvider

ClientOf = Callable[[Person], FlaskClient]

CHANGED = {
    "display_name": "Ada Fell",
    "email": "new@example.org",
    "country": "GB",
    "locale": "de",
    "time_zone": "Europe/Berlin",
    "advocacy_roles": ["creator", "engager"],
}


def test_it_shows_what_is_mine(app: Flask, client_of: ClientOf) -> None:
    fan, other = a_fan("Ada Fell"), a_fan("Bo Beck")
    a_handle(fan, name="adaoutside")
    a_handle(other, name="bo-elsewhere")
    page = client_of(fan).get("/profile").text
    for text in ("Ada Fell", "@adaoutside", fan.id, "United Kingdom", "Signed in in 1 browser"):
        assert text in page
    for text in ("Bo Beck", "bo-elsewhere", other.id):
        assert text not in page


def test_what_is_changed_is_kept(app: Flask, client_of: ClientOf) -> None:
    fan = a_fan()
    browser = client_of(fan)
    assert browser.post("/profile/edit", data={**CHANGED, "state": "removed", "track": "leader"}).status_code == 303
    db.session.rollback()
    assert (fan.display_name, fan.email, fan.locale, fan.time_zone) == (
        "Ada Fell", "new@example.org", "de", "Europe/Berlin"
    )  # fmt: skip
    assert {chosen.role for chosen in fan.advocacy_roles} == {"creator", "engager"}
    assert (fan.state, fan.track) == ("active", "ambassador"), "extra fields change nothing"
    assert '<html lang="de"' in browser.get("/profile").text


def test_the_form_starts_with_what_is_kept(app: Flask, client_of: ClientOf) -> None:
    fan = a_fan("Ada Fell", advocacy_roles=(AdvocacyRole.CREATOR, AdvocacyRole.HOST), time_zone="Europe/Berlin")
    page = client_of(fan).get("/profile/edit").text
    boxes = re.findall(r'<input[^>]*name="advocacy_roles"[^>]*>', page)
    ticked = {str(box).split('value="')[1].split('"')[0] for box in boxes if " checked" in box}
    assert ticked == {"creator", "host"}
    assert 'value="Ada Fell"' in page
    assert re.search(r'<option[^>]*selected[^>]*value="Europe/Berlin"', page)


def test_moving_to_a_higher_limit_asks_for_the_age(app: Flask, client_of: ClientOf) -> None:
    fan = a_fan(country="GB")
    browser = client_of(fan)
    asked = browser.post("/profile/edit", data={**CHANGED, "country": "NL"})
    assert asked.status_code == 422
    assert "I am 16 or older" in asked.text
    assert 'value="new@example.org"' in asked.text
    db.session.rollback()
    assert fan.country == "GB"
    assert browser.post("/profile/edit", data={**CHANGED, "country": "NL", "old_enough": "y"}).status_code == 303
    db.session.rollback()
    assert fan.country == "NL"


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars/Olympus"), ("country", "ZZ"), ("locale", "tlh")])
def test_what_is_not_offered_is_refused(app: Flask, client_of: ClientOf, field: str, value: str) -> None:
    fan = a_fan()
    assert client_of(fan).post("/profile/edit", data={**CHANGED, field: value}).status_code == 422
    db.session.rollback()
    assert getattr(fan, field) != value


def test_who_signs_in_where_the_brand_works_is_an_employee(
    app: Flask, client: FlaskClient, offered: Callable[..., Provider], hostile_oidc: HostileProvider
) -> None:
    app.extensions["portal_providers"]["oidc"] = replace(offered("oidc", hostile_oidc), employees=True)
    hostile_oidc.next_sign_in("jonas", name="Jonas")
    come_back(client, hostile_oidc.approve(start(client, "oidc")))
    answer_age(client)
    client.post("/join/you", data=ABOUT_ADA)
    assert db.session.scalars(select(Person.track)).all() == ["employee"]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("curl/8.5.0", "curl"),
        ("", ""),
        ("x" * 500, "x" * 40),
    ],
)
def test_a_browser_has_a_name_its_owner_knows(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
