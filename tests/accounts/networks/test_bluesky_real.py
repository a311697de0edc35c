"""Signing in at a real data server of Bluesky, in a real browser: password, consent, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Playwright
from sqlalchemy import select

from portal.accounts.models import Handle, Identity, Person
from portal.extensions import db
from tests.accounts.conftest import PUBLIC_URL, is_signed_in
from tests.accounts.factories import a_fan, a_handle
from tests.accounts.networks.conftest import address_in, join_as_ada, leave, return_to
from tests.servers.atproto_server import Account, AtprotoServer


@pytest.fixture
def bluesky(atproto_server: AtprotoServer, signs_in_with: Callable[..., None]) -> AtprotoServer:
    """In use by the app under test."""
    server = atproto_server
    urls = {"bluesky_appview_url": server.appview_url, "atproto_directory": server.plc_url}
    signs_in_with(server.pds_url, *urls.values(), **urls)
    return server


@pytest.fixture
def page(_chromium: tuple[Playwright, Browser]) -> Iterator[Page]:
    context = _chromium[1].new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def sign_in_there(page: Page, address: str, account: Account, *, answer: str = "Authorize") -> str:
    """What somebody does at their data server; where it sends the browser afterwards."""
    page.goto(address)
    page.get_by_role("textbox", name="Password").fill(account.password)
    page.get_by_role("button", name="Sign in").click()
    with page.expect_request(lambda request: request.url.startswith(PUBLIC_URL)) as back:
        page.get_by_role("button", name=answer).click()
    return back.value.url


def test_a_newcomer_and_the_way_back_in(
    sqlite_app: Flask, client: FlaskClient, bluesky: AtprotoServer, page: Page
) -> None:
    ada = bluesky.add_account("ada-joins")
    bluesky.catch_up()
    back = sign_in_there(page, address_in(leave(client, "bluesky", ada.handle)), ada)
    assert return_to(client, back).headers["Location"] == "/join"
    assert f"@{ada.handle}" in client.get("/join").text
    assert join_as_ada(client).status_code == 303
    identity, handle = db.session.scalars(select(Identity)).one(), db.session.scalars(select(Handle)).one()
    assert (identity.subject, handle.external_id) == (ada.did, ada.did)
    assert (handle.name, handle.state, handle.proof_method) == (ada.handle, "proved", "login")

    renamed = bluesky.rename(ada, "ada-renamed")
    bluesky.catch_up()
    another = sqlite_app.test_client()
    address = address_in(leave(another, "bluesky", renamed, next="/points"))
    page.goto(address)  # the browser is still signed in there, under the old name or the new one
    with page.expect_request(lambda asked: asked.url.startswith(PUBLIC_URL)) as returned:
        if page.get_by_role("textbox", name="Password").is_visible():
            page.get_by_role("textbox", name="Password").fill(ada.password)
            page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Authorize").click()
    assert return_to(another, returned.value.url).headers["Location"] == "/points"
    assert is_signed_in(another)
    db.session.rollback()
    assert db.session.scalars(select(Handle.name)).all() == [renamed]


def test_a_no_changes_nothing(
    sqlite_app: Flask, client_of: Callable[[Person], FlaskClient], bluesky: AtprotoServer, page: Page
) -> None:
    bo = bluesky.add_account("bo-declines")
    bluesky.catch_up()
    fan = a_fan()
    handle = a_handle(fan, platform="bluesky", name=bo.handle)
    client = client_of(fan)
    address = address_in(client.post(f"/profile/handles/{handle.id}/proof-by-login"))
    back = sign_in_there(page, address, bo, answer="Deny access")
    answer = return_to(client, back)
    assert answer.status_code == 200
    assert "Nothing has changed" in answer.text
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "claimed"
    back = sign_in_there(page, address_in(client.post(f"/profile/handles/{handle.id}/proof-by-login")), bo)
    assert return_to(client, back).headers["Location"] == f"/profile/handles/{handle.id}"
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "proved"
