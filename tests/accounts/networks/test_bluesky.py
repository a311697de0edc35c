"""Signing in with the AT Protocol, against servers that lie (PROMISES P-07, P-08; atproto.com/specs/oauth)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Handle, Identity, Person
from portal.accounts.networks.bluesky import ISSUER
from portal.extensions import db
from tests.accounts.conftest import PUBLIC_URL, is_signed_in
from tests.accounts.factories import a_fan, a_handle, a_proved_handle, an_identity
from tests.accounts.networks.conftest import address_in, join_as_ada, leave, return_to
from tests.servers.hostile_atproto import DID, HANDLE, HostileAtproto

pytestmark = pytest.mark.usefixtures("app")

OTHER_DID = "did:plc:zzzzzzzzzzzzzzzzzzzz2222"


def counted(model: type) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def nobody_came_in(client: FlaskClient) -> bool:
    return (
        client.get("/join").headers["Location"].startswith("/sign-in")
        and not is_signed_in(client)
        and counted(Identity) == counted(Handle) == 0
    )


def test_an_honest_server_lets_ada_in(client: FlaskClient, hostile_atproto: HostileAtproto) -> None:
    """The control of every test below: nothing is bent, so nothing is refused."""
    answer = return_to(client, hostile_atproto.approve(address_in(leave(client, "bluesky", f"@{HANDLE}"))))
    assert answer.headers["Location"] == "/join"
    (asked,) = hostile_atproto.pushed
    assert (asked["scope"], asked["code_challenge_method"], asked["login_hint"]) == ("atproto", "S256", HANDLE)
    assert asked["client_id"].startswith("http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2F")
    assert hostile_atproto.keys_seen == 1, "one key from the first request to the last"
    assert hostile_atproto.revoked == ["a-token"], "no key to the account is kept"
    assert join_as_ada(client).status_code == 303
    identity, handle = db.session.scalars(select(Identity)).one(), db.session.scalars(select(Handle)).one()
    assert (identity.issuer, identity.subject) == (ISSUER, DID)
    assert (handle.platform, handle.host, handle.name, handle.external_id) == ("bluesky", "", HANDLE, DID)
    assert (handle.state, handle.proof_method) == ("proved", "login")


@pytest.mark.parametrize(
    "bent", [{"iss": "https://other.example"}, {"iss": None}, {"code": None}, {"state": "x"}], ids=str
)
def test_an_answer_with_a_lie_in_it_is_refused(
    client: FlaskClient, hostile_atproto: HostileAtproto, bent: dict[str, str | None]
) -> None:
    address = address_in(leave(client, "bluesky", HANDLE))
    assert return_to(client, hostile_atproto.approve(address, **bent)).status_code == 400
    assert ("POST", "/oauth/token") not in hostile_atproto.requests
    assert nobody_came_in(client)


@pytest.mark.parametrize(
    "token",
    [{"sub": OTHER_DID}, {"sub": None}, {"sub": [DID]}, {"scope": "transition:generic"}, {"scope": ""}],
    ids=str,
)
def test_a_token_of_somebody_else_is_refused(
    client: FlaskClient, hostile_atproto: HostileAtproto, token: dict[str, Any]
) -> None:
    hostile_atproto.token.update(token)
    address = address_in(leave(client, "bluesky", HANDLE))
    assert return_to(client, hostile_atproto.approve(address)).status_code == 400
    assert nobody_came_in(client)


def test_an_account_that_moved_meanwhile_is_believed_by_its_new_server_alone(
    client: FlaskClient, hostile_atproto: HostileAtproto, signs_in_with: Callable[..., None]
) -> None:
    other = HostileAtproto().start()
    try:
        url = hostile_atproto.url
        signs_in_with(url, other.url, bluesky_appview_url=url, atproto_directory=url)
        address = address_in(leave(client, "bluesky", HANDLE))
        hostile_atproto.document["service"][0]["serviceEndpoint"] = other.url
        assert return_to(client, hostile_atproto.approve(address)).status_code == 400
        assert ("POST", "/oauth/token") not in hostile_atproto.requests
        assert nobody_came_in(client)
    finally:
        other.stop()


def test_somebody_elses_server_cannot_speak_for_the_account(
    client: FlaskClient, hostile_atproto: HostileAtproto, signs_in_with: Callable[..., None]
) -> None:
    """A data server may name another one to sign people in; what that one's own document says must agree."""
    other = HostileAtproto().start()
    try:
        url = hostile_atproto.url
        signs_in_with(url, other.url, bluesky_appview_url=url, atproto_directory=url)
        hostile_atproto.resource["authorization_servers"] = [other.url]
        other.metadata["issuer"] = url
        assert leave(client, "bluesky", HANDLE).status_code == 422
        assert other.pushed == []
    finally:
        other.stop()


