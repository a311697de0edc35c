"""Signing in against an independent OpenID Connect server, and against one that lies (PROMISES P-07, P-08)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Consent, Identity, LoginSession, Person
from portal.accounts.providers.provider import Provider
from portal.extensions import db
from portal.kernel.events import OutboxEvent
from tests.accounts.conftest import PUBLIC_URL, come_back, is_signed_in, start
from tests.accounts.factories import a_fan, an_identity
from tests.servers.hostile_oidc import ABSENT, EMAIL_CLAIMS_UNPROVEN, LIES, Bend, HostileProvider
from tests.servers.oidc import OidcServer
from tests.servers.process import free_port

Offer = Callable[..., Provider]

ABOUT_ADA = {
    "display_name": "Ada Fell",
    "email": "ada@example.org",
    "locale": "en",
    "time_zone": "Europe/London",
    "advocacy_roles": ["sharer", "host"],
    "terms": "y",
}


def answer_age(client: FlaskClient, country: str = "GB", limit: int = 13, old_enough: str = "yes"):
    return client.post("/join", data={"country": country, "age_asked": limit, "old_enough": old_enough})


def people() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(Person)) or 0)


def test_a_stranger_joins_and_comes_back(
    app: Flask, client: FlaskClient, offered: Offer, either_oidc_server: OidcServer
) -> None:
    offered("oidc", either_oidc_server)
    either_oidc_server.add_person("ada", name="Ada", email="ada@id.example", zoneinfo="Europe/Lisbon", locale="pt-PT")
    http = requests.Session()

    arrived = come_back(client, either_oidc_server.approve(start(client, "oidc", "/missions?x=1"), "ada", http=http))
    assert (arrived.status_code, arrived.headers["Location"]) == (303, "/join")
    assert people() == 0, "nothing is kept before they agreed"
    first = client.get("/join").text
    assert '<option selected value="PT">' in first
    assert "I am 13 or older" in first
    assert answer_age(client, "PT").headers["Location"] == "/join/you"
    second = client.get("/join/you").text
    assert 'value="Ada"' in second
    assert 'value="ada@id.example"' in second
    assert '<option selected value="Europe/Lisbon">' in second
    assert "checked" not in second, "no box is ticked beforehand"
    joined = client.post("/join/you", data=ABOUT_ADA)
    assert (joined.status_code, joined.headers["Location"]) == (303, "/missions?x=1")

    person = db.session.scalars(select(Person)).one()
    assert (person.display_name, person.email, person.country) == ("Ada Fell", "ada@example.org", "PT")
    assert (person.track, person.time_zone) == ("ambassador", "Europe/London")
    assert {chosen.role for chosen in person.advocacy_roles} == {"sharer", "host"}
    identity = db.session.scalars(select(Identity)).one()
    assert (identity.issuer, identity.subject) == (either_oidc_server.issuer, "ada")
    consent = db.session.scalars(select(Consent)).one()
    assert (consent.purpose, consent.version) == ("terms", app.config["SETTINGS"].terms_version)
    assert db.session.scalars(select(OutboxEvent.kind)).all() == ["person.joined"]
    assert is_signed_in(client)

    another_browser = app.test_client()
    again = come_back(
        another_browser, either_oidc_server.approve(start(another_browser, "oidc"), "ada", http=requests.Session())
    )
    assert (again.status_code, again.headers["Location"]) == (303, "/home")
    assert is_signed_in(another_browser)
    assert people() == 1


def test_what_is_asked_of_the_provider(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider, app: Flask
) -> None:
    offered("oidc", hostile_oidc)
    first, second = (parse_qs(urlsplit(start(client, "oidc")).query) for _ in range(2))
    assert first["response_type"] == ["code"]
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [f"{PUBLIC_URL}/sign-in/oidc/callback"]
    assert len(first["state"][0]) >= 32
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_signs_nobody_in(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider, lie: str, caplog: pytest.LogCaptureFixture
) -> None:
    offered("oidc", hostile_oidc)
    victim = a_fan()
    an_identity(victim, issuer=hostile_oidc.issuer, subject="ada")
    bend = LIES[lie]
    told = {} if "userinfo" in lie else {"name": "Ada", "email": "ada@id.example"}
    hostile_oidc.next_sign_in("ada", bend, **told)
    with caplog.at_level(logging.INFO):
        answer = come_back(client, hostile_oidc.approve(start(client, "oidc")))
    assert answer.status_code == (503 if lie == "token endpoint fails" else 400)
    assert "start again" in answer.text or "Try again" in answer.text
    assert not is_signed_in(client)
    assert client.get("/join").headers["Location"].startswith("/sign-in")
    for secret in (hostile_oidc.client_secret, "code_verifier=", "id_token="):
        assert secret not in caplog.text


def test_the_same_person_told_honestly_is_signed_in(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    """The control of the lies above: nothing but the lie keeps them out."""
    offered("oidc", hostile_oidc)
    an_identity(a_fan(), issuer=hostile_oidc.issuer, subject="ada")
    hostile_oidc.next_sign_in("ada", name="Ada", email="ada@id.example")
    come_back(client, hostile_oidc.approve(start(client, "oidc")))
    assert is_signed_in(client)


def test_a_state_counts_once(client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider) -> None:
    offered("oidc", hostile_oidc)
    an_identity(a_fan(), issuer=hostile_oidc.issuer, subject="ada")
    hostile_oidc.next_sign_in("ada", Bend(codes_reusable=True))
    address = hostile_oidc.approve(start(client, "oidc"))
    come_back(client, address)
    client.post("/sign-out")
    assert come_back(client, address).status_code == 400
    assert not is_signed_in(client)


def test_a_used_code_is_refused(client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider) -> None:
    offered("oidc", hostile_oidc)
    an_identity(a_fan(), issuer=hostile_oidc.issuer, subject="ada")
    first = parse_qs(urlsplit(hostile_oidc.approve(start(client, "oidc"))).query)
    come_back(
        client,
        f"{PUBLIC_URL}/sign-in/oidc/callback?code={first['code'][0]}&state={first['state'][0]}&iss={hostile_oidc.issuer}",
    )
    client.post("/sign-out")
    second = parse_qs(urlsplit(hostile_oidc.approve(start(client, "oidc"))).query)
    answer = come_back(
        client,
        f"{PUBLIC_URL}/sign-in/oidc/callback?code={first['code'][0]}&state={second['state'][0]}&iss={hostile_oidc.issuer}",
    )
    assert answer.status_code == 400
    assert not is_signed_in(client)


def test_another_browsers_answer_signs_nobody_in(
    app: Flask, client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    """Login CSRF: the attacker's own answer, opened in the victim's browser."""
    offered("oidc", hostile_oidc)
    an_identity(a_fan(), issuer=hostile_oidc.issuer, subject="ada")
    attackers = app.test_client()
    address = hostile_oidc.approve(start(attackers, "oidc"))
    start(client, "oidc")
    assert come_back(client, address).status_code == 400
    assert not is_signed_in(client)


def test_an_answer_of_another_provider_is_refused(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider, oidc_server: OidcServer
) -> None:
    """Mix-up: an attempt that began at one provider can't be finished by another, at either callback."""
    offered("honest", oidc_server)
    offered("oidc", hostile_oidc)
    an_identity(a_fan(), issuer=oidc_server.issuer, subject="ada")
    begun = parse_qs(urlsplit(start(client, "honest")).query)["state"][0]
    stolen = parse_qs(urlsplit(hostile_oidc.approve(start(client, "oidc"))).query)["code"][0]
    swapped = come_back(
        client, f"{PUBLIC_URL}/sign-in/oidc/callback?code={stolen}&state={begun}&iss={hostile_oidc.issuer}"
    )
    assert swapped.status_code == 400
    begun = parse_qs(urlsplit(start(client, "honest")).query)["state"][0]
    swapped = come_back(
        client, f"{PUBLIC_URL}/sign-in/honest/callback?code={stolen}&state={begun}&iss={hostile_oidc.issuer}"
    )
    assert swapped.status_code == 400
    assert not is_signed_in(client)
    assert hostile_oidc.token_requests == [], "the code was shown to nobody"


