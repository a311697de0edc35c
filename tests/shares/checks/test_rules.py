"""Each check as a table of cases: what is known, and what it may say."""

from datetime import timedelta

import pytest

from portal.shares.checks import author, link_or_tag, not_used_before, posted_after_claim, reachable, recognised
from portal.shares.checks.finding import OtherShare, ProvedHandle
from portal.shares.checks.history import History
from portal.shares.checks.running import all_checks, checks_asked, run_checks
from portal.shares.models import Outcome
from portal.shares.platforms.reading import Identified, Kind, Media, Trouble
from tests.shares.checks.contexts import CLAIMED, LINK, NOW, a_context, a_post, a_problem, asked

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
SHORT = Identified("perch", Kind.SHORT, canonical="https://perch.example/p/x", post_key="perch:short:x")


def test_the_checks_are_found_by_themselves_in_the_order_they_are_shown():
    assert [check.code for check in all_checks()] == [
        "recognised", "reachable", "accepted_form", "in_conversation", "author", "handle_age", "followers",
        "posted_after_claim", "fresh_content", "link_or_tag", "mentions", "words", "language", "media", "original_work",
        "disclosed", "not_used_before", "text_not_repeated", "pictures_not_repeated", "not_posted_again", "brand_safe",
        "no_forbidden_claims",
    ]  # fmt: skip


def test_only_what_is_asked_is_checked():
    assert [check.code for check in checks_asked(asked())] == [
        "recognised", "reachable", "author", "posted_after_claim", "fresh_content", "link_or_tag", "disclosed",
        "not_used_before", "text_not_repeated", "pictures_not_repeated", "not_posted_again",
    ]  # fmt: skip


def test_before_anything_is_read_only_the_free_checks_answer():
    assert set(run_checks(a_context(reading=None))) == {"recognised", "not_used_before"}


def test_a_good_post_passes_them_all():
    context = a_context(history=History(own_letters=60))
    assert "text_not_repeated" in run_checks(context)
    assert {finding.outcome for finding in run_checks(context).values()} == {PASSED}


@pytest.mark.parametrize("trouble", list(Trouble))
def test_what_could_not_be_read_is_never_passed_and_fails_only_by_evidence(trouble):
    findings = run_checks(a_context(reading=a_problem(trouble)))
    assert findings["reachable"].outcome is not PASSED
    for code in ("author", "posted_after_claim", "link_or_tag", "disclosed"):
        assert findings[code].outcome is UNKNOWN, code


@pytest.mark.parametrize(
    ("context", "outcome", "reason"),
    [
        (a_context(), PASSED, "recognised"),
        (a_context(asked=asked(platforms=())), PASSED, "recognised"),
        (a_context(asked=asked(platforms=("mastodon",))), FAILED, "network_not_asked"),
        (a_context(reading=a_problem(Trouble.WRONG_NETWORK)), FAILED, "not_that_network"),
        (a_context(reading=a_problem(Trouble.GONE)), PASSED, "recognised"),
    ],
)
def test_recognised(context, outcome, reason):
    finding = recognised.check(context)
    assert (finding.outcome, finding.reason_code) == (outcome, reason)


@pytest.mark.parametrize(
    ("context", "outcome", "reason"),
    [
        (a_context(), PASSED, "public"),
        (a_context(reading=a_post(visibility="unlisted")), PASSED, "public"),
        (a_context(reading=a_post(visibility="private")), FAILED, "not_public"),
        (a_context(reading=a_post(visibility="direct")), FAILED, "not_public"),
        (a_context(reading=None), UNKNOWN, "not_read_yet"),
        (a_context(reading=a_problem(Trouble.GONE)), UNKNOWN, "gone_once"),
        (a_context(reading=a_problem(Trouble.GONE), gone_since=NOW - timedelta(seconds=30)), UNKNOWN, "gone_once"),
        (a_context(reading=a_problem(Trouble.GONE), gone_since=NOW - timedelta(minutes=2)), FAILED, "gone"),
        (a_context(reading=a_problem(Trouble.LOGIN_WALL)), UNKNOWN, "login_wall"),
        (a_context(reading=a_problem(Trouble.UNREACHABLE)), UNKNOWN, "unreachable"),
        (a_context(reading=a_problem(Trouble.RATE_LIMITED)), UNKNOWN, "rate_limited"),
        (a_context(reading=a_problem(Trouble.UNEXPECTED)), UNKNOWN, "unexpected"),
    ],
)
def test_reachable(context, outcome, reason):
    finding = reachable.check(context)
    assert (finding.outcome, finding.reason_code) == (outcome, reason)


@pytest.mark.parametrize(
    ("handles", "post", "outcome", "reason"),
    [
        ((ProvedHandle("perch", "", "ada", "id-ada"),), a_post(), PASSED, "yours"),
        ((ProvedHandle("perch", "", "ada", None),), a_post(), PASSED, "yours"),
        # The account was renamed: its id still says whose it is.
        ((ProvedHandle("perch", "", "ada_before", "id-ada"),), a_post(), PASSED, "yours"),
        # The name was given up and taken by somebody else.
        ((ProvedHandle("perch", "", "ada", "id-ada-old"),), a_post(), FAILED, "name_has_another_owner"),
        ((ProvedHandle("perch", "", "bo", "id-bo"),), a_post(), FAILED, "not_yours"),
        ((), a_post(), FAILED, "no_proved_handle"),
        ((ProvedHandle("mastodon", "social.example", "ada", "id-ada"),), a_post(), FAILED, "no_proved_handle"),
        (
            (ProvedHandle("mastodon", "home.example", "ada", "7"),),
            a_post(platform="mastodon", host="social.example", author_id="7"), FAILED, "no_proved_handle",
        ),
        (
            (ProvedHandle("mastodon", "social.example", "ada", "7"),),
            a_post(platform="mastodon", host="social.example", author_id="7"), PASSED, "yours",
        ),
    ],
)  # fmt: skip
def test_author(handles, post, outcome, reason):
    finding = author.check(a_context(handles=handles, reading=post))
    assert (finding.outcome, finding.reason_code) == (outcome, reason)


