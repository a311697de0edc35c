"""What a network keeps to itself is unknown: never failed, never guessed, and not asked again in vain."""

import pytest

from portal.shares.checks import (
    author,
    brand_safe,
    disclosed,
    link_or_tag,
    mentions,
    no_forbidden_claims,
    original_work,
    words,
)
from portal.shares.checks.finding import BrandWord, Finding, ForbiddenClaim, ProvedHandle
from portal.shares.models import Outcome
from portal.shares.platforms.reading import told
from portal.shares.verdict import PATIENCE, Answer, decide
from tests.shares.checks.contexts import a_context, a_post, asked

BY_ID, BY_NAME = ProvedHandle("perch", "", "ada", "id-ada"), ProvedHandle("perch", "", "ada", None)


def a_headline(title: str = "Mending a jacket", **changes):
    """A post of which its network told who made it, and a headline."""
    values = {"text": "", "title": title, "author_id": "", "told": told("perch_oembed", "author_name", "title")}
    return a_post(**values | changes)


EVERYTHING = asked(
    words=("thread",), mentions=("@hollinfell",), original_work=True,
    brand_words=(BrandWord("gambling", "serious", "not us"),), forbidden_claims=(ForbiddenClaim("waterproof", "Care"),),
)  # fmt: skip
NEED_THE_TEXT = [link_or_tag, disclosed, mentions, words, original_work, brand_safe, no_forbidden_claims]


@pytest.mark.parametrize("check", NEED_THE_TEXT)
def test_text_behind_a_headline_is_unknown(check):
    finding = check.check(a_context(reading=a_headline(), asked=EVERYTHING))
    assert (finding.outcome, finding.reason_code) == (Outcome.UNKNOWN, "text_not_told")


@pytest.mark.parametrize("check", [brand_safe, no_forbidden_claims])
def test_what_must_not_stand_in_the_headline_fails_there(check):
    post = a_headline("Gambling in a waterproof jacket")
    assert check.check(a_context(reading=post, asked=EVERYTHING)).outcome == Outcome.FAILED


@pytest.mark.parametrize("check", [link_or_tag, disclosed])
def test_what_stands_in_the_headline_counts(check):
    finding = check.check(a_context(reading=a_headline("Ad: mended #MendedWithHollin")))
    assert finding.outcome == Outcome.PASSED


@pytest.mark.parametrize("check", [link_or_tag, disclosed])
def test_what_stands_in_the_part_of_a_long_text_that_was_told_counts(check):
    cut = a_headline("", text="Ad: mended #MendedWithHollin, a long story of…")
    assert check.check(a_context(reading=cut)).outcome == Outcome.PASSED
    assert check.check(a_context(reading=a_headline("", text="A long story…"))).reason_code == "text_not_told"


def test_a_text_that_was_told_and_is_empty_is_no_secret():
    post = a_post(text="", told=told("x_api", "text", "author_id"))
    assert link_or_tag.check(a_context(reading=post, asked=asked(link=""))).reason_code == "tag_missing"


@pytest.mark.parametrize(
    ("handles", "changes", "outcome", "reason"),
    [
        ((BY_NAME,), {}, Outcome.PASSED, "yours"),
        ((BY_ID,), {}, Outcome.UNKNOWN, "id_not_told"),
        ((BY_ID,), {"author_name": "ada_renamed"}, Outcome.UNKNOWN, "id_not_told"),
        ((BY_NAME,), {"author_name": "bo"}, Outcome.FAILED, "not_yours"),
        ((BY_NAME,), {"author_name": "", "author_id": "id-ada"}, Outcome.UNKNOWN, "id_not_told"),
        ((BY_ID,), {"author_name": "", "author_id": "id-ada"}, Outcome.PASSED, "yours"),
        ((BY_ID, BY_NAME), {"author_name": "bo"}, Outcome.UNKNOWN, "id_not_told"),
        ((), {}, Outcome.FAILED, "no_proved_handle"),
        ((), {"author_name": ""}, Outcome.UNKNOWN, "author_not_told"),
        ((BY_ID,), {"author_name": ""}, Outcome.UNKNOWN, "author_not_told"),
    ],
)
def test_an_account_is_compared_by_what_it_was_proved_by(handles, changes, outcome, reason):
    finding = author.check(a_context(reading=a_headline(**changes), handles=handles))
    assert (finding.outcome, finding.reason_code) == (outcome, reason)


@pytest.mark.parametrize("reason", ["text_not_told", "id_not_told", "author_not_told"])
def test_a_person_is_asked_at_once(reason):
    findings = {"reachable": Finding.passed("public"), "author": Finding.unknown(reason)}
    assert decide(findings, tries=1, patience=PATIENCE).answer is Answer.ASK_PERSON


def test_nothing_is_asked_again_where_no_program_may_read():
    unread = dict.fromkeys(("author", "disclosed"), Finding.unknown("post_unreadable"))
    findings = {"reachable": Finding.unknown("no_way"), **unread}
    assert decide(findings, tries=1, patience=PATIENCE).answer is Answer.ASK_PERSON
    findings = {"reachable": Finding.unknown("unreachable"), **unread}
    assert decide(findings, tries=1, patience=PATIENCE).answer is Answer.TRY_AGAIN