def test_an_answer_without_its_issuer_is_refused_where_it_was_promised(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    offered("oidc", hostile_oidc)
    an_identity(a_fan(), issuer=hostile_oidc.issuer, subject="ada")
    hostile_oidc.next_sign_in("ada", Bend(callback={"iss": ABSENT}))
    assert come_back(client, hostile_oidc.approve(start(client, "oidc"))).status_code == 400
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "entries",
    [
        {"issuer": "https://somebody-else.example"},
        {"token_endpoint": "javascript:alert(1)"},
        {"jwks_uri": ABSENT},
    ],
)
def test_a_discovery_document_of_somebody_else_is_refused(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider, entries: dict[str, object]
) -> None:
    offered("oidc", hostile_oidc)
    hostile_oidc.bend_metadata(**entries)
    answer = client.post("/sign-in/oidc")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("verified", EMAIL_CLAIMS_UNPROVEN, ids=str)
def test_an_address_never_opens_somebodys_account(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider, verified: str
) -> None:
    offered("oidc", hostile_oidc)
    victim = a_fan(email="victim@example.org")
    an_identity(victim, subject="victim", email="victim@example.org")
    claims = {"email": "victim@example.org", "name": "Mallory", "email_verified": EMAIL_CLAIMS_UNPROVEN[verified]}
    hostile_oidc.next_sign_in("mallory", **claims)
    arrived = come_back(client, hostile_oidc.approve(start(client, "oidc")))
    assert arrived.headers["Location"] == "/join"
    assert not is_signed_in(client)
    answer_age(client)
    client.post("/join/you", data={**ABOUT_ADA, "email": "victim@example.org"})
    db.session.rollback()
    assert people() == 2
    mine = db.session.scalars(select(Identity.subject).where(Identity.person_id == victim.id)).all()
    assert mine == ["victim"]


