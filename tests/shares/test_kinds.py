"""Reports, answers and comments: each has its form, keeps what was typed, and goes where docs/domain.md says."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim
from portal.missions.models import Mission, MissionQuestion
from portal.points.queries import balances
from portal.shares.handed_in_models import EventReport, GivenAnswer, HandedPicture, ToldComment
from portal.shares.models import Share, ShareForm, ShareState
from tests.accounts.factories import a_marketer, a_moderator, a_person
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import perch_url, picture_bytes

pytestmark = pytest.mark.usefixtures("sqlite_app", "now")

REPORT = {
    "held_on": "2026-10-12", "place": "Hall, Kendal", "people_count": "17", "story": "A good evening.\nMany zips.",
}  # fmt: skip
YOUTUBE = "https://www.youtube.com/watch?v=abcdefghijk"
INSTAGRAM = "https://www.instagram.com/p/Cabc123def4/"


@pytest.fixture
def ada() -> Any:
    return a_person("Ada Fell")


@pytest.fixture
def browser(client_of: Any, ada: Any) -> Any:
    return client_of(ada)


def shares() -> list[Share]:
    return list(db.session.scalars(select(Share)))


def a_host_claim(person: Any) -> Claim:
    return a_claim(a_mission(kind="host", platforms=[], required_tag="", link_target=""), person)


def a_feedback_mission(**columns: Any) -> Mission:
    mission = a_mission(kind="feedback", platforms=[], required_tag="", link_target="", points_held=0, **columns)
    with unit_of_work():
        mission.questions = [
            MissionQuestion(position=0, kind="text", text="What annoyed you?", choices=[], needed=True),
            MissionQuestion(position=1, kind="choice", text="Which colour?", choices=["Red", "Green"], needed=True),
            MissionQuestion(position=2, kind="scale", text="How easy was it?", choices=[], needed=False),
        ]
    return mission


ANSWERS = {"answer_0": "The zip <script>alert(1)</script>", "answer_1": "Green", "answer_2": "4"}


# Reports


def test_a_report_goes_to_a_person_with_all_that_was_told(browser, ada, client_of):
    claim = a_host_claim(ada)
    answer = browser.post(f"/claims/{claim.id}/report", data=REPORT)
    assert answer.status_code == 303
    (share,) = shares()
    assert (share.form, share.state, share.reason_code) == (ShareForm.REPORT, ShareState.NEEDS_REVIEW, "report_to_read")
    report = db.session.query(EventReport).one()
    assert (str(report.held_on), report.place, report.people_count) == ("2026-10-12", "Hall, Kendal", 17)
    for page in (browser.get(answer.location).text, _console(client_of)):
        assert "Hall, Kendal" in page
        assert "Many zips." in page


def test_nobody_who_hosts_needs_an_account_on_a_network(browser, ada):
    mission = a_mission(kind="host", platforms=[])
    assert browser.post(f"/missions/{mission.id}/claim").status_code == 303
    assert db.session.query(Claim).count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"held_on": ""}, "Say on which day it was."),
        ({"held_on": "yesterday"}, "Not a valid date"),
        ({"held_on": "2026-12-24"}, "This day has not come yet."),
        ({"held_on": "2016-10-12"}, "longer ago than a year"),
        ({"place": ""}, "Say where it was"),
        ({"people_count": "0"}, "at least 1"),
        ({"people_count": "many"}, "Not a valid integer"),
        ({"people_count": "9" * 30}, "at least 1"),
        ({"story": ""}, "Tell us in a few sentences."),
        ({"story": "x" * 10_000}, "Keep it below 5,000 letters."),
    ],
)
def test_what_is_wrong_in_a_report_is_told_and_nothing_typed_is_lost(browser, ada, changes, sentence):
    claim = a_host_claim(ada)
    answer = browser.post(f"/claims/{claim.id}/report", data={**REPORT, **changes})
    assert answer.status_code == 422
    assert sentence in answer.text
    for name, value in {**REPORT, **changes}.items():
        assert value.split("\n")[0] in answer.text, name
    assert shares() == []
    again = browser.get(f"/claims/{claim.id}/share").text  # and it is there tomorrow
    assert {**REPORT, **changes}["place"] in again
    assert {**REPORT, **changes}["held_on"] in again


def test_pictures_in_a_report_need_the_consent_of_those_shown(browser, ada):
    claim = a_host_claim(ada)
    added = browser.post(
        f"/claims/{claim.id}/pictures?as=report", data={**REPORT, "file": (io.BytesIO(picture_bytes(1)), "a.png")}
    )
    assert added.status_code == 303
    page = browser.get(added.location).text
    assert "Hall, Kendal" in page  # typed before the picture was added
    box = re.search(r'<input[^>]*name="shown_agreed"[^>]*>', page)
    assert box is not None
    assert "checked" not in box[0]
    picture = db.session.query(HandedPicture).one()
    typed = {**REPORT, f"alt-{picture.id}": "Four people at a table"}
    refused = browser.post(f"/claims/{claim.id}/report", data=typed)
    assert refused.status_code == 422
    assert "Ask the people in your pictures first" in refused.text
    assert "Four people at a table" in refused.text
    assert browser.post(f"/claims/{claim.id}/report", data={**typed, "shown_agreed": "y"}).status_code == 303
    assert db.session.query(EventReport).one().shown_agreed is True


def test_a_report_is_changed_when_more_is_asked_for(browser, ada, client_of):
    claim = a_host_claim(ada)
    location = browser.post(f"/claims/{claim.id}/report", data=REPORT).location
    case = db.session.execute(db.text("SELECT id FROM review_case")).scalar_one()
    client_of(a_moderator()).post(
        f"/staff/review/{case}/decision",
        data={"verdict": "ask_change", "reason_code": "tell_more", "seen_version": "1"},
    )
    form = browser.get(f"/claims/{claim.id}/share").text
    assert "Many zips." in form
    assert 'value="2026-10-12"' in form
    again = browser.post(f"/claims/{claim.id}/report", data={**REPORT, "story": "17 people and 22 repairs."})
    assert again.location == location
    assert db.session.query(EventReport).one().story == "17 people and 22 repairs."
    assert shares()[0].state == ShareState.NEEDS_REVIEW


# Answers


def test_answers_are_verified_by_rule_and_paid_at_once(browser, ada):
    claim = a_claim(a_feedback_mission(), ada)
    answer = browser.post(f"/claims/{claim.id}/answers", data=ANSWERS)
    assert answer.status_code == 303
    (share,) = shares()
    assert (share.form, share.state) == (ShareForm.ANSWERS, ShareState.VERIFIED)
    assert balances(ada.id).available == 80
    page = browser.get(answer.location).text
    assert "What annoyed you?" in page
    assert "The zip &lt;script&gt;" in page
    clock.advance(timedelta(days=8))
    jobs.run_due()
    assert shares()[0].state == ShareState.SETTLED


def test_answers_sent_twice_are_paid_once(browser, ada):
    claim = a_claim(a_feedback_mission(), ada)
    locations = {browser.post(f"/claims/{claim.id}/answers", data=ANSWERS).location for _twice in range(2)}
    assert len(locations) == 1
    assert balances(ada.id).available == 80
    assert db.session.query(GivenAnswer).count() == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"answer_0": ""}, "Answer “"),
        ({"answer_0": "x" * 10_000}, "Keep it below 2,000 letters."),
        ({"answer_1": "Blue"}, "Not a valid choice"),
        ({"answer_1": ""}, "Answer “"),
        ({"answer_2": "11"}, "Not a valid choice"),
    ],
)
def test_wrong_answers_are_told_and_kept(browser, ada, changes, sentence):
    claim = a_claim(a_feedback_mission(), ada)
    answer = browser.post(f"/claims/{claim.id}/answers", data={**ANSWERS, **changes})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert {**ANSWERS, **changes}["answer_0"][:8] in answer.text
    assert shares() == []
    assert balances(ada.id).available == 0


def test_an_optional_question_may_stay_empty(browser, ada):
    claim = a_claim(a_feedback_mission(), ada)
    sent = {name: value for name, value in ANSWERS.items() if name != "answer_2"}
    assert browser.post(f"/claims/{claim.id}/answers", data=sent).status_code == 303
    assert db.session.query(GivenAnswer).count() == 2


def test_answers_are_private(browser, ada, client_of):
    mission = a_feedback_mission()
    claim = a_claim(mission, ada)
    location = browser.post(f"/claims/{claim.id}/answers", data=ANSWERS).location
    stranger, marketer = client_of(a_person()), client_of(a_marketer())
    assert stranger.get(location).status_code == 404
    assert stranger.post(f"/claims/{claim.id}/answers", data=ANSWERS).status_code == 404
    assert marketer.get(location).status_code == 404
    assert stranger.get(f"/staff/missions/{mission.id}/answers").status_code == 403
    read = marketer.get(f"/staff/missions/{mission.id}/answers")
    assert read.status_code == 200
    assert "The zip &lt;script&gt;" in read.text
    assert not re.search(r"\bAda\b", read.text.split("<main", 1)[1])
    assert marketer.get(f"/staff/missions/{a_mission().id}/answers").status_code == 404
    assert "The zip" not in stranger.get(f"/missions/{mission.id}").text


def test_a_draft_of_answers_is_kept(browser, ada):
    claim = a_claim(a_feedback_mission(), ada)
    assert browser.post(f"/claims/{claim.id}/draft?as=answers", data={"answer_0": "Half a tho"}).status_code == 303
    assert "Half a tho" in browser.get(f"/claims/{claim.id}/share").text


# Comments


def an_engage_claim(person: Any, **columns: Any) -> Claim:
    return a_claim(a_mission(kind="engage", platforms=[], **columns), person)


def test_a_reply_that_is_a_post_is_checked_like_one(browser, ada):
    claim = an_engage_claim(ada)
    assert browser.post(f"/claims/{claim.id}/share", data={"url": perch_url()}).status_code == 303
    assert (shares()[0].form, shares()[0].state) == (ShareForm.POST, ShareState.RECEIVED)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (f"{YOUTUBE}&lc=Ugxabcdefghijklmnop4AaABAg", f"{YOUTUBE}&lc=Ugxabcdefghijklmnop4AaABAg"),
        (f"{INSTAGRAM}c/17912345678901234/", "https://www.instagram.com/p/Cabc123def4/c/17912345678901234/"),
        ("https://t.me/fellrunners/55?comment=901", "https://t.me/fellrunners/55?comment=901"),
    ],
)
def test_the_address_of_a_comment_goes_to_a_person_and_counts_once(browser, ada, client_of, typed, url):
    claim = an_engage_claim(ada)
    assert "A person looks it up." in browser.get(f"/claims/{claim.id}/share", query_string={"url": typed}).text
    assert browser.post(f"/claims/{claim.id}/share", data={"url": typed}).status_code == 303
    (share,) = shares()
    assert (share.form, share.state, share.url) == (ShareForm.COMMENT, ShareState.NEEDS_REVIEW, url)
    assert url.replace("&", "&amp;") in _console(client_of)
    bo = a_person()
    other = an_engage_claim(bo)
    refused = client_of(bo).post(f"/claims/{other.id}/share", data={"url": typed})
    assert refused.status_code == 409
    assert "Somebody else handed this post in already." in refused.text
    assert len(shares()) == 1


@pytest.mark.parametrize("typed", [YOUTUBE, INSTAGRAM])
def test_the_address_of_the_post_above_is_no_comment(browser, ada, typed):
    claim = an_engage_claim(ada)
    answer = browser.post(f"/claims/{claim.id}/share", data={"url": typed})
    assert answer.status_code == 422
    assert "Tell us about your comment" in answer.text
    assert f"/claims/{claim.id}/share?as=comment" in answer.text
    assert shares() == []


def test_a_comment_without_an_address_is_told_and_looked_up_by_a_person(browser, ada, client_of):
    claim = an_engage_claim(ada)
    told = {"url": INSTAGRAM, "text": "Ad: I get points. A lemon works too."}
    answer = browser.post(f"/claims/{claim.id}/comment", data=told)
    assert answer.status_code == 303
    assert db.session.query(ToldComment).one().text == told["text"]
    console = _console(client_of)
    assert told["text"] in console
    assert INSTAGRAM in console


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": "hello"}, "This is not an address."),
        ({"url": "https://www.instagram.com/ada_outside/"}, "This is a profile on Instagram"),
        ({"text": ""}, "Copy your comment in here"),
        ({"text": "x" * 10_000}, "Keep it below 2,000 letters."),
    ],
)
def test_what_is_wrong_about_a_comment_is_told_and_kept(browser, ada, changes, sentence):
    claim = an_engage_claim(ada)
    told = {"url": INSTAGRAM, "text": "A lemon works too.", **changes}
    answer = browser.post(f"/claims/{claim.id}/comment", data=told)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert told["url"] in answer.text
    assert told["text"][:10] in answer.text
    assert shares() == []


def test_a_comment_on_a_network_that_the_mission_does_not_take(browser, ada):
    claim = a_claim(a_mission(kind="engage", platforms=["perch"]), ada)
    answer = browser.post(f"/claims/{claim.id}/share", data={"url": f"{YOUTUBE}&lc=Ugxabcdefghijklmnop4AaABAg"})
    assert answer.status_code == 422
    assert "This mission asks for Perch." in answer.text
    assert shares() == []


# All of them


@pytest.mark.parametrize("path", ["share", "files", "report", "answers", "comment"])
@pytest.mark.parametrize("kind", ["share", "create", "engage", "refer", "host", "feedback"])
def test_each_kind_takes_only_its_own_forms(browser, ada, kind, path):
    own = {
        "share": {"share"}, "create": {"share"}, "engage": {"share", "comment"}, "refer": set(), "host": {"report"},
        "feedback": {"answers"},
    }  # fmt: skip
    mission = a_feedback_mission() if kind == "feedback" else a_mission(kind=kind)
    claim = a_claim(mission, ada)
    status = browser.post(f"/claims/{claim.id}/{path}", data={}).status_code
    assert status == (422 if path in own[kind] else 404)


@pytest.mark.parametrize("kind", ["share", "create", "engage", "refer", "host", "feedback"])
def test_pages_of_every_kind_show_in_german_too(client_of, kind):
    ada = a_person("Ada Fell", locale="de")
    browser = client_of(ada)
    mission = a_feedback_mission() if kind == "feedback" else a_mission(kind=kind, takes_files=kind == "create")
    assert browser.get(f"/missions/{mission.id}").status_code == 200
    claim = a_claim(mission, ada)
    for path in (f"/missions/{mission.id}", f"/claims/{claim.id}/share", "/claims", "/home"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert '<html lang="de"' in page.text


def _console(client_of: Any) -> str:
    case = db.session.execute(db.text("SELECT id FROM review_case")).scalars().first()
    return client_of(a_moderator()).get(f"/staff/review/{case}").text
