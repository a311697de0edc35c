"""Signing in with any Mastodon server: against one written by others, and against one that lies (P-07, P-08)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.handles import ProvedElsewhere
from portal.accounts.models import Handle, HandleState, Identity, Person, ProofMethod
from portal.accounts.networks.models import NetworkApp
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.events import OutboxEvent
from tests.accounts.conftest import is_signed_in
from tests.accounts.factories import a_fan, a_handle, a_proved_handle, an_identity
from tests.accounts.networks.conftest import address_in, join_as_ada, leave, return_to
from tests.servers.hostile_mastodon import HostileMastodon
from tests.servers.mastodon import MastodonServer
from tests.servers.process import free_port

SwitchOn = Callable[..., None]

pytestmark = pytest.mark.usefixtures("app")


def counted(model: type) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def test_a_newcomer_joins_and_the_handle_is_proved_in_the_same_step(
    app: Flask, client: FlaskClient, signs_in_with: SwitchOn, mastodon_server: MastodonServer
) -> None:
    signs_in_with(mastodon_server.url)
    ada = mastodon_server.add_account(f"Ada{free_port()}")
    assert "Continue with your Mastodon server" in client.get("/sign-in").text

    arrived = return_to(
        client, mastodon_server.approve(address_in(leave(client, "mastodon", mastodon_server.url)), ada)
    )
    assert (arrived.status_code, arrived.headers["Location"]) == (303, "/join")
    assert counted(Person) == counted(Handle) == 0, "nothing is kept before they agreed"
    assert join_as_ada(client).status_code == 303

    identity, handle = db.session.scalars(select(Identity)).one(), db.session.scalars(select(Handle)).one()
    assert (identity.issuer, identity.subject) == (mastodon_server.url, ada.id)
    assert (handle.platform, handle.host, handle.name) == ("mastodon", mastodon_server.host, ada.username.lower())
    assert (handle.state, handle.proof_method) == (HandleState.PROVED, ProofMethod.LOGIN)
    assert handle.external_id == ada.id
    assert handle.person_id == identity.person_id
    assert sorted(db.session.scalars(select(OutboxEvent.kind))) == ["handle.proved", "person.joined"]

    another = app.test_client()
    again = return_to(
        another,
        mastodon_server.approve(
            address_in(leave(another, "mastodon", f"@x@{mastodon_server.host}", next="/points")), ada
        ),
    )
    assert (again.status_code, again.headers["Location"]) == (303, "/points")
    assert is_signed_in(another)
    assert counted(Person) == counted(Handle) == counted(NetworkApp) == 1, "one registration serves everybody"


def test_what_is_asked_of_a_server(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    first, second = (address_in(leave(client, "mastodon", hostile_mastodon.host)) for _ in range(2))
    (registered,) = hostile_mastodon.asked_of("/api/v1/apps")
    asked, another = parse_qs(urlsplit(first).query), parse_qs(urlsplit(second).query)
    assert asked["scope"] == ["profile"]
    assert registered["scopes"] == "profile read:statuses"
    assert asked["redirect_uri"] == [registered["redirect_uris"]]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"] != another["state"]
    assert asked["code_challenge"] != another["code_challenge"]
    stored = db.session.scalars(select(NetworkApp)).one()
    assert "secret-1" not in stored.sealed_secret

    return_to(client, hostile_mastodon.approve(first))
    assert hostile_mastodon.revoked == ["a-token"], "no key to the account is kept"
    (token,) = hostile_mastodon.asked_of("/oauth/token")
    assert token["redirect_uri"] == registered["redirect_uris"]
    assert len(token["code_verifier"]) >= 43


def test_an_older_server_is_asked_for_what_it_knows(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    hostile_mastodon.statuses["/.well-known/oauth-authorization-server"] = 404
    asked = parse_qs(urlsplit(address_in(leave(client, "mastodon", hostile_mastodon.host))).query)
    assert asked["scope"] == ["read:accounts"]


@pytest.mark.parametrize(
    "lie",
    [
        {"acct": "ada@social.example"},
        {"url": "https://social.example/@Mallory"},
        {"url": ""},
        {"id": ""},
        {"id": 1001},
        {"id": "x" * 256},
        {"id": "10\x0001"},
        {"username": "ada@social.example"},
        {"username": None},
    ],
    ids=str,
)
def test_a_server_that_speaks_of_anybody_but_its_own_proves_nothing(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon, lie: dict[str, object]
) -> None:
    signs_in_with(hostile_mastodon.url)
    hostile_mastodon.account.update(lie)
    answer = return_to(client, hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host))))
    assert answer.status_code == 400
    assert "can’t trust" in answer.text or "can&#39;t trust" in answer.text
    assert client.get("/join").headers["Location"].startswith("/sign-in")
    assert hostile_mastodon.revoked == ["a-token"]
    assert counted(Handle) == counted(Identity) == 0


@pytest.mark.parametrize("name", ["Mal\x00lory", "Mal\ud800lory"], ids=repr)
def test_a_name_that_no_page_can_show_is_proposed_without_what_is_in_the_way(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon, name: str
) -> None:
    signs_in_with(hostile_mastodon.url)
    hostile_mastodon.account["display_name"] = name
    left = leave(client, "mastodon", hostile_mastodon.host)
    assert return_to(client, hostile_mastodon.approve(address_in(left))).headers["Location"] == "/join"
    client.post("/join", data={"country": "GB", "age_asked": 13, "old_enough": "yes"})
    page = client.get("/join/you")
    assert page.status_code == 200
    assert "Mal\ufffd" in page.text
    assert "\ufffdlory" in page.text


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("", 422),
        ("no server", 422),
        ("localhost", 422),
        ("127.0.0.1", 422),
        ("[::1]", 422),
        ("169.254.169.254", 422),
        ("http://127.0.0.1:1/", 422),
        ("0x7f000001", 422),
        ("social.example:8080", 422),
        ("user:password@social.example", 422),
        ("social.example@127.0.0.1", 422),
        ("Ünïcode.example", 422),
    ],
)
def test_what_is_no_server_is_said_so_and_stays_typed(
    client: FlaskClient, signs_in_with: SwitchOn, typed: str, status: int
) -> None:
    signs_in_with()
    answer = leave(client, "mastodon", typed)
    assert answer.status_code == status
    assert 'id="typed-error"' in answer.text
    assert counted(NetworkApp) == 0


def test_no_request_goes_to_where_a_server_points_inside(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    """The server is let through, what it redirects to is not: a neighbour of ours that must not be reached."""
    inside = HostileMastodon().start()
    try:
        signs_in_with(hostile_mastodon.url)
        hostile_mastodon.nodeinfo_at = f"{inside.url}/.well-known/nodeinfo"
        answer = leave(client, "mastodon", hostile_mastodon.host)
        assert answer.status_code == 422
        assert inside.requests == []
        assert counted(NetworkApp) == 0
    finally:
        inside.stop()


@pytest.mark.parametrize(
    ("path", "server_status", "status", "says"),
    [
        ("/.well-known/nodeinfo", 503, 503, "does not answer"),
        ("/.well-known/nodeinfo", 404, 422, "No Mastodon server"),
        ("/api/v1/apps", 403, 422, "does not let this portal"),
        ("/api/v1/apps", 500, 503, "does not answer"),
    ],
)
def test_a_server_that_refuses_or_is_down_leaves_nothing_behind(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon, path: str, server_status: int,
    status: int, says: str,
) -> None:  # fmt: skip
    signs_in_with(hostile_mastodon.url)
    hostile_mastodon.statuses[path] = server_status
    answer = leave(client, "mastodon", hostile_mastodon.host)
    assert answer.status_code == status
    assert says in answer.text
    assert f'value="{hostile_mastodon.host}"' in answer.text
    assert counted(NetworkApp) == 0


def test_other_software_is_no_mastodon_server(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    for software in ({"name": "wordpress"}, {"name": 7}, "mastodon", None):
        hostile_mastodon.software = software
        assert leave(client, "mastodon", hostile_mastodon.host).status_code == 422
    assert hostile_mastodon.asked_of("/api/v1/apps") == []


def test_a_server_down_at_the_way_back_signs_nobody_in(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    address = address_in(leave(client, "mastodon", hostile_mastodon.host))
    hostile_mastodon.statuses["/oauth/token"] = 502
    answer = return_to(client, hostile_mastodon.approve(address))
    assert answer.status_code == 503
    assert client.get("/join").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("bent", [{"iss": "https://social.example"}, {"state": "made-up"}, {"code": ""}], ids=str)
def test_an_answer_with_a_lie_in_it_is_refused(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon, bent: dict[str, str]
) -> None:
    signs_in_with(hostile_mastodon.url)
    answer = return_to(
        client, hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host)), **bent)
    )
    assert answer.status_code == 400
    assert hostile_mastodon.asked_of("/oauth/token") == []


def test_the_way_back_counts_once_and_in_this_browser_alone(
    app: Flask, client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon, now: object
) -> None:
    signs_in_with(hostile_mastodon.url)
    back = hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host)))
    assert return_to(app.test_client(), back).status_code == 400
    assert return_to(client, back).status_code == 303
    assert return_to(client, back).status_code == 400
    late = hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host)))
    clock.advance(timedelta(minutes=16))
    assert return_to(client, late).status_code == 400


def test_one_servers_answer_does_not_pass_for_anothers(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    """Mix-up: somebody who chose the hostile server comes back at the honest one's callback."""
    honest = HostileMastodon().start()
    try:
        signs_in_with(hostile_mastodon.url, honest.url)
        at_honest = address_in(leave(client, "mastodon", honest.host))
        (redirect_uri,) = parse_qs(urlsplit(at_honest).query)["redirect_uri"]
        at_hostile = address_in(leave(client, "mastodon", hostile_mastodon.host))
        answer = return_to(client, hostile_mastodon.approve(at_hostile, redirect_uri=redirect_uri))
        assert answer.status_code == 400
        assert hostile_mastodon.asked_of("/oauth/token") == honest.asked_of("/oauth/token") == []
    finally:
        honest.stop()


