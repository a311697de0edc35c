"""The composer: what the checks would say before anything is posted, and a caption put right by one button."""

import html
import re

import pytest

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim
from portal.shares import prints
from portal.shares.likeness import sketch
from portal.shares.resembling import own_words
from tests.accounts.factories import a_person
from tests.missions.factories import a_claim, a_mission, a_ready_fan
from tests.shares.factories import a_share

pytestmark = pytest.mark.usefixtures("sqlite_app", "now")
PLAIN = "The zip of my old jacket runs again, and I did not have to buy a new one. #MendedWithHollin"
HX = {"HX-Request": "true"}


@pytest.fixture
def ada():
    return a_ready_fan("Ada Fell", country="GB")


@pytest.fixture
def claim(ada):
    return a_claim(a_mission(captions=("My mended jacket.", "My mended tent.")), ada)


@pytest.fixture
def browser(client_of, ada):
    return client_of(ada)


def typed(answer):
    found = re.search(r'<textarea[^>]*name="text"[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)
    return html.unescape(found[1]).lstrip("\r\n").replace("\r\n", "\n")


def test_it_starts_with_a_caption_of_the_kit_that_passes(browser, claim):
    second = claim.mission.captions[1]
    answer = browser.get(f"/claims/{claim.id}/caption", query_string={"start": second.id})
    assert typed(answer).startswith("Ad: Hollin Fell rewards me for this post.\n\nMy mended tent.")
    assert 'data-verdict="clear"' in answer.text
    mission = browser.get(f"/missions/{claim.mission_id}").text
    assert f"/claims/{claim.id}/caption?start={second.id}" in mission


def test_javascript_off_it_checks_keeps_and_puts_right(browser, claim):
    url = f"/claims/{claim.id}/caption"
    answer = browser.post(url, data={"text": PLAIN, "platform": "perch"})
    assert answer.status_code == 200
    assert 'data-verdict="missing"' in answer.text
    assert typed(answer) == PLAIN
    assert f"{len(PLAIN)} of 10,000 characters" in answer.text

    mended = browser.post(url, data={"text": PLAIN, "platform": "perch", "act": "mend"})
    assert 'data-verdict="clear"' in mended.text
    assert typed(mended) == f"Ad: {PLAIN}"
    assert typed(browser.get(url)) == f"Ad: {PLAIN}", "the draft is kept"
    again = browser.post(url, data={"text": f"Ad: {PLAIN}", "platform": "perch", "act": "mend"})
    assert typed(again) == f"Ad: {PLAIN}"


def test_it_says_what_to_write_and_not_what_to_edit_in_a_post_that_nobody_made(browser, ada):
    claim = a_claim(a_mission(required_words=["patch"], required_mentions=["@hollinfell"], platforms=["perch"]), ada)
    answer = browser.post(f"/claims/{claim.id}/caption", data={"text": "My mended jacket.", "platform": "perch"}).text
    for said in ("Start it with", "Put one of them into the text", "Mention it in the text", "It does not say “patch”"):
        assert said in answer, said
    for said in ("check again", "Edit the post", "Start the post"):
        assert said not in answer, said


def test_the_drafts_of_caption_and_address_do_not_disturb_each_other(browser, claim):
    browser.post(f"/claims/{claim.id}/caption", data={"text": PLAIN})
    browser.post(f"/claims/{claim.id}/draft", data={"url": "half an addr"})
    browser.post(f"/claims/{claim.id}/caption", data={"text": PLAIN + "!"})
    assert db.session.get_one(Claim, claim.id).draft == {"composed": PLAIN + "!", "url": "half an addr"}


def test_as_one_types_only_the_answer_comes_back_and_nothing_is_written(browser, claim):
    part = browser.post(f"/claims/{claim.id}/caption", data={"text": "#gifted " + PLAIN}, headers=HX).text
    assert "<html" not in part
    assert 'data-verdict="weak"' in part
    assert 'hx-swap-oob="innerHTML"' in part
    assert db.session.get_one(Claim, claim.id).draft == {}


def test_what_the_mission_asks_for_is_looked_for(client_of, ada):
    mission = a_mission(
        link_or_tag=False, required_words=["patch"], required_mentions=["@hollinfell"], platforms=["perch", "mastodon"]
    )
    claim = a_claim(mission, ada)
    page = client_of(ada).post(f"/claims/{claim.id}/caption", data={"text": "Ad: jacket", "platform": "mastodon"}).text
    for words in ("#MendedWithHollin", "patch", "@hollinfell"):
        assert words in page
    assert page.count('data-s="bad"') >= 3
    assert 'data-length="mastodon"' in page


def test_the_fold_is_shown_where_there_is_one(client_of, ada):
    claim = a_claim(a_mission(platforms=["perch", "instagram"]), ada)
    page = client_of(ada).post(
        f"/claims/{claim.id}/caption", data={"text": "w" * 125 + " Ad: late", "platform": "instagram"}
    ).text  # fmt: skip
    assert f'<span id="seen-at-once">{"w" * 125}</span>' in page
    assert 'data-verdict="weak"' in page
    assert "comes late" in page


def test_nearly_the_same_as_somebody_elses_caption_is_said(browser, claim):
    assert "data-alike" not in browser.post(f"/claims/{claim.id}/caption", data={"text": PLAIN}).text
    other = a_share(a_claim(claim.mission, a_ready_fan()))
    with unit_of_work():
        numbers = sketch(own_words(PLAIN, other.mission, "GB"))
        prints.file_prints(other, sketch=numbers, pictures=(), now=clock.now())
    page = browser.post(f"/claims/{claim.id}/caption", data={"text": "Ad: " + PLAIN.replace("old", "blue")}).text
    assert "data-alike" in page
    assert "somebody else posted" in page
    other_words = "Ad: A wet Sunday with tea and thread. My daughter chose yellow for the elbow. #MendedWithHollin"
    assert "data-alike" not in browser.post(f"/claims/{claim.id}/caption", data={"text": other_words}).text


@pytest.mark.parametrize("text", ["", "   ", "🧦" * 400, "<script>alert(1)</script>", "a\r\nb"])
def test_any_text_is_answered_and_survives(browser, claim, text):
    answer = browser.post(f"/claims/{claim.id}/caption", data={"text": text, "platform": "nowhere"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_a_text_that_is_too_long_for_anywhere_comes_back_with_the_reason(browser, claim):
    answer = browser.post(f"/claims/{claim.id}/caption", data={"text": "x" * 10_001})
    assert answer.status_code == 422
    assert "No network takes a caption as long as this." in answer.text
    assert len(typed(answer)) == 10_001


def test_nobody_elses_claim_and_none_that_is_over(client_of, browser, claim):
    stranger = client_of(a_person())
    assert stranger.get(f"/claims/{claim.id}/caption").status_code == 404
    assert stranger.post(f"/claims/{claim.id}/caption", data={"text": "x"}).status_code == 404
    browser.post(f"/claims/{claim.id}/release")
    page = browser.get(f"/claims/{claim.id}/caption").text
    assert "Your place is not held any more" in page
    assert "<textarea" not in page