def unclaim(server: HostileAtproto) -> None:
    server.document["alsoKnownAs"] = ["at://bo.trail.example"]


def another_document(server: HostileAtproto) -> None:
    server.document["id"] = OTHER_DID


def no_data_server(server: HostileAtproto) -> None:
    server.document["service"] = []


def data_server_with_a_path(server: HostileAtproto) -> None:
    server.document["service"][0]["serviceEndpoint"] = f"{server.url}/pds"


def resource_of_another(server: HostileAtproto) -> None:
    server.resource["resource"] = "https://other.example"


def two_issuers(server: HostileAtproto) -> None:
    server.resource["authorization_servers"] = [server.url, "https://other.example"]


def issuer_of_another(server: HostileAtproto) -> None:
    server.metadata["issuer"] = "https://other.example"


def no_proofs(server: HostileAtproto) -> None:
    server.metadata["dpop_signing_alg_values_supported"] = ["none"]


def no_issuer_in_answers(server: HostileAtproto) -> None:
    server.metadata["authorization_response_iss_parameter_supported"] = False


def endpoint_in_the_clear(server: HostileAtproto) -> None:
    server.metadata["token_endpoint"] = "http://other.example/token"


def page_in_a_script(server: HostileAtproto) -> None:
    server.metadata["authorization_endpoint"] = "javascript:alert(1)"


def no_request_uri(server: HostileAtproto) -> None:
    server.statuses["/oauth/par"] = 201


@pytest.mark.parametrize(
    "bend",
    [unclaim, another_document, no_data_server, data_server_with_a_path, resource_of_another, two_issuers,
     issuer_of_another, no_proofs, no_issuer_in_answers, endpoint_in_the_clear, page_in_a_script, no_request_uri],
)  # fmt: skip
def test_a_server_that_does_not_keep_to_the_rules_is_not_left_for(
    client: FlaskClient, hostile_atproto: HostileAtproto, bend: Callable[[HostileAtproto], None]
) -> None:
    bend(hostile_atproto)
    answer = leave(client, "bluesky", HANDLE)
    assert answer.status_code == 422
    assert 'id="typed-error"' in answer.text
    assert f'value="{HANDLE}"' in answer.text
    assert hostile_atproto.pushed == []


@pytest.mark.parametrize("where", ["data server", "issuer", "endpoint"])
def test_no_request_goes_to_where_a_server_points_inside(
    client: FlaskClient, hostile_atproto: HostileAtproto, where: str
) -> None:
    """A neighbour of ours that listens and is not let through: it must not hear of us."""
    inside = HostileAtproto().start()
    try:
        if where == "data server":
            hostile_atproto.document["service"][0]["serviceEndpoint"] = inside.url
        elif where == "issuer":
            hostile_atproto.resource["authorization_servers"] = [inside.url]
        else:
            hostile_atproto.metadata["pushed_authorization_request_endpoint"] = f"{inside.url}/oauth/par"
        assert leave(client, "bluesky", HANDLE).status_code == 422
        assert inside.requests == []
    finally:
        inside.stop()


@pytest.mark.parametrize(
    "path",
    [f"/{DID}", "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server", "/oauth/par"],
)
def test_a_server_that_is_down_is_said_to_be(client: FlaskClient, hostile_atproto: HostileAtproto, path: str) -> None:
    hostile_atproto.statuses[path] = 503
    answer = leave(client, "bluesky", HANDLE)
    assert answer.status_code == 503
    assert "does not answer" in answer.text


def test_a_server_down_at_the_way_back_signs_nobody_in(client: FlaskClient, hostile_atproto: HostileAtproto) -> None:
    address = address_in(leave(client, "bluesky", HANDLE))
    hostile_atproto.statuses["/oauth/token"] = 502
    assert return_to(client, hostile_atproto.approve(address)).status_code == 503
    assert nobody_came_in(client)


def test_the_way_back_counts_once_and_in_this_browser_alone(
    app: Flask, client: FlaskClient, hostile_atproto: HostileAtproto
) -> None:
    back = hostile_atproto.approve(address_in(leave(client, "bluesky", HANDLE)))
    assert return_to(app.test_client(), back).status_code == 400
    assert return_to(client, back).status_code == 303
    assert return_to(client, back).status_code == 400