def test_an_account_that_somebody_proved_makes_no_second_person(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    owner = a_fan()
    a_proved_handle(owner, platform="mastodon", host=hostile_mastodon.host, name="mallory", external_id="1001")
    answer = return_to(client, hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host))))
    assert answer.status_code == 409
    assert "already proved" in answer.text
    assert counted(Person) == 1


def test_who_proves_it_first_keeps_it_and_the_newcomer_is_not_half_made(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    return_to(client, hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host))))
    client.post("/join", data={"country": "GB", "age_asked": 13, "old_enough": "yes"})
    owner = a_fan()
    a_proved_handle(owner, platform="mastodon", host=hostile_mastodon.host, name="mallory", external_id="1001")
    answer = join_as_ada(client)
    assert answer.status_code == 409
    assert str(ProvedElsewhere.sentence) in answer.text
    assert counted(Person) == 1
    assert counted(Identity) == 0
    assert not is_signed_in(client)


def test_a_fan_proves_a_handle_by_signing_in_there(
    client_of: Callable[[Person], FlaskClient], signs_in_with: SwitchOn, mastodon_server: MastodonServer
) -> None:
    signs_in_with(mastodon_server.url)
    account = mastodon_server.add_account(f"bo{free_port()}")
    fan = a_fan()
    handle = a_handle(fan, platform="mastodon", host=mastodon_server.host, name=account.username)
    client = client_of(fan)
    assert "Sign in there" in client.get(f"/profile/handles/{handle.id}").text
    address = address_in(client.post(f"/profile/handles/{handle.id}/proof-by-login"))
    answer = return_to(client, mastodon_server.approve(address, account))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/profile/handles/{handle.id}")
    db.session.rollback()
    proved = db.session.get_one(Handle, handle.id)
    assert (proved.state, proved.proof_method, proved.external_id) == ("proved", "login", account.id)
    assert counted(Handle) == 1
    assert counted(Identity) == 0, "it proves the account, and is no new way in"


