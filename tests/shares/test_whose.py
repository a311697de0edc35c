"""Whose post an address says it is: said at once, kindly, and never in the way of handing in."""

from __future__ import annotations

from typing import Any

import pytest

from portal.accounts.models import Handle, HandleState
from portal.extensions import db
from portal.missions.claim_models import Claim
from portal.shares.models import Share
from portal.shares.platforms.reading import Identified, Kind
from portal.shares.whose import Doubt, doubt_about
from tests.accounts.factories import a_handle, a_person, a_proved_handle
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import perch_id, perch_url


def handle(name: str, *, host: str = "", state: str = HandleState.PROVED, external_id: str | None = None) -> Handle:
    return Handle(id=f"id-{name}", name=name, host=host, state=state, external_id=external_id)


def post(author: str, kind: Kind = Kind.POST) -> Identified:
    return Identified("net", kind, author=author)


ADA = handle("ada")
CLAIMED = handle("bo", state=HandleState.CLAIMED)
LOST = handle("bo", state=HandleState.LOST)
BY_ID = handle("ada", external_id="did:plc:7")


@pytest.mark.parametrize(
    ("found", "handles", "doubt"),
    [
        (post("ada"), [ADA], None),
        (post("Ada"), [ADA], None),
        (post("ada@social.example"), [handle("ada", host="social.example")], None),
        (post("ada@other.example"), [handle("ada", host="social.example")],
         Doubt("not_yours", yours="@ada@social.example")),
        (post("did:plc:7"), [BY_ID], None),
        (post("did:plc:8"), [BY_ID], Doubt("not_yours", yours="@ada")),
        (post("did:plc:8"), [ADA], None),  # known by its name alone: an id says nothing about it
        (post("1234"), [ADA], None),
        (post("bo"), [ADA], Doubt("not_yours", yours="@ada")),
        (post("bo"), [ADA, CLAIMED], Doubt("not_proved", handle_id="id-bo")),
        (post("bo"), [LOST], Doubt("not_proved", handle_id="id-bo")),
        (post("bo"), [], Doubt("none_proved")),
        (post(""), [CLAIMED], Doubt("none_proved")),
        (post(""), [ADA], None),  # the address names nobody
        (post("", Kind.SHORT), [], None),
    ],
)  # fmt: skip
def test_what_an_address_says_of_its_author(found: Identified, handles: list[Handle], doubt: Doubt | None) -> None:
    assert doubt_about(found, handles) == doubt


@pytest.fixture
def ada(sqlite_app: Any, now: Any) -> Any:
    return a_person("Ada Fell")


@pytest.fixture
def claim(ada: Any) -> Claim:
    return a_claim(a_mission(), ada)


def parts(browser: Any, claim: Claim, url: str) -> list[str]:
    """The line under the field: on the page, and as it is swapped."""
    path, typed = f"/claims/{claim.id}/share", {"url": url}
    return [
        browser.get(path, query_string=typed).text,
        browser.get(path, query_string=typed, headers={"HX-Request": "true"}).text,
    ]


def test_another_accounts_post_is_named_and_can_be_handed_in_all_the_same(client_of, claim, ada):
    a_proved_handle(ada, name="adafell")
    browser, url = client_of(ada), perch_url(perch_id(), handle="bo")
    for text in parts(browser, claim, url):
        assert "The address names @bo; on Perch you proved" in text
        assert "@adafell. Paste a post of your own" in text
        assert 'href="/profile/handles/new"' in text
    assert browser.post(f"/claims/{claim.id}/share", data={"url": url}).status_code == 303
    assert db.session.query(Share).count() == 1


def test_an_account_that_was_added_but_not_proved_is_led_to_its_proof(client_of, claim, ada):
    added = a_handle(ada, name="bo")
    for text in parts(client_of(ada), claim, perch_url(perch_id(), handle="bo")):
        assert "You added @bo but have not proved yet that it is yours." in text
        assert f'href="/profile/handles/{added.id}"' in text


def test_ones_own_post_is_left_in_peace(client_of, claim, ada):
    a_proved_handle(ada, name="adafell")
    for text in parts(client_of(ada), claim, perch_url(perch_id(), handle="adafell")):
        assert "A post on Perch by @adafell" in text
        assert "data-doubt" not in text
