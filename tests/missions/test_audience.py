"""The audience guard at work: claims beyond the limit, the board's advice, a person's page and staff's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.audit import AuditEntry
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.audience import account_loads, choose
from portal.missions.audience_models import AudienceChoice, AudienceLimit
from portal.missions.board import Filters, board
from portal.missions.claim_models import Claim
from portal.missions.claiming import claim_place
from portal.missions.errors import NotEligible
from portal.missions.rating import Rated
from portal.missions.rules import Reason
from portal.shares.models import ShareState
from portal.shares.posted_for_us import posts_for_us
from tests.accounts.factories import a_marketer, a_proved_handle
from tests.missions.factories import a_claim, a_mission, a_ready_fan, an_audience_limit
from tests.shares.factories import a_share


@pytest.fixture(autouse=True)
def limits(app: Flask, now: datetime) -> None:
    an_audience_limit(week_max=3, month_max=8, gap_hours=24)


def shares(fan: Person, count: int, **columns: object) -> None:
    for _ in range(count):
        a_share(person=fan, mission=a_mission(), **columns)
        clock.advance(timedelta(hours=1))


def claim(fan: Person, **columns: object) -> Claim:
    mission = a_mission(**columns)
    with unit_of_work():
        return claim_place(mission, fan, now=clock.now())


def test_a_claim_beyond_the_limit_is_refused_kindly_and_says_when(app: Flask, now: datetime, client_of):
    fan = a_ready_fan()
    shares(fan, 3)
    mission = a_mission()
    answer = client_of(fan).post(f"/missions/{mission.id}/claim")
    assert answer.status_code == 409
    assert "rested on Wednesday 21 October" in answer.text
    assert db.session.query(Claim).filter_by(mission_id=mission.id).count() == 0
    clock.advance(timedelta(days=7))
    assert client_of(fan).post(f"/missions/{mission.id}/claim").status_code == 303


def test_places_that_are_held_count_as_posts_to_come(app: Flask, now: datetime):
    fan = a_ready_fan()
    for _ in range(3):
        claim(fan)
    with pytest.raises(NotEligible) as refused:
        claim(fan)
    assert refused.value.reasons == [Reason.AUDIENCE_RESTS]


def test_what_followers_do_not_see_as_a_post_does_not_count(app: Flask, now: datetime):
    fan = a_ready_fan()
    shares(fan, 3)
    assert claim(fan, kind="engage").state == "active"


def test_places_of_what_is_no_post_do_not_count_either(app: Flask, now: datetime):
    fan = a_ready_fan()
    for _ in range(3):
        claim(fan, kind="engage")
    assert claim(fan).state == "active"


@pytest.mark.parametrize(
    ("yes", "unsure", "no", "is_told", "is_poor"),
    [
        (0, 0, 0, False, False),
        (0, 0, 4, False, False),
        (0, 0, 5, True, True),
        (3, 0, 2, True, True),
        (2, 2, 2, True, False),
    ],
)
def test_content_is_poorly_rated_once_enough_people_said_so(
    yes: int, unsure: int, no: int, is_told: bool, is_poor: bool
):
    """Four who all say no are too few: staff could tell who they are."""
    rated = Rated(yes, unsure, no)
    assert (rated.is_told, rated.is_poor) == (is_told, is_poor)


def test_another_account_is_another_audience(app: Flask, now: datetime):
    fan = a_ready_fan()
    a_proved_handle(fan, platform="mastodon", host="social.example", name="ada")
    shares(fan, 3)
    with pytest.raises(NotEligible):
        claim(fan, platforms=["perch"])
    assert claim(fan, platforms=["mastodon"]).state == "active"


def test_what_was_taken_back_is_not_counted(app: Flask, now: datetime):
    fan = a_ready_fan()
    shares(fan, 2, state="withdrawn")
    assert claim(fan).state == "active"


def test_a_person_can_only_be_stricter(app: Flask, now: datetime):
    fan = a_ready_fan()
    with unit_of_work():
        choose(fan, week_max=1, month_max=None, gap_hours=None, topics=[], now=clock.now())
    shares(fan, 1)
    with pytest.raises(NotEligible):
        claim(fan)
    with unit_of_work():
        choose(fan, week_max=21, month_max=84, gap_hours=0, topics=[], now=clock.now())
    shares(fan, 2)
    with pytest.raises(NotEligible):
        claim(fan)


def test_the_board_lowers_what_would_tire_followers_and_lifts_what_fits(app: Flask, now: datetime):
    fan = a_ready_fan()
    a_proved_handle(fan, platform="mastodon", host="social.example", name="ada")
    with unit_of_work():
        choose(fan, week_max=None, month_max=None, gap_hours=None, topics=["Boots "], now=clock.now())
    shares(fan, 1)
    tired = a_mission(title="Tired", platforms=["perch"], topics=["boots"])
    plain = a_mission(title="Plain", platforms=["mastodon"])
    fits = a_mission(title="Fits", platforms=["mastodon"], topics=["boots"])
    cards = [
        card for card in board(fan, Filters(), now=clock.now()).cards if card.row.id in {tired.id, plain.id, fits.id}
    ]
    assert [card.row.title for card in cards] == ["Fits", "Plain", "Tired"]
    assert cards[2].is_open
    assert cards[2].load.advised_until is not None


def test_what_is_not_for_me_is_hidden_told_to_staff_and_can_come_back(app: Flask, now: datetime, client_of):
    fan, marketer = a_ready_fan(), a_marketer()
    mission = a_mission(title="Show your boots")
    browser = client_of(fan)
    for _ in range(2):
        assert browser.post(f"/missions/{mission.id}/pass", data={"why": "not_my_topic"}).status_code == 303
    assert "Show your boots" not in browser.get("/missions").text
    assert "Show your boots" in browser.get("/missions?passed=1").text
    assert "Not my topic: 1" in client_of(marketer).get("/staff/audience").text
    for _ in range(2):
        assert browser.post(f"/missions/{mission.id}/bring-back").status_code == 303
    assert "Show your boots" in browser.get("/missions").text


def test_somebody_elses_board_is_not_touched(app: Flask, now: datetime, client_of):
    mission = a_mission(title="Show your boots")
    client_of(a_ready_fan()).post(f"/missions/{mission.id}/pass", data={"why": ""})
    assert "Show your boots" in client_of(a_ready_fan()).get("/missions").text


def test_who_shared_says_whether_friends_liked_it(app: Flask, now: datetime, client_of):
    mission, marketer = a_mission(places_total=10, title="Show your boots"), a_marketer()
    for answer in ("no", "no", "yes", "no", "unsure"):
        share = a_share(person=a_ready_fan(), mission=mission)
        browser = client_of(share.person)
        assert browser.post(f"/claims/{share.claim_id}/rating", data={"answer": "yes"}).status_code == 303
        assert browser.post(f"/claims/{share.claim_id}/rating", data={"answer": answer}).status_code == 303
    assert "Poorly rated" in client_of(marketer).get("/staff/audience").text


def test_a_rating_needs_a_share_of_ones_own_and_a_known_answer(app: Flask, now: datetime, client_of):
    fan, stranger = a_ready_fan(), a_ready_fan()
    share, waiting = a_share(person=fan, mission=a_mission()), claim(fan)
    assert client_of(stranger).post(f"/claims/{share.claim_id}/rating", data={"answer": "no"}).status_code == 404
    assert client_of(fan).post(f"/claims/{share.claim_id}/rating", data={"answer": "great"}).status_code == 400
    assert client_of(fan).post(f"/claims/{waiting.id}/rating", data={"answer": "no"}).status_code == 409


def test_the_page_tells_what_followers_saw(app: Flask, now: datetime, client_of):
    fan = a_ready_fan()
    shares(fan, 2)
    page = client_of(fan).get("/audience").text
    assert "Posts in the last 7 days: 2 of 3" in page
    assert "Better rests" in page


def test_ones_own_limits_are_kept_and_nonsense_is_explained(app: Flask, now: datetime, client_of):
    fan = a_ready_fan()
    browser = client_of(fan)
    refused = browser.post("/audience", data={"week_max": "9", "month_max": "2", "topics": "boots, wool"})
    assert refused.status_code == 422
    assert "boots, wool" in refused.text
    assert db.session.get(AudienceChoice, fan.id) is None
    kept = {"week_max": "2", "month_max": "", "gap_hours": "48", "topics": "Boots,  wool , boots"}
    assert browser.post("/audience", data=kept).status_code == 303
    row = db.session.get(AudienceChoice, fan.id)
    assert (row.week_max, row.month_max, row.gap_hours, row.topics) == (2, None, 48, ["boots", "wool"])


def test_staffs_limit_needs_a_reason_is_audited_and_counts_at_once(app: Flask, now: datetime, client_of):
    marketer, fan = a_marketer(), a_ready_fan()
    shares(fan, 1)
    browser = client_of(marketer)
    numbers = {"week_max": "1", "month_max": "4", "gap_hours": "12"}
    assert browser.post("/staff/audience", data=numbers).status_code == 422
    assert db.session.get(AudienceLimit, "everybody").week_max == 3
    for _ in range(2):
        assert browser.post("/staff/audience", data={**numbers, "why": "Fewer, better posts"}).status_code == 303
    entries = db.session.query(AuditEntry).filter_by(action="audience.limits_set").all()
    assert [(entry.why, entry.before["week_max"], entry.after["week_max"]) for entry in entries] == [
        ("Fewer, better posts", 3, 1)
    ]
    with pytest.raises(NotEligible):
        claim(fan)


def test_a_post_that_nobody_has_read_yet_counts_for_each_account_there(app: Flask, now: datetime):
    fan = a_ready_fan()
    a_proved_handle(fan, platform="perch", name="second")
    shares(fan, 1)
    assert [each.load.week for each in account_loads(fan.id, now=clock.now())] == [1, 1]


def test_a_place_still_to_be_used_names_the_networks_of_its_mission(app: Flask, now: datetime) -> None:
    ada = a_ready_fan()
    a_claim(a_mission(platforms=["perch", "mastodon"]), ada)
    a_share(a_claim(a_mission(platforms=["perch"]), ada), state=ShareState.VERIFIED)
    found = posts_for_us(ada.id, now - timedelta(days=28))
    assert sorted((sorted(post.platforms), post.at is None) for post in found) == [
        (["mastodon", "perch"], True), (["perch"], False),
    ]  # fmt: skip
