"""Providers beside the sandbox's, and a browser that walks to them and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts.networks.offered import offered as networks_offered
from portal.accounts.providers.discovery import Discovery
from portal.accounts.providers.provider import Provider
from portal.kernel.fetcher import Fetcher, FetchPolicy
from tests.servers.hostile_mastodon import HostileMastodon
from tests.servers.hostile_oidc import HostileProvider
from tests.servers.oidc import OidcServer

PUBLIC_URL = "http://127.0.0.1:8000"


def offer(app: Flask, code: str, server: OidcServer | HostileProvider) -> Provider:
    """Switch a test's server on as a provider of this app."""
    provider = Provider(
        code=code,
        name=code.capitalize(),
        issuer=server.issuer,
        client_id=server.client_id,
        client_secret=server.client_secret,
        form_origins=(server.issuer,),
    )
    app.extensions["portal_providers"][code] = provider
    app.extensions["portal_form_targets"].append(server.issuer)
    app.extensions["portal_discovery"] = Discovery()
    if isinstance(server, OidcServer):
        server.allow_redirect(f"{PUBLIC_URL}/sign-in/{code}/callback")
    return provider


@pytest.fixture
def offered(app: Flask) -> Iterator[Callable[..., Provider]]:
    """`offered("oidc", server)`; taken away after the test."""
    providers = dict(app.extensions["portal_providers"])
    targets = list(app.extensions["portal_form_targets"])
    yield lambda code, server: offer(app, code, server)
    app.extensions["portal_providers"] = providers
    app.extensions["portal_form_targets"][:] = targets


def start(client: FlaskClient, code: str, next_: str = "") -> str:
    """Press the provider's button; the address that the browser is sent to."""
    answer = client.post(f"/sign-in/{code}", data={"next": next_} if next_ else {})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def come_back(client: FlaskClient, callback_address: str) -> TestResponse:
    """Follow the provider's redirect to our callback."""
    parts = urlsplit(callback_address)
    assert f"{parts.scheme}://{parts.netloc}" == PUBLIC_URL
    return client.get(f"{parts.path}?{parts.query}")


def is_signed_in(client: FlaskClient) -> bool:
    """Does the server take this browser for somebody's?"""
    return client.get("/profile").status_code == 200


@pytest.fixture
def signs_in_with(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """`signs_in_with(server.url, …)`: switch the networks on, with these origins of this machine let through."""
    app: Flask = request.getfixturevalue("sqlite_app" if "sqlite_app" in request.fixturenames else "app")
    before = app.extensions["portal_network_providers"]

    def switch_on(*origins: str, **settings: str) -> None:
        changed = app.config["SETTINGS"].model_copy(
            update={"network_sign_in": "on", "fetch_allow": list(origins), **settings}
        )
        policy = FetchPolicy(user_agent="Test", allow_origins=frozenset(origins), total_seconds=30)
        app.extensions["portal_network_providers"] = networks_offered(changed, Fetcher(policy))

    yield switch_on
    app.extensions["portal_network_providers"] = before


@pytest.fixture(scope="session")
def _hostile_mastodon() -> Iterator[HostileMastodon]:
    server = HostileMastodon().start()
    yield server
    server.stop()


@pytest.fixture
def hostile_mastodon(_hostile_mastodon: HostileMastodon) -> HostileMastodon:
    """An honest server, until the test bends it."""
    _hostile_mastodon.be_honest()
    return _hostile_mastodon