@pytest.mark.parametrize(
    ("posted_at", "outcome", "reason"),
    [
        (CLAIMED + timedelta(minutes=1), PASSED, "after_claim"),
        (CLAIMED, PASSED, "after_claim"),
        (CLAIMED - timedelta(minutes=10), PASSED, "after_claim"),
        (CLAIMED - timedelta(minutes=11), FAILED, "older_than_claim"),
        (CLAIMED - timedelta(days=400), FAILED, "older_than_claim"),
        (NOW + timedelta(minutes=9), PASSED, "after_claim"),
        (NOW + timedelta(hours=1), UNKNOWN, "time_in_future"),
        (None, UNKNOWN, "time_not_told"),
    ],
)
def test_posted_after_claim(posted_at, outcome, reason):
    finding = posted_after_claim.check(a_context(reading=a_post(posted_at=posted_at)))
    assert (finding.outcome, finding.reason_code) == (outcome, reason)


def test_the_time_in_the_id_counts_where_the_network_tells_none():
    identified = Identified("perch", Kind.POST, posted_at=CLAIMED - timedelta(days=1), post_key="perch:1")
    finding = posted_after_claim.check(a_context(identified=identified, reading=a_post(posted_at=None)))
    assert finding.reason_code == "older_than_claim"


TAG, NO_TAG = "my jacket #mendedwithhollin", "my jacket #MendedWithHollinFell"


@pytest.mark.parametrize(
    ("text", "links", "asks", "outcome", "reason"),
    [
        (TAG, (), {}, PASSED, "tag_found"),
        ("＃ＭｅｎｄｅｄＷｉｔｈＨｏｌｌｉｎ!", (), {}, PASSED, "tag_found"),
        (NO_TAG, (), {}, FAILED, "neither_found"),
        ("x#MendedWithHollin", (), {}, FAILED, "neither_found"),
        ("", (LINK,), {}, PASSED, "link_found"),
        ("", ("http://portal.example/l/Ab3dE6g8/?utm_source=perch",), {}, PASSED, "link_found"),
        ("see portal.example/l/Ab3dE6g8.", (), {}, PASSED, "link_found"),
        ("", ("https://portal.example/l/ab3de6g8",), {}, FAILED, "neither_found"),
        ("", ("https://portal.example.evil.example/l/Ab3dE6g8",), {}, FAILED, "neither_found"),
        ("see portal.example/l/Ab3dE6g8x", (), {}, FAILED, "neither_found"),
        ("see evil-portal.example/l/Ab3dE6g8", (), {}, FAILED, "neither_found"),
        ("see evil.portal.example/l/Ab3dE6g8", (), {}, FAILED, "neither_found"),
        (TAG, (), {"link_or_tag": False}, FAILED, "link_missing"),
        ("", (LINK,), {"link_or_tag": False}, FAILED, "tag_missing"),
        (TAG, (LINK,), {"link_or_tag": False}, PASSED, "both_found"),
        ("nothing", (), {"link_or_tag": False}, FAILED, "both_missing"),
        ("nothing", (), {"link": "", "tag": ""}, PASSED, "nothing_asked"),
        (TAG, (), {"link": "", "link_or_tag": False}, PASSED, "tag_found"),
        ("nothing", (), {"link": ""}, FAILED, "tag_missing"),
        ("hello @hollinfell", (), {"tag": "@hollinfell"}, PASSED, "tag_found"),
        ("hello #hollinfell", (), {"tag": "hollinfell"}, PASSED, "tag_found"),
    ],
)
def test_link_or_tag(text, links, asks, outcome, reason):
    finding = link_or_tag.check(a_context(reading=a_post(text=text, links=links), asked=asked(**asks)))
    assert (finding.outcome, finding.reason_code) == (outcome, reason)


def test_a_link_counts_where_it_leads_to_after_expansion():
    context = a_context(reading=a_post(text="", links=("https://short.example/x",)), links_expanded=(LINK,))
    assert link_or_tag.check(context).reason_code == "link_found"


def test_words_in_a_picture_are_unknown():
    context = a_context(reading=a_post(text="", media=(Media("https://perch.example/p.webp"),)))
    assert link_or_tag.check(context).outcome is UNKNOWN
    assert run_checks(context)["disclosed"].outcome is UNKNOWN


@pytest.mark.parametrize(
    ("context", "outcome", "reason"),
    [
        (a_context(), PASSED, "not_used_before"),
        (a_context(other_share=OtherShare.MINE), FAILED, "used_by_you"),
        (a_context(other_share=OtherShare.SOMEBODYS), FAILED, "used_by_another"),
        (a_context(identified=SHORT, reading=None), UNKNOWN, "short_link_not_followed"),
        (a_context(identified=SHORT), PASSED, "not_used_before"),
    ],
)
def test_not_used_before(context, outcome, reason):
    finding = not_used_before.check(context)
    assert (finding.outcome, finding.reason_code) == (outcome, reason)
