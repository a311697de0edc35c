"""Fans who lend their logins, and networks that answer as they document it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts.logins.offered import offered
from portal.accounts.models import Handle
from tests.accounts.logins.documented import KEYS
from tests.accounts.networks.conftest import address_in, return_to
from tests.conftest import settings_for
from tests.kernel.authority import Authority
from tests.shares.platforms.replay import Exchange, Replay, replaying

Lends = Callable[..., AbstractContextManager[Replay]]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def lends(request: pytest.FixtureRequest, authority: Authority, tmp_path) -> Iterator[Lends]:
    """`with lends(exchanges) as replay`: the app has all keys, and the networks answer with these."""
    app: Flask = request.getfixturevalue("sqlite_app" if "sqlite_app" in request.fixturenames else "app")
    before = app.extensions["portal_login_networks"]

    @contextmanager
    def lend(exchanges: list[Exchange]) -> Iterator[Replay]:
        with replaying(exchanges, authority) as replay:
            app.extensions["portal_login_networks"] = offered(settings_for(tmp_path, **KEYS), replay.fetcher, {})
            yield replay

    yield lend
    app.extensions["portal_login_networks"] = before


def leave_to_lend(client: FlaskClient, handle: Handle) -> dict[str, str]:
    """What the network is asked."""
    address = address_in(client.post(f"/profile/handles/{handle.id}/login"))
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def lend_login(client: FlaskClient, handle: Handle, **answer: str) -> TestResponse:
    """There, yes, and back."""
    asked = leave_to_lend(client, handle)
    given = {"code": "a-code", "state": asked["state"], **answer}
    query = "&".join(f"{name}={value}" for name, value in given.items())
    return return_to(client, f"{asked['redirect_uri']}?{query}")