@pytest.mark.parametrize(
    "typed", ["", "ada trail", "@", "did:plc:short", "did:key:z6Mk", "ada.trail.example/../x", "127.0.0.1", "a" * 300]
)
def test_what_is_no_handle_is_said_so(client: FlaskClient, hostile_atproto: HostileAtproto, typed: str) -> None:
    before = len(hostile_atproto.requests)
    assert leave(client, "bluesky", typed).status_code == 422
    assert len(hostile_atproto.requests) == before


def test_an_unknown_handle_is_said_so(client: FlaskClient, hostile_atproto: HostileAtproto) -> None:
    answer = leave(client, "bluesky", "nobody.trail.example")
    assert answer.status_code == 422
    assert "no account with that handle" in answer.text


def test_a_handle_that_leads_elsewhere_by_now_signs_in_and_proves_nothing(
    client: FlaskClient, hostile_atproto: HostileAtproto
) -> None:
    """Who somebody is, is their DID: they get in. The name is another's, so it is not theirs to prove."""
    person = a_fan()
    an_identity(person, provider="bluesky", issuer=ISSUER, subject=DID)
    address = address_in(leave(client, "bluesky", HANDLE))
    hostile_atproto.dids[HANDLE] = OTHER_DID
    assert return_to(client, hostile_atproto.approve(address)).status_code == 303
    assert is_signed_in(client)
    assert counted(Handle) == 0


def test_a_handle_with_another_account_behind_it_is_not_proved(
    client_of: Callable[[Person], FlaskClient], hostile_atproto: HostileAtproto
) -> None:
    fan = a_fan()
    handle = a_handle(fan, platform="bluesky", name=HANDLE)
    client = client_of(fan)
    address = address_in(client.post(f"/profile/handles/{handle.id}/proof-by-login"))
    hostile_atproto.dids[HANDLE] = OTHER_DID
    assert return_to(client, hostile_atproto.approve(address)).status_code == 400
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "claimed"


def test_an_account_that_somebody_proved_makes_no_second_person(
    client: FlaskClient, hostile_atproto: HostileAtproto
) -> None:
    a_proved_handle(a_fan(), platform="bluesky", name="under-another.name.example", external_id=DID)
    answer = return_to(client, hostile_atproto.approve(address_in(leave(client, "bluesky", HANDLE))))
    assert answer.status_code == 409
    assert counted(Person) == 1


def test_many_attempts_fit_into_a_cookie(
    sqlite_app: Flask, client: FlaskClient, hostile_atproto: HostileAtproto
) -> None:
    """A browser drops a cookie beyond 4096 bytes, and with it the sign-in."""
    far = "/missions?" + "x" * 285
    for _ in range(4):
        answer = leave(client, "bluesky", HANDLE, next=far)
        address_in(answer)
        assert all(len(each) < 4096 for each in answer.headers.getlist("Set-Cookie"))
    assert return_to(client, hostile_atproto.approve(address_in(answer))).status_code == 303


def test_signing_in_again_asks_for_the_password_and_the_same_account(
    client_of: Callable[[Person], FlaskClient], hostile_atproto: HostileAtproto
) -> None:
    fan = a_fan()
    identity = an_identity(fan, provider="bluesky", issuer=ISSUER, subject=DID)
    stranger = an_identity(a_fan(), provider="bluesky", issuer=ISSUER, subject=OTHER_DID)
    client = client_of(fan)
    assert client.post(f"/profile/identities/{stranger.id}/again").status_code == 404
    address = address_in(client.post(f"/profile/identities/{identity.id}/again"))
    asked = hostile_atproto.pushed[-1]
    assert (asked["prompt"], asked["login_hint"]) == ("login", DID)
    answer = return_to(client, hostile_atproto.approve(address))
    assert answer.headers["Location"] == "/profile/identities"


def test_what_servers_read_about_this_portal(
    app: Flask, client: FlaskClient, signs_in_with: Callable[..., None]
) -> None:
    signs_in_with(public_url="https://portal.example")
    told = client.get("/oauth/client-metadata.json")
    assert told.content_type == "application/json"
    assert told.json is not None
    assert told.json["client_id"] == "https://portal.example/oauth/client-metadata.json"
    assert told.json["redirect_uris"] == [f"{PUBLIC_URL}/sign-in/with/bluesky/callback"]
    assert told.json["scope"] == "atproto"
    assert told.json["dpop_bound_access_tokens"] is True
    assert told.json["token_endpoint_auth_method"] == "none"
