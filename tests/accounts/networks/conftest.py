"""Apps that sign people in with networks, and servers that lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.accounts.conftest import PUBLIC_URL
from tests.servers.hostile_atproto import HostileAtproto

ABOUT_ADA = {
    "display_name": "Ada Fell", "email": "", "locale": "en", "time_zone": "Europe/London",
    "advocacy_roles": ["sharer"], "terms": "y",
}  # fmt: skip


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
