"""Lending the login of a Mastodon server: on one written by others, and on one that lies."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.logins.mastodon import MastodonLogin
from portal.accounts.logins.models import NetworkLogin
from portal.accounts.logins.using import key_for
from portal.accounts.models import Handle, Person
from portal.accounts.networks.mastodon import Mastodon
from portal.extensions import db
from portal.kernel import jobs
from tests.accounts.factories import a_fan, a_handle
from tests.accounts.networks.conftest import address_in, return_to
from tests.servers.hostile_mastodon import HostileMastodon
from tests.servers.mastodon import MastodonServer
from tests.servers.process import free_port

ClientOf = Callable[[Person], FlaskClient]


@pytest.fixture
def lends_at(app: Flask, signs_in_with: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`lends_at(server.url)`: this server's logins can be lent."""

    def switch_on(*origins: str) -> None:
        signs_in_with(*origins)
        mastodon = app.extensions["portal_network_providers"]["mastodon"]
        assert isinstance(mastodon, Mastodon)
        monkeypatch.setitem(app.extensions, "portal_login_networks", {"mastodon": MastodonLogin(mastodon)})

    return switch_on


def logins() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(NetworkLogin)) or 0)


def test_a_login_is_lent_used_and_ended_at_the_server(
    client_of: ClientOf, lends_at: Callable[..., None], mastodon_server: MastodonServer
) -> None:
    lends_at(mastodon_server.url)
    account = mastodon_server.add_account(f"ada{free_port()}")
    fan = a_fan()
    client = client_of(fan)
    handle = a_handle(fan, platform="mastodon", host=mastodon_server.host, name=account.username)
    address = address_in(client.post(f"/profile/handles/{handle.id}/login"))
    assert parse_qs(urlsplit(address).query)["scope"] == ["read:accounts read:statuses"]
    answer = return_to(client, mastodon_server.approve(address, account))
    assert answer.headers["Location"] == f"/profile/handles/{handle.id}"
    key = key_for("mastodon", mastodon_server.host, account.id)
    assert key is not None
    assert mastodon_server.knows_token(key.token)
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "proved"
    client.post(f"/profile/handles/{handle.id}/login/end")
    assert logins() == 0
    jobs.run_due()
    assert not mastodon_server.knows_token(key.token)


@pytest.mark.parametrize(
    "lie", [{"acct": "ada@social.example"}, {"url": "https://social.example/@Mallory"}, {"id": "1002"}], ids=str
)
def test_a_server_that_speaks_of_another_account_gets_its_key_back(
    client_of: ClientOf, lends_at: Callable[..., None], hostile_mastodon: HostileMastodon, lie: dict[str, str]
) -> None:
    lends_at(hostile_mastodon.url)
    fan = a_fan()
    client = client_of(fan)
    handle = a_handle(fan, platform="mastodon", host=hostile_mastodon.host, name="ada")
    hostile_mastodon.account.update(lie)
    address = address_in(client.post(f"/profile/handles/{handle.id}/login"))
    answer = return_to(client, hostile_mastodon.approve(address))
    assert answer.status_code in (400, 409)
    assert logins() == 0
    assert hostile_mastodon.revoked == ["a-token"]
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "claimed"


def test_a_sign_in_and_a_lending_are_not_mixed_up(
    client_of: ClientOf, lends_at: Callable[..., None], hostile_mastodon: HostileMastodon
) -> None:
    """Both come back to the server's one callback; what was begun decides what is made of it."""
    lends_at(hostile_mastodon.url)
    fan = a_fan()
    client = client_of(fan)
    handle = a_handle(fan, platform="mastodon", host=hostile_mastodon.host, name="mallory")
    address = address_in(client.post(f"/profile/handles/{handle.id}/proof-by-login"))
    return_to(client, hostile_mastodon.approve(address))
    assert logins() == 0
    assert hostile_mastodon.revoked == ["a-token"]
    address = address_in(client.post(f"/profile/handles/{handle.id}/login"))
    return_to(client, hostile_mastodon.approve(address))
    assert logins() == 1
    assert hostile_mastodon.revoked == ["a-token"], "this one is kept"
