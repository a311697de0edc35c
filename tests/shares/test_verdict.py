"""The policy over findings: nothing is paid on a doubt, nothing is declined that can be mended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.shares.checks.finding import Finding
from portal.shares.models import Outcome
from portal.shares.verdict import PATIENCE, SANDBOX_PATIENCE, Answer, IfFailed, IfUnknown, Policy, Rule, decide

CODES = ["recognised", "reachable", "author", "posted_after_claim", "link_or_tag", "disclosed", "not_used_before"]
OK, BAD, HUH = Finding.passed("ok"), Finding.failed("bad"), Finding.unknown("unreachable")


def findings(**changes: Finding) -> dict[str, Finding]:
    return dict.fromkeys(CODES, OK) | changes


@pytest.mark.parametrize(
    ("found", "tries", "answer", "reason"),
    [
        (findings(), 1, Answer.VERIFY, "all_passed"),
        (findings(disclosed=BAD), 1, Answer.ASK_FIX, "disclosed.bad"),
        (findings(author=BAD, disclosed=BAD), 1, Answer.ASK_FIX, "author.bad"),
        (findings(reachable=HUH, disclosed=BAD), 1, Answer.ASK_FIX, "disclosed.bad"),
        (findings(reachable=HUH), 1, Answer.TRY_AGAIN, "could_not_tell"),
        (findings(reachable=HUH), PATIENCE.tries_max, Answer.ASK_PERSON, "could_not_tell"),
        (findings(disclosed=Finding.unknown("no_rules_for_place")), 1, Answer.ASK_PERSON, "could_not_tell"),
        (
            findings(not_used_before=Finding.failed("used_by_another"), disclosed=BAD), 1,
            Answer.DECLINE, "not_used_before.used_by_another",
        ),
        ({}, 1, Answer.ASK_PERSON, "could_not_tell"),
    ],
)  # fmt: skip
def test_the_verdict(found, tries, answer, reason):
    verdict = decide(found, tries=tries, patience=PATIENCE)
    assert (verdict.answer, verdict.reason_code) == (answer, reason)


@pytest.mark.parametrize("follows", IfFailed)
@pytest.mark.parametrize(
    ("check", "finding"),
    [("brand_safe", Finding.failed("doubtful_word")), ("not_used_before", Finding.unknown("short_link_not_followed"))],
)
def test_what_may_be_harmless_is_for_a_person_whatever_the_rule_says(follows, check, finding):
    policy = Policy(rules={check: Rule(follows, IfUnknown.NOTE)})
    verdict = decide(findings(**{check: finding}), tries=PATIENCE.tries_max, patience=PATIENCE, policy=policy)
    assert verdict.answer is Answer.ASK_PERSON


outcomes = st.sampled_from(list(Outcome))
reasons = st.sampled_from(["ok", "bad", "unreachable", "used_by_you", "only_pictures"])
any_findings = st.dictionaries(st.sampled_from(CODES), st.builds(Finding, outcomes, reasons))


@given(any_findings, st.integers(1, 10))
def test_nothing_is_verified_unless_every_check_passed(found, tries):
    verdict = decide(found, tries=tries, patience=PATIENCE)
    passed = bool(found) and all(finding.outcome is Outcome.PASSED for finding in found.values())
    assert (verdict.answer is Answer.VERIFY) == passed


@given(any_findings, st.integers(1, 10))
def test_only_a_post_that_was_used_before_is_declined_unless_staff_say_more(found, tries):
    verdict = decide(found, tries=tries, patience=PATIENCE)
    used = "not_used_before" in found and found["not_used_before"].outcome is Outcome.FAILED
    assert (verdict.answer is Answer.DECLINE) == used


@pytest.mark.parametrize("patience", [PATIENCE, SANDBOX_PATIENCE])
def test_asking_again_ends_and_outlasts_the_second_look(patience):
    pauses = [patience.pause_after(tries) for tries in range(1, patience.tries_max)]
    assert pauses == sorted(pauses)
    assert len(pauses) == 3
    assert sum(pauses, start=pauses[0] * 0) >= patience.second_look_after
    assert decide(findings(reachable=HUH), tries=patience.tries_max, patience=patience).answer is Answer.ASK_PERSON