def test_going_back_at_the_provider_is_no_error(client: FlaskClient, offered: Offer, oidc_server: OidcServer) -> None:
    offered("oidc", oidc_server)
    answer = come_back(client, oidc_server.cancel(start(client, "oidc", "/missions")))
    assert answer.status_code == 200
    assert "without signing in" in answer.text
    assert 'name="next" value="/missions"' in answer.text


def test_a_provider_that_is_down_leaves_the_page_standing(
    app: Flask, client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    from dataclasses import replace

    provider = offered("oidc", hostile_oidc)
    app.extensions["portal_providers"]["oidc"] = replace(provider, issuer=f"http://127.0.0.1:{free_port()}")
    assert client.get("/sign-in").status_code == 200
    answer = client.post("/sign-in/oidc", data={"next": "/missions"})
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert 'name="next" value="/missions"' in answer.text


def test_an_authorization_page_on_another_origin_is_reached_without_a_form(
    client: FlaskClient, app: Flask, offered: Offer, hostile_oidc: HostileProvider
) -> None:
    """The page's policy lets forms lead to known origins only, so this way is a link."""
    offered("oidc", hostile_oidc)
    app.extensions["portal_form_targets"].remove(hostile_oidc.issuer)
    answer = client.post("/sign-in/oidc")
    assert answer.status_code == 200
    assert f'href="{hostile_oidc.issuer}/authorize?' in answer.text


def test_an_unknown_provider_is_not_there(sqlite_app: Flask, client: FlaskClient) -> None:
    assert client.post("/sign-in/nobody").status_code == 404
    assert client.get("/sign-in/nobody/callback?state=x").status_code == 404


def test_signing_in_gives_a_new_session_and_ends_the_old_one(
    app: Flask, client_of: Callable[[Person], FlaskClient], offered: Offer, hostile_oidc: HostileProvider
) -> None:
    offered("oidc", hostile_oidc)
    fan = a_fan()
    an_identity(fan, issuer=hostile_oidc.issuer, subject="ada")
    browser = client_of(fan)
    with browser.session_transaction() as cookie:
        before = cookie["sid"]
    come_back(browser, hostile_oidc.approve(start(browser, "oidc")))
    with browser.session_transaction() as cookie:
        after = cookie["sid"]
    assert before != after
    db.session.rollback()
    ended = db.session.scalars(select(LoginSession.ended_why).order_by(LoginSession.id)).all()
    assert ended == ["signed_in_again", None]


@pytest.mark.parametrize("state", ["removed", "left"])
def test_a_closed_account_stays_closed(
    client: FlaskClient, offered: Offer, hostile_oidc: HostileProvider, state: str
) -> None:
    offered("oidc", hostile_oidc)
    an_identity(a_fan(state=state), issuer=hostile_oidc.issuer, subject="ada")
    answer = come_back(client, hostile_oidc.approve(start(client, "oidc")))
    assert answer.status_code == 403
    assert "closed" in answer.text
    assert not is_signed_in(client)
