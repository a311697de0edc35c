"""Finding a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Person
from portal.people import queries
from portal.people.queries import Filter
from tests.accounts.factories import a_fan, a_handle, a_manager, a_marketer, a_moderator, an_admin

ClientOf = Callable[[Person], FlaskClient]


def names(**wanted: str) -> list[str]:
    _page, lines = queries.find_people(Filter(**wanted), cursor=None)
    return [line.person.display_name for line in lines]


def test_search_by_name_address_handle_and_id(app: Flask) -> None:
    maya, teo = a_fan("Maya Okafor", email="maya@example.org"), a_fan("Teo Brandt", email="teo_b@example.org")
    a_handle(teo, name="teorides")
    assert names(text="okaf") == ["Maya Okafor"]
    assert names(text="MAYA@example") == ["Maya Okafor"]
    assert names(text="@TeoRides") == ["Teo Brandt"]
    assert names(text=maya.id[:26]) == ["Maya Okafor"]
    assert names(text="teo_b") == ["Teo Brandt"]
    assert names(text="%") == [], "what is typed is text, not a pattern"
    assert names(text="nobody") == []


def test_filters_by_state_track_and_role(app: Flask) -> None:
    a_fan("Paused Person", state="paused")
    a_fan("Leading Person", track="leader")
    a_moderator("Modest Moderator")
    assert names(state="paused") == ["Paused Person"]
    assert names(track="leader") == ["Leading Person"]
    assert names(role="moderator") == ["Modest Moderator"]
    assert names(role="admin") == []
    assert names(role="staff") == ["Modest Moderator"]
    assert len(names(state="made-up", track="made-up", role="made-up")) == 3


def test_every_page_once_and_in_order(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = {a_fan(f"Fan {number}").id for number in range(65)}
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page, lines = queries.find_people(Filter(), cursor=cursor)
        seen += [line.person.id for line in lines]
        cursor, pages = page.next_cursor, pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 65
    assert set(seen) == everybody


@pytest.mark.parametrize(
    ("make", "status"), [(a_fan, 403), (a_moderator, 403), (a_marketer, 403), (a_manager, 200), (an_admin, 200)]
)
def test_only_who_looks_after_people_sees_them(
    sqlite_app: Flask, client_of: ClientOf, make: Callable[[], Person], status: int
) -> None:
    somebody = a_fan("Maya Okafor")
    browser = client_of(make())
    for address in ("/staff/people", f"/staff/people/{somebody.id}"):
        answer = browser.get(address)
        assert answer.status_code == status
        assert ("Maya Okafor" in answer.text) == (status == 200)


def test_the_page_says_when_nobody_fits(sqlite_app: Flask, client_of: ClientOf) -> None:
    answer = client_of(a_manager()).get("/staff/people?q=nobody-at-all")
    assert answer.status_code == 200
    assert "Nobody fits" in answer.text
    assert 'value="nobody-at-all"' in answer.text
