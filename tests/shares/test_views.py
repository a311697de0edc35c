"""Fans' pages of shares: right status, right words, nothing lost, and nobody else's."""

from datetime import timedelta

import pytest

from portal.extensions import db
from portal.kernel import clock
from portal.missions.claim_models import ClaimState
from portal.shares import queries
from portal.shares.models import Outcome, Share, ShareState
from tests.accounts.factories import a_person
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import a_share, perch_id, perch_url

pytestmark = pytest.mark.usefixtures("sqlite_app", "now")
S = ShareState


@pytest.fixture
def ada():
    return a_person("Ada Fell")


@pytest.fixture
def claim(ada):
    return a_claim(a_mission(title="Show a mended jumper"), ada)


@pytest.fixture
def browser(client_of, ada):
    return client_of(ada)


def test_the_submit_page_shows_the_mission_and_the_draft(browser, claim):
    assert browser.post(f"/claims/{claim.id}/draft", data={"url": "half an addr"}).status_code == 303
    text = browser.get(f"/claims/{claim.id}/share").text
    assert "Show a mended jumper" in text
    assert 'value="half an addr"' in text


def test_what_was_pasted_is_recognised_at_once_with_and_without_javascript(browser, claim):
    url = perch_url(perch_id())
    page = browser.get(f"/claims/{claim.id}/share", query_string={"url": url}).text
    part = browser.get(f"/claims/{claim.id}/share", query_string={"url": url}, headers={"HX-Request": "true"}).text
    for text in (page, part):
        assert "A post on Perch by @ada" in text
    assert "<html" not in part
    profile = browser.get(f"/claims/{claim.id}/share", query_string={"url": perch_url().rpartition("/")[0]}).text
    assert "This is a profile on Perch, not a post." in profile


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Paste the address of your post"),
        ("hello there", "This is not an address."),
        ("@ada", "This is an account, not a post."),
        ("https://www.instagram.com/p/Bq0123abcDE/", "This is a post on Instagram. This mission asks for Perch."),
        ("https://social.example/@ada/114477182939377350", "This is a post on Mastodon. This mission asks for Perch."),
        ("https://social.example/\u202e<script>alert(1)</script>", "There are characters in it that no address has."),
        ("x" * 10_000, "This is longer than any post"),
    ],
)
def test_what_is_no_post_is_refused_with_what_to_do_and_kept(browser, claim, typed, sentence):
    answer = browser.post(f"/claims/{claim.id}/share", data={"url": typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<script>alert" not in answer.text
    assert typed == "" or typed[:20].replace("<", "&lt;") in answer.text
    assert db.session.query(Share).count() == 0


def test_handing_in_twice_leads_to_the_one_share(browser, claim):
    url = perch_url(perch_id())
    answers = [browser.post(f"/claims/{claim.id}/share", data={"url": url}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert "Checking your post" in browser.get(answers[0].location).text
    assert browser.get(f"/claims/{claim.id}/share").location == answers[0].location


def test_a_post_that_counts_already_is_told_plainly(browser, claim):
    taken = a_share(state=S.VERIFIED)
    answer = browser.post(f"/claims/{claim.id}/share", data={"url": taken.url})
    assert answer.status_code == 409
    assert "Somebody else handed this post in already." in answer.text
    assert taken.id not in answer.text


def test_a_claim_that_is_over_says_so(browser, claim):
    clock.advance(claim.expires_at - clock.now())
    answer = browser.post(f"/claims/{claim.id}/share", data={"url": perch_url()})
    assert answer.status_code == 409
    assert "Your place in this mission is not held any more." in answer.text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (S.RECEIVED, "Checking your post"),
        (S.CHECKING, "Checking your post"),
        (S.VERIFIED, "Verified: 80 points"),
        (S.NEEDS_FIX, "The post needs a change"),
        (S.NEEDS_REVIEW, "A person will look"),
        (S.REJECTED, "Think we got it wrong?"),
        (S.SETTLED, "Verified: 80 points"),
        (S.REVOKED, "Its points were taken back"),
        (S.WITHDRAWN, "You took this share back"),
    ],
)
def test_every_state_has_its_page(browser, claim, state, words):
    share = a_share(claim, state=state, outcomes={"disclosed": Outcome.FAILED, "reachable": Outcome.UNKNOWN})
    text = browser.get(f"/shares/{share.id}").text
    assert words in text
    assert "You submitted the address" in text


@pytest.mark.parametrize(("state", "first"), [(S.NEEDS_FIX, "checks"), (S.VERIFIED, "story"), (S.SETTLED, "story")])
def test_the_story_comes_first_once_nothing_is_left_to_mend(browser, claim, state, first):
    share = a_share(claim, state=state, outcomes={"disclosed": Outcome.FAILED if first == "checks" else Outcome.PASSED})
    text = browser.get(f"/shares/{share.id}").text
    places = {part: text.index(f'id="{part}"') for part in ("checks", "story")}
    assert min(places, key=lambda part: places[part]) == first
    assert text.count('id="checks"') == 1


def test_while_checks_run_the_part_asks_again_and_then_the_whole_page(browser, claim):
    share = a_share(claim, state=S.RECEIVED)
    part = browser.get(f"/shares/{share.id}/checks")
    assert 'hx-trigger="every 2s"' in part.text
    assert part.text.count("<li") == 12
    assert '<meta http-equiv="refresh"' in browser.get(f"/shares/{share.id}").text


def test_while_an_unknown_is_asked_again_the_fan_reads_so_instead_of_a_finished_count(browser, claim):
    share = a_share(claim, state=S.CHECKING, outcomes={"reachable": Outcome.UNKNOWN, "author": Outcome.UNKNOWN})
    part = browser.get(f"/shares/{share.id}/checks").text
    assert "we look again by ourselves" in part
    assert "checks done" not in part


def test_checks_that_are_done_ask_for_the_whole_page(browser, claim):
    share = a_share(claim, state=S.VERIFIED)
    answer = browser.get(f"/shares/{share.id}/checks")
    assert (answer.text, answer.headers["HX-Refresh"]) == ("", "true")


def test_check_again_and_taking_back(browser, claim):
    share = a_share(claim, state=S.NEEDS_FIX)
    assert browser.post(f"/shares/{share.id}/check-again").status_code == 303
    assert browser.post(f"/shares/{share.id}/check-again").status_code == 409
    assert browser.post(f"/shares/{share.id}/withdraw").location.endswith(f"/claims/{claim.id}/share")
    assert browser.post(f"/shares/{share.id}/withdraw").status_code == 409
    db.session.refresh(claim)
    assert claim.state == ClaimState.ACTIVE


def test_an_appeal_keeps_its_text_when_it_is_empty_or_too_long(browser, claim):
    share = a_share(claim, state=S.REJECTED)
    assert browser.post(f"/shares/{share.id}/appeal", data={"text": " "}).status_code == 422
    long = browser.post(f"/shares/{share.id}/appeal", data={"text": "y" * 2001})
    assert long.status_code == 422
    assert "y" * 2001 in long.text
    assert browser.post(f"/shares/{share.id}/appeal", data={"text": "It is there."}).status_code == 303
    assert browser.post(f"/shares/{share.id}/appeal", data={"text": "Again"}).status_code == 409
    assert queries.share_of(claim.person_id, share.id).state == S.NEEDS_REVIEW


def test_a_stranger_finds_nothing(client_of, claim):
    share = a_share(claim, state=S.NEEDS_FIX)
    stranger = client_of(a_person("Bo Beck"))
    for path in (f"/claims/{claim.id}/share", f"/shares/{share.id}", f"/shares/{share.id}/checks"):
        assert stranger.get(path).status_code == 404
    for path in ("check-again", "withdraw", "appeal"):
        assert stranger.post(f"/shares/{share.id}/{path}", data={"text": "x"}).status_code == 404
    for path in ("share", "draft"):
        assert stranger.post(f"/claims/{claim.id}/{path}", data={"url": "x"}).status_code == 404
    db.session.refresh(share)
    assert share.state == S.NEEDS_FIX


def test_a_missing_post_is_told_instead_of_a_thank_you(browser, claim):
    share = a_share(claim, state=S.VERIFIED)
    share.missing_since, share.missing_code = clock.now(), "reachable.gone"
    share.grace_until = clock.now() + timedelta(days=1)
    db.session.commit()
    text = browser.get(f"/shares/{share.id}").text
    assert "The post is not as it was" in text
    assert "A look found it not as it was" in text
    assert "Thank you for sharing it" not in text


def test_a_post_on_another_network_is_told_which_ones_the_mission_takes(browser, ada):
    claim = a_claim(a_mission(platforms=["perch", "mastodon"]), ada)
    text = browser.get(
        f"/claims/{claim.id}/share", query_string={"url": "https://bsky.app/profile/ada.example/post/3kabcdefghijk"}
    ).text
    assert "This mission asks for Perch or Mastodon." in text
