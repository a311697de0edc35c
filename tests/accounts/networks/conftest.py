"""Apps that sign people in with networks, and servers that lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts.networks.offered import offered
from portal.kernel.fetcher import Fetcher, FetchPolicy
from tests.accounts.conftest import PUBLIC_URL
from tests.servers.hostile_atproto import HostileAtproto
from tests.servers.hostile_mastodon import HostileMastodon

ABOUT_ADA = {
    "display_name": "Ada Fell", "email": "", "locale": "en", "time_zone": "Europe/London",
    "advocacy_roles": ["sharer"], "terms": "y",
}  # fmt: skip


@pytest.fixture
def signs_in_with(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """`signs_in_with(server.url, …)`: switch the networks on, with these origins of this machine let through."""
    app: Flask = request.getfixturevalue("sqlite_app" if "sqlite_app" in request.fixturenames else "app")
    before = app.extensions["portal_network_providers"]

    def switch_on(*origins: str, **settings: str) -> None:
        changed = app.config["SETTINGS"].model_copy(
            update={"network_sign_in": "on", "fetch_allow": list(origins), **settings}
        )
        policy = FetchPolicy(user_agent="Test", allow_origins=frozenset(origins), total_seconds=5)
        app.extensions["portal_network_providers"] = offered(changed, Fetcher(policy))

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


def leave(client: FlaskClient, network: str, typed: str, **fields: str) -> TestResponse:
    """Name a handle or server on the page that asks for it."""
    return client.post(f"/sign-in/with/{network}", data={"typed": typed, **fields})


def address_in(answer: TestResponse) -> str:
    """Where the page sends the browser on to: a form may not be redirected to an origin that its page didn't name."""
    assert answer.status_code == 200, answer.text
    found = answer.text.split('http-equiv="refresh" content="0;url=')[1].split('"')[0]
    return found.replace("&amp;", "&")


def return_to(client: FlaskClient, address: str) -> TestResponse:
    """Follow the server's redirect to our callback."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == PUBLIC_URL
    return client.get(f"{parts.path}?{parts.query}")


def join_as_ada(client: FlaskClient) -> TestResponse:
    """Answer what a newcomer is asked."""
    aged = client.post("/join", data={"country": "GB", "age_asked": 13, "old_enough": "yes"})
    assert aged.headers["Location"] == "/join/you"
    return client.post("/join/you", data=ABOUT_ADA)


@pytest.fixture(scope="session")
def _hostile_atproto() -> Iterator[HostileAtproto]:
    server = HostileAtproto().start()
    yield server
    server.stop()


@pytest.fixture
def hostile_atproto(_hostile_atproto: HostileAtproto, signs_in_with: Callable[..., None]) -> HostileAtproto:
    """An honest directory and data server, in use, until the test bends something."""
    _hostile_atproto.be_honest()
    url = _hostile_atproto.url
    signs_in_with(url, bluesky_appview_url=url, atproto_directory=url)
    return _hostile_atproto
