"""Edits after payment: what the fan changes can break what was promised, what only our rules change can not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.accounts.handles import remove_handle
from portal.accounts.queries import proved_handles
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation.desk import open_case_of
from portal.moderation.models import Verdict
from portal.shares.brand_words import watch_word
from portal.shares.checks.finding import Severity
from portal.shares.models import Outcome, ShareState
from portal.shares.policies import ALL, save_policy
from portal.shares.queries import latest_checks
from portal.shares.verdict import IfFailed, Policy, Rule
from tests.accounts.factories import a_manager, a_moderator
from tests.guidelines.factories import a_published_guideline
from tests.moderation.factories import a_case, a_decision
from tests.shares.conftest import json_page
from tests.shares.watching import DOWN, TEXT, Watched

pytestmark = pytest.mark.usefixtures("app", "now")

S = ShareState
CLAIM = "lasts for ever"


@pytest.fixture
def watched(perch):
    return Watched(perch)


def forbid(phrase: str = CLAIM) -> None:
    version = a_published_guideline()
    with unit_of_work():
        version.forbidden_claims = [phrase]


def watch(phrase: str, severity: Severity = Severity.SERIOUS) -> None:
    staff = a_manager()
    with unit_of_work():
        watch_word(phrase, severity=severity, reason="Not beside us.", actor=staff, now=clock.now())


def rule(check: str, failed: IfFailed) -> None:
    staff = a_manager()
    with unit_of_work():
        policy = Policy(rules={check: Rule(failed)})
        save_policy(ALL, policy, seen_version=0, why="tried", actor=staff, now=clock.now())


def test_a_forbidden_claim_that_is_edited_in_starts_the_grace_and_then_costs_the_points(watched):
    forbid()
    watched.post(f"{TEXT} It {CLAIM}!")
    share = watched.next_look()
    assert (share.state, share.missing_code) == (S.VERIFIED, "no_forbidden_claims.claimed")
    assert "post_missing" in watched.events
    clock.advance(timedelta(hours=80))
    jobs.run_due()
    assert watched.share.state == S.REVOKED
    assert watched.points == (0, 0, 0)
    watched.post()
    assert watched.ask().state == S.VERIFIED


def test_what_a_guideline_forbids_only_since_then_takes_nothing_back(perch, monkeypatch):
    monkeypatch.setattr("tests.shares.watching.TEXT", f"{TEXT} It {CLAIM}!")
    watched = Watched(perch)
    forbid()
    assert watched.next_look().missing_since is None
    watched.post(f"{TEXT} It {CLAIM}, and I like it.")
    assert watched.next_look().missing_since is None, "it was in it before the edit"


def test_who_moves_to_another_country_keeps_what_was_paid(watched):
    with unit_of_work():
        watched.ada.country = "DE"
    share = watched.next_look()
    assert (share.state, share.missing_since) == (S.VERIFIED, None)
    watched.post(TEXT.replace("Ad: ", ""))
    assert watched.next_look().missing_code.startswith("disclosed.")


def test_an_account_that_is_taken_off_the_profile_takes_nothing_back(watched):
    with unit_of_work():
        for each in proved_handles(watched.ada.id):
            remove_handle(each, now=clock.now())
    share = watched.next_look()
    assert (share.state, share.missing_since) == (S.VERIFIED, None)
    watched.post(f"{TEXT} Still warm.")
    assert watched.next_look().missing_since is None
    watched.post(author={"id": "id-somebody", "handle": "ada", "followers": 3})
    assert watched.next_look().missing_code == "author.no_proved_handle"


def test_what_staff_only_note_starts_no_grace(watched):
    rule("link_or_tag", IfFailed.NOTE)
    watched.post("Ad: my mended jacket")
    share = watched.next_look()
    assert (share.state, share.missing_since) == (S.VERIFIED, None)


@pytest.mark.parametrize("severity", Severity)
def test_a_watched_word_that_is_edited_in_is_for_a_person_and_settles_after_the_answer(watched, severity):
    watch("casino", severity)
    watched.post(f"{TEXT} Casino!")
    share = watched.next_look()
    assert (share.state, share.missing_since) == (S.VERIFIED, None)
    assert open_case_of(share.id).why == "flagged"
    assert watched.points == (80, 40, 0)
    a_decision(a_case(share), moderator=a_moderator())
    assert watched.until_settled().state == S.SETTLED
    assert open_case_of(share.id) is None, "a person saw this very word"


def test_a_person_takes_back_what_was_paid_for_a_post_with_such_a_word(watched):
    watch("casino")
    watched.post(f"{TEXT} Casino!")
    a_decision(a_case(watched.next_look()), moderator=a_moderator(), verdict=Verdict.DECLINE)
    assert watched.share.state == S.REVOKED


def test_a_watched_word_follows_the_rule_that_staff_set(watched):
    watch("casino")
    rule("brand_safe", IfFailed.FIX)
    watched.post(f"{TEXT} Casino!")
    assert watched.next_look().missing_code == "brand_safe.serious_word"


def test_a_word_that_is_watched_only_since_then_asks_nobody(watched):
    watch("jacket")
    share = watched.next_look()
    assert share.missing_since is None
    assert open_case_of(share.id) is None


def test_what_a_person_accepted_as_it_was_is_not_held_against_a_later_edit(watched):
    with unit_of_work():
        for result in latest_checks(watched.share):
            if result.check in ("disclosed", "link_or_tag"):
                result.outcome = Outcome.FAILED  # and a moderator verified it all the same
    watched.post("My mended jacket, and nothing else.")
    share = watched.next_look()
    assert (share.state, share.missing_since) == (S.VERIFIED, None)


def test_an_outage_settles_nothing_that_only_a_person_could_read_and_a_login_wall_does(watched):
    with unit_of_work():
        for result in latest_checks(watched.share):
            if result.check == "reachable":
                result.outcome = Outcome.UNKNOWN  # a person opened it
    watched.perch.answer(watched.url, DOWN)
    clock.advance(timedelta(days=9))
    jobs.run_due()
    assert watched.share.state == S.VERIFIED
    assert watched.points == (80, 40, 0)
    watched.perch.answer(watched.url, json_page({"error": "login_required"}, 401))
    clock.advance(timedelta(hours=2))
    jobs.run_due()
    assert watched.share.state == S.SETTLED
