"""Every preset: switched on by its keys alone, and read as its documentation says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Identity
from portal.accounts.providers.presets import configured
from portal.accounts.providers.provider import Endpoints, Provider
from portal.extensions import db
from tests.accounts.conftest import PUBLIC_URL, come_back, start
from tests.accounts.plain_oauth import PlainOAuthServer
from tests.accounts.test_sign_in import ABOUT_ADA, answer_age
from tests.conftest import settings_for

CODES = ("google", "apple", "facebook", "linkedin", "discord", "twitch", "x")

PLAIN: dict[str, tuple[Any, str, str, str]] = {
    "facebook": (
        {"id": "1020304", "name": "Ada Fell", "email": "ada@example.org"},
        "1020304",
        "Ada Fell",
        "https://www.facebook.com",
    ),
    "discord": (
        {"id": "80351110224678912", "username": "ada", "global_name": "Ada"},
        "80351110224678912",
        "Ada",
        "https://discord.com",
    ),
    "x": ({"data": {"id": "2244994945", "name": "Ada F", "username": "ada"}}, "2244994945", "Ada F", "https://x.com"),
    "linkedin": (
        {"sub": "782bbtaQ", "name": "Ada Fell", "email_verified": True},
        "782bbtaQ",
        "Ada Fell",
        "https://www.linkedin.com/oauth",
    ),
}
"""What the documented user endpoint answers, and what we make of it."""


def presets(folder: Path, **keys: str) -> dict[str, Provider]:
    return configured(settings_for(folder, sandbox=False, **keys))


@pytest.mark.parametrize("code", CODES)
def test_its_keys_alone_switch_it_on(tmp_path: Path, code: str) -> None:
    assert presets(tmp_path) == {}
    on = presets(tmp_path, **{f"{code}_client_id": "an-id", f"{code}_client_secret": "canary-secret"})
    assert list(on) == [code]
    assert on[code].client_secret == "canary-secret"
    assert "canary-secret" not in repr(on[code])
    for address in (on[code].issuer, *on[code].form_origins):
        assert address.startswith("https://")


def test_any_issuer_and_who_works_there(tmp_path: Path) -> None:
    keys = {"oidc_issuer": "https://login.brand.example/tenant", "oidc_client_id": "id", "oidc_name": "Brand login"}
    provider = presets(tmp_path, **keys, oidc_employees="true")["oidc"]
    assert (provider.name, provider.issuer, provider.employees) == ("Brand login", keys["oidc_issuer"], True)
    assert provider.form_origins == ("https://login.brand.example",)


@pytest.fixture
def plain() -> Iterator[PlainOAuthServer]:
    server = PlainOAuthServer().start()
    yield server
    server.stop()


@pytest.fixture
def preset_at(
    app: Flask, plain: PlainOAuthServer, tmp_path: Path, offered: Callable[..., Provider]
) -> Callable[[str], None]:
    """Offers a preset, with the endpoints of the server on this machine."""

    def offer_preset(code: str) -> None:
        provider = presets(tmp_path, **{f"{code}_client_id": "an-id", f"{code}_client_secret": "a-secret"})[code]
        endpoints = Endpoints(f"{plain.origin}/authorize", f"{plain.origin}/token", f"{plain.origin}/me")
        app.extensions["portal_providers"][code] = replace(provider, endpoints=endpoints)
        app.extensions["portal_form_targets"].append(plain.origin)

    return offer_preset


def walk(client: FlaskClient, code: str):
    asked = parse_qs(urlsplit(start(client, code)).query)
    answer = come_back(client, f"{PUBLIC_URL}/sign-in/{code}/callback?code=c0de&state={asked['state'][0]}")
    return asked, answer


@pytest.mark.parametrize("code", PLAIN)
def test_plain_oauth_reads_the_stable_id(
    client: FlaskClient, preset_at: Callable[[str], None], plain: PlainOAuthServer, code: str
) -> None:
    preset_at(code)
    plain.person, subject, name, issuer = PLAIN[code]
    asked, arrived = walk(client, code)
    assert arrived.headers["Location"] == "/join"
    sent = plain.token_requests[0]
    assert sent["redirect_uri"] == asked["redirect_uri"][0] == f"{PUBLIC_URL}/sign-in/{code}/callback"
    assert ("code_challenge" in asked) == ("code_verifier" in sent) == (code != "linkedin")
    answer_age(client)
    assert f'value="{name}"' in client.get("/join/you").text
    client.post("/join/you", data=ABOUT_ADA)
    identity = db.session.scalars(select(Identity)).one()
    assert (identity.provider, identity.issuer, identity.subject) == (code, issuer, subject)


@pytest.mark.parametrize("code", PLAIN)
def test_an_answer_without_an_id_signs_nobody_in(
    client: FlaskClient, preset_at: Callable[[str], None], plain: PlainOAuthServer, code: str
) -> None:
    preset_at(code)
    for answer in ({}, {"id": ""}, [], {"data": None}, {"id": "x" * 256, "sub": "", "data": {"id": "x" * 256}}):
        plain.person = answer
        assert walk(client, code)[1].status_code == 400, answer
        assert client.get("/join").headers["Location"] == "/sign-in"
    plain.person = "no JSON at all"
    assert walk(client, code)[1].status_code == 503
    assert client.get("/join").headers["Location"] == "/sign-in"


@pytest.mark.parametrize(("status", "ours"), [(500, 503), (429, 503), (401, 400)])
def test_a_user_endpoint_in_trouble(
    client: FlaskClient, preset_at: Callable[[str], None], plain: PlainOAuthServer, status: int, ours: int
) -> None:
    preset_at("x")
    plain.person, plain.status = PLAIN["x"][0], status
    assert walk(client, "x")[1].status_code == ours


def test_apples_posted_answer_comes_back_as_a_visit(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    """No cookie arrives with a form of another site, and nothing happens before one does."""
    provider = presets(tmp_path, apple_client_id="id", apple_client_secret="a-secret")["apple"]
    app.extensions["portal_providers"]["apple"] = provider
    app.extensions["portal_foreign_posts"].add("accounts.posted_callback")
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = client.post(
            "/sign-in/apple/callback",
            data={"code": "c0de", "state": "st4te", "user": "{}", "next": "https://evil.example"},
            headers={"Origin": "https://appleid.apple.com"},
        )
        assert (answer.status_code, answer.headers["Location"]) == (
            303,
            "/sign-in/apple/callback?code=c0de&state=st4te",
        )
        assert "Set-Cookie" not in answer.headers
        foreign = client.post("/sign-in/apple", headers={"Origin": "https://appleid.apple.com"})
        assert foreign.status_code == 400, "every other form stays closed to other sites"
        assert client.post("/sign-in/sandbox/callback", data={"code": "c", "state": "s"}).status_code == 404
    finally:
        del app.extensions["portal_providers"]["apple"]
        app.extensions["portal_foreign_posts"].clear()
