"""The check of a share: what the rules say, and what a network did not tell."""

import pytest

from portal.shares.checks import disclosed
from portal.shares.models import Outcome
from portal.shares.platforms.reading import Relation, Told, Trouble
from portal.shares.wording import check_sentence
from tests.shares.checks.contexts import a_context, a_post, a_problem, asked

CASES = [
    ("Ad: my jacket", "GB", Outcome.PASSED, "clear"),
    ("my jacket", "GB", Outcome.FAILED, "missing"),
    ("#gifted jacket", "GB", Outcome.FAILED, "weak"),
    ("Ad: my jacket", "NZ", Outcome.UNKNOWN, "no_rules_for_place"),
    ("#reklama kurtka", "PL", Outcome.PASSED, "clear"),
    ("  ", "GB", Outcome.UNKNOWN, "only_pictures"),
]


def found_in(place="GB", **post):
    return disclosed.check(a_context(reading=a_post(**post), asked=asked(place=place)))


@pytest.mark.parametrize(("text", "place", "outcome", "reason"), CASES)
def test_the_check_passes_what_is_clear_and_helps_to_mend_the_rest(text, place, outcome, reason):
    finding = found_in(place, text=text)
    assert (finding.outcome, finding.reason_code) == (outcome, reason)
    assert ("corrected" in finding.details) == (outcome is Outcome.FAILED)


def test_what_is_to_be_written_instead_passes():
    finding = found_in(text="#gifted jacket @hollinfell")
    assert found_in(text=finding.details["corrected"]).outcome is Outcome.PASSED


def test_a_text_that_the_network_did_not_tell_is_unknown():
    finding = found_in(text="", title="My jacket", told={"title": Told("x_oembed")})
    assert (finding.outcome, finding.reason_code) == (Outcome.UNKNOWN, "text_not_told")


def test_the_networks_own_label_replaces_words_only_where_the_place_says_so():
    assert found_in("BR", text="minha jaqueta", paid_label=True).reason_code == "native_label"
    assert found_in("BR", text="minha jaqueta", paid_label=False).outcome is Outcome.FAILED
    assert found_in("US", text="my jacket", paid_label=True).outcome is Outcome.FAILED


def test_a_post_that_could_not_be_read_is_unknown():
    finding = disclosed.check(a_context(reading=a_problem(Trouble.UNREACHABLE)))
    assert (finding.outcome, finding.reason_code) == (Outcome.UNKNOWN, "post_unreadable")


@pytest.mark.usefixtures("sqlite_app")
def test_who_passes_a_post_on_is_not_told_to_edit_it():
    finding = found_in(text="The bench goes on tour", relation=Relation.REPOST)
    assert (finding.outcome, finding.reason_code) == (Outcome.FAILED, "passed_on_undisclosed")
    assert "corrected" not in finding.details
    assert "Quote it" in check_sentence("disclosed", finding.reason_code, finding.details)
    assert found_in(text="Ad, for ourselves: the bench goes on tour", relation=Relation.REPOST).reason_code == "clear"