def test_another_account_than_the_one_named_is_added_and_proved_itself(
    client_of: Callable[[Person], FlaskClient], signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    fan = a_fan()
    named = a_handle(fan, platform="mastodon", host=hostile_mastodon.host, name="ada")
    client = client_of(fan)
    address = address_in(client.post(f"/profile/handles/{named.id}/proof-by-login"))
    return_to(client, hostile_mastodon.approve(address))
    db.session.rollback()
    states = dict(db.session.execute(select(Handle.name, Handle.state)).all())
    assert states == {"ada": "claimed", "mallory": "proved"}


def test_a_handle_is_not_proved_with_an_account_that_signs_somebody_else_in(
    client_of: Callable[[Person], FlaskClient], signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    an_identity(a_fan(), issuer=hostile_mastodon.url, subject="1001")
    fan = a_fan()
    handle = a_handle(fan, platform="mastodon", host=hostile_mastodon.host, name="mallory")
    client = client_of(fan)
    address = address_in(client.post(f"/profile/handles/{handle.id}/proof-by-login"))
    assert return_to(client, hostile_mastodon.approve(address)).status_code == 409
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "claimed"


def test_a_second_way_in_is_confirmed_and_proves_the_handle(
    client_of: Callable[[Person], FlaskClient], signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    fan = a_fan()
    client = client_of(fan)
    answer = client.post("/profile/identities/with/mastodon", data={"typed": hostile_mastodon.host})
    address = address_in(answer)
    assert parse_qs(urlsplit(address).query)["force_login"] == ["true"]
    back = return_to(client, hostile_mastodon.approve(address))
    assert back.headers["Location"] == "/profile/identities/confirm"
    assert counted(Identity) == counted(Handle) == 0
    assert f"@mallory@{hostile_mastodon.host}" in client.get("/profile/identities/confirm").text
    client.post("/profile/identities/confirm")
    db.session.rollback()
    assert db.session.scalars(select(Identity.person_id)).all() == [fan.id]
    assert db.session.scalars(select(Handle.state)).all() == ["proved"]


def test_a_second_way_in_whose_account_somebody_proved_adds_nothing(
    client_of: Callable[[Person], FlaskClient], signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    a_proved_handle(a_fan(), platform="mastodon", host=hostile_mastodon.host, name="mallory", external_id="1001")
    client = client_of(a_fan())
    address = address_in(client.post("/profile/identities/with/mastodon", data={"typed": hostile_mastodon.host}))
    return_to(client, hostile_mastodon.approve(address))
    assert client.post("/profile/identities/confirm").status_code == 409
    assert counted(Identity) == 0


def test_a_proved_handle_follows_its_account_to_a_new_name(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    signs_in_with(hostile_mastodon.url)
    fan = a_fan()
    an_identity(fan, issuer=hostile_mastodon.url, subject="1001")
    handle = a_proved_handle(fan, platform="mastodon", host=hostile_mastodon.host, name="before", external_id="1001")
    return_to(client, hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host))))
    assert is_signed_in(client)
    db.session.rollback()
    assert (db.session.get_one(Handle, handle.id).name, counted(Handle)) == ("mallory", 1)


def test_a_name_that_somebody_else_has_proved_is_not_taken_over(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon
) -> None:
    """Names are given away and taken up by others: who signs in gets in, and their account keeps its old name here."""
    signs_in_with(hostile_mastodon.url)
    a_proved_handle(a_fan(), platform="mastodon", host=hostile_mastodon.host, name="mallory", external_id="999")
    fan = a_fan()
    an_identity(fan, issuer=hostile_mastodon.url, subject="1001")
    handle = a_proved_handle(fan, platform="mastodon", host=hostile_mastodon.host, name="before", external_id="1001")
    return_to(client, hostile_mastodon.approve(address_in(leave(client, "mastodon", hostile_mastodon.host))))
    assert is_signed_in(client)
    db.session.rollback()
    assert (db.session.get_one(Handle, handle.id).name, counted(Handle)) == ("before", 2)


def test_an_application_that_a_server_forgot_is_registered_anew(
    client: FlaskClient, signs_in_with: SwitchOn, hostile_mastodon: HostileMastodon, now: object
) -> None:
    signs_in_with(hostile_mastodon.url)
    leave(client, "mastodon", hostile_mastodon.host)
    clock.advance(timedelta(days=2))
    leave(client, "mastodon", hostile_mastodon.host)
    assert len(hostile_mastodon.asked_of("/api/v1/apps")) == 1, "it is still known"
    hostile_mastodon.known_apps.clear()
    clock.advance(timedelta(days=2))
    address = address_in(leave(client, "mastodon", hostile_mastodon.host))
    assert len(hostile_mastodon.asked_of("/api/v1/apps")) == 2
    assert return_to(client, hostile_mastodon.approve(address)).status_code == 303


def test_the_networks_are_off_where_nothing_says_otherwise(app: Flask, client: FlaskClient) -> None:
    assert "Mastodon" not in client.get("/sign-in").text
    for path in ("/sign-in/with/mastodon", "/sign-in/with/bluesky", "/oauth/client-metadata.json"):
        assert client.get(path).status_code == 404
