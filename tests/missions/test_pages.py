"""Fans' pages: the board, a mission, claiming over HTTP, my claims; and what strangers get."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import new_id
from portal.kernel.formatting import moment
from portal.kernel.unit_of_work import unit_of_work
from portal.links.queries import address_of, link_of_claim
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.claims import stop_clock
from portal.missions.models import Mission
from tests.accounts.factories import a_person, a_proved_handle
from tests.campaigns.factories import a_campaign
from tests.guidelines.factories import a_published_guideline
from tests.missions.factories import a_claim, a_mission, a_ready_fan

ClientOf = Callable[[Person], FlaskClient]
QUERIES_MAX = 12
COMPRESSED_BYTES_MAX = 100_000


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that were sent to the database meanwhile."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def titles(page: str) -> list[str]:
    return re.findall(r'<h3 class="t-lg"><a href="[^"]+">([^<]+)</a>', page)


def places_taken(mission: Mission) -> int:
    db.session.expire_all()
    return db.session.get(Mission, mission.id).places_taken


def test_board_shows_what_i_can_do_first_and_why_not_for_the_rest(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    fan = a_ready_fan()
    full = a_mission(title="Full one", places_total=1)
    a_claim(full)
    a_mission(title="For creators", roles=["creator"])
    a_claim(a_mission(title="Held one"), fan)
    a_mission(title="Ends late", closes_at=now + timedelta(days=9))
    a_mission(title="Ends soon", closes_at=now + timedelta(days=1))
    a_mission(title="Hidden draft", state="draft")
    a_mission(title="Closed one", state="closed")

    page = client_of(fan).get("/missions").text

    assert titles(page) == ["Ends soon", "Ends late", "Held one", "Full one", "For creators"] or titles(page) == [
        "Ends soon",
        "Ends late",
        "Held one",
        "For creators",
        "Full one",
    ]
    assert "2 are open to you and you hold a place in one." in page
    assert "All places are taken." in page
    assert "Add that role to your profile" in page
    assert "Hidden draft" not in page
    assert "Closed one" not in page


def test_guideline_to_read_is_a_step_and_not_a_wall(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    a_published_guideline()
    a_mission(title="Needs reading")

    page = client_of(a_ready_fan()).get("/missions").text

    assert "One is open to you." in page
    assert "read the guideline" in page


ALL_TITLES = {"For creators", "On Mastodon", "Any network", "Ends soon", "Create it", "Rich"}
FILTERS = [
    ("platform=mastodon", {"Any network", "On Mastodon"}),
    ("kind=create", {"Create it"}),
    ("role=creator", ALL_TITLES),
    ("points=200", {"Rich"}),
    ("days=3", {"Ends soon"}),
    ("platform=perch&points=200", {"Rich"}),
    ("kind=nonsense&points=7&days=-1&sort=x", ALL_TITLES),
]  # fmt: skip


@pytest.mark.parametrize(("query", "shown"), FILTERS)
def test_filters_work_by_address_alone(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, query: str, shown: set[str]
) -> None:
    season = a_campaign()
    a_mission(season, title="Any network", platforms=[])
    a_mission(season, title="On Mastodon", platforms=["mastodon"])
    a_mission(season, title="For creators", roles=["creator"])
    a_mission(season, title="Create it", kind="create")
    a_mission(season, title="Rich", points_now=200)
    a_mission(season, title="Ends soon", closes_at=now + timedelta(days=2))

    page = client_of(a_ready_fan()).get(f"/missions?{query}").text

    assert set(titles(page)) == shown


def test_filter_that_fits_nothing_says_so_and_can_be_cleared(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    a_mission()

    page = client_of(a_ready_fan()).get("/missions?points=200").text

    assert "No mission fits these filters" in page
    assert 'href="/missions"' in page
    assert '<option value="200" selected>' in page


def test_empty_board_says_what_comes(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    assert "No missions just now" in client_of(a_person()).get("/missions").text


def test_sorting_by_points(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign()
    a_mission(season, title="Small", points_now=10)
    a_mission(season, title="Large", points_now=300)

    assert titles(client_of(a_ready_fan()).get("/missions?sort=points").text) == ["Large", "Small"]


def test_board_asks_the_database_the_same_however_many_missions(app: Flask, now: datetime, client_of: ClientOf) -> None:
    fan = a_ready_fan()
    client = client_of(fan)
    seasons = [a_campaign() for _each in range(3)]

    def add(number: int) -> None:
        for index in range(number):
            a_mission(seasons[index % 3], places_total=1 + index % 2)

    add(30)
    client.get("/missions")
    with counted() as thirty:
        assert client.get("/missions").status_code == 200
    add(30)
    with counted() as sixty:
        page = client.get("/missions")

    assert len(titles(page.text)) == 30
    assert len(sixty) == len(thirty) <= QUERIES_MAX, "\n".join(sixty)
    assert set(titles(page.text)).isdisjoint(titles(client.get("/missions?page=2").text))


def test_board_of_thirty_missions_is_light(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign()
    for _each in range(30):
        a_mission(season)

    page = client_of(a_ready_fan()).get("/missions").data

    assert len(gzip.compress(page)) < 12_000
    assert b"style=" not in page


def test_mission_page_shows_brief_terms_and_preview_of_the_kit(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    mission = a_mission(captions=("This jacket has been up more hills than I have years.",))

    page = client_of(a_ready_fan()).get(f"/missions/{mission.id}").text

    for words in (
        "<strong>one thing</strong>", "Use your own photo", "Name other makers", "5 of 5 places left", "80 points",
        "After 7 days still up", "40 points", "Your own link, or #MendedWithHollin.", "#MendedWithHollin",
        "Ad: Hollin Fell rewards me for this post.", "up more hills", "Claim a place",
        "Saturday 17 October, 10:14",
    ):  # fmt: skip
        assert words in page, words
    assert "/l/" not in page
    assert "compose?" not in page
    assert page.count("btn-primary") == 2  # the same button twice: beside the text, and in the phone's bar


def test_claimed_kit_holds_my_link_and_opens_my_composers(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    fan = a_ready_fan()
    a_proved_handle(
        fan, platform="mastodon", host="social.example", name="ada", profile_url="https://social.example/@ada"
    )
    mission = a_mission(captions=("Look & see “this”",), platforms=["perch", "mastodon"])
    held = a_claim(mission, fan)
    link = address_of(link_of_claim(held.id))

    page = client_of(fan).get(f"/missions/{mission.id}").text

    assert link in page
    assert "I have posted it" in page
    addresses = [urlsplit(url.replace("&amp;", "&")) for url in re.findall(r'href="(http[^"]+)"', page)]
    composers = {(url.netloc, url.path): parse_qs(url.query)["text"][0] for url in addresses if url.query}
    text = f"Ad: Hollin Fell rewards me for this post.\n\nLook & see “this”\n\n#MendedWithHollin {link}"
    assert composers == {("127.0.0.1:8001", "/compose"): text, ("social.example", "/share"): text}


def test_german_fan_gets_german_disclosure(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    fan = a_ready_fan(country="DE")
    mission = a_mission(captions=("A caption in English.",))

    page = client_of(fan).get(f"/missions/{mission.id}").text

    assert "Werbung (Ad): Hollin Fell rewards me for this post." in page


def test_claiming_twice_by_double_click_takes_one_place(app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()
    client = client_of(a_ready_fan())

    answers = [client.post(f"/missions/{mission.id}/claim") for _click in range(2)]

    assert [(answer.status_code, answer.location.partition("#")[2]) for answer in answers] == [
        (303, "kit"),
        (303, "kit"),
    ]
    assert places_taken(mission) == 1


def test_refused_claim_answers_with_a_sentence_and_its_status(app: Flask, now: datetime, client_of: ClientOf) -> None:
    full = a_mission(places_total=1)
    a_claim(full)
    closed = a_mission(state="closed", closes_at=now)
    others = a_mission(tracks=["employee"])
    client = client_of(a_ready_fan())

    for mission, status, words in (
        (full, 409, "All places are taken."),
        (closed, 409, "This mission ended on"),
        (others, 403, "This mission is for: Employees."),
    ):
        before = places_taken(mission)
        answer = client.post(f"/missions/{mission.id}/claim")
        assert answer.status_code == status
        assert words in answer.text
        assert places_taken(mission) == before


def test_missing_guideline_sends_there_and_back(app: Flask, now: datetime, client_of: ClientOf) -> None:
    version = a_published_guideline()
    mission = a_mission()
    client = client_of(a_ready_fan())

    answer = client.post(f"/missions/{mission.id}/claim")

    assert answer.status_code == 409
    there = re.search(rf'href="(/guidelines/{version.guideline.slug}\?next=[^"]+)"', answer.text)
    assert there
    assert parse_qs(urlsplit(there[1]).query)["next"] == [f"/missions/{mission.id}"]
    assert places_taken(mission) == 0


@pytest.mark.parametrize("address", ["/missions/{}", "/missions/{}/claim", "/claims/{}/release"])
def test_unknown_ids_are_not_found(sqlite_app: Flask, now: datetime, client_of: ClientOf, address: str) -> None:
    client = client_of(a_ready_fan())
    draft = a_mission(state="draft")
    for id_ in (new_id(), "nonsense", draft.id):
        ask = client.post if address.endswith(("claim", "release")) else client.get
        assert ask(address.format(id_)).status_code == 404


def test_strangers_claim_is_not_found_and_stays(app: Flask, now: datetime, client_of: ClientOf) -> None:
    held = a_claim()

    answer = client_of(a_ready_fan()).post(f"/claims/{held.id}/release")

    assert answer.status_code == 404
    assert places_taken(held.mission) == 1


def test_giving_back_twice_gives_one_place_back(app: Flask, now: datetime, client_of: ClientOf) -> None:
    fan, mission = a_ready_fan(), a_mission()
    held = a_claim(mission, fan)
    a_claim(mission)
    client = client_of(fan)

    answers = [client.post(f"/claims/{held.id}/release") for _click in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "free for somebody else" in client.get(answers[0].location).text
    assert places_taken(mission) == 1


def test_claim_with_a_share_in_it_is_not_given_back(app: Flask, now: datetime, client_of: ClientOf) -> None:
    fan = a_ready_fan()
    held = a_claim(a_mission(), fan)
    with unit_of_work():
        stop_clock(held, now=now)

    answer = client_of(fan).post(f"/claims/{held.id}/release")

    assert answer.status_code == 409
    assert "not open any more" in answer.text
    assert db.session.scalars(select(Claim.state)).all() == [ClaimState.SUBMITTED]


def test_my_claims_say_what_to_do_next(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    fan = a_ready_fan()
    soon = a_claim(a_mission(title="Ends first", deliver_hours=5), fan)
    a_claim(a_mission(title="Ends later"), fan)
    a_claim(a_mission(title="Somebody else’s"))
    client = client_of(fan)

    page = client.get("/claims").text

    assert page.index("Ends first") < page.index("Ends later")
    assert "Somebody else’s" not in page
    assert f'href="/claims/{soon.id}/share"' in page
    assert "5 hrs" in page
    assert page.count("btn-primary") == 1


def test_claim_whose_time_is_up_offers_nothing_to_hand_in(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    fan = a_ready_fan()
    held = a_claim(a_mission(deliver_hours=5), fan)
    client = client_of(fan)
    clock.advance(timedelta(hours=5))

    page = client.get("/claims").text

    assert "Time is up" in page
    assert f"/claims/{held.id}/share" not in page


def test_nobody_without_a_claim_is_left_alone(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    page = client_of(a_person()).get("/claims").text

    assert "You hold no place just now" in page
    assert 'href="/missions"' in page


@pytest.mark.parametrize("path", ["/missions", "/claims", "/missions/x", "/staff/missions", "/staff/seasons"])
def test_strangers_are_asked_to_sign_in(sqlite_app: Flask, client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


def test_the_board_says_until_when_my_place_is_held_and_that_it_was_handed_in(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    ada = a_ready_fan()
    claim = a_claim(a_mission(), ada)
    page = client_of(ada).get("/missions").text
    assert "You hold a place" in page
    with sqlite_app.test_request_context():
        assert f"Held until {moment(claim.expires_at, 'short')}" in page
    with unit_of_work():
        stop_clock(claim, now=now)
    page = client_of(ada).get("/missions").text
    assert "Handed in" in page
    assert "Held until" not in page
    assert "Held until" not in client_of(a_ready_fan()).get("/missions").text


def test_a_newcomer_is_told_what_opens_missions_and_led_there(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    mission = a_mission()
    hosts = a_mission(roles=["host"])
    newcomer = client_of(a_person())
    assert "One is open to you once you have proved an account that you post from." in newcomer.get("/missions").text
    page = newcomer.get(f"/missions/{mission.id}").text
    assert len(re.findall(r'href="/profile/handles/new"', page)) == 2, "beside the mission, and in the phone's bar"
    assert 'href="/profile/edit"' in newcomer.get(f"/missions/{hosts.id}").text
    assert 'href="/profile/handles/new"' not in client_of(a_ready_fan()).get(f"/missions/{mission.id}").text
