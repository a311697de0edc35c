"""Verdict policies: what staff may set, what is shown before it is saved, and under which version a verdict stands."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry
from portal.kernel.unit_of_work import unit_of_work
from portal.shares import jobs as share_jobs
from portal.shares import policies, verdict_words
from portal.shares.brand_words import watched_words, words_in_force
from portal.shares.checks.phrases import says
from portal.shares.checks.running import all_checks
from portal.shares.models import CheckResult, Outcome, ShareState
from portal.shares.policies import ALL, PolicyRefused, ShareVerdict, VerdictPolicy, policy_for, save_policy
from portal.shares.policy_form import values_of
from portal.shares.policy_preview import Preview, preview
from portal.shares.verdict import BUILT_IN, Answer, IfFailed, IfUnknown, Policy, Rule, Sampling
from tests.accounts.factories import a_fan, a_manager, a_marketer, a_moderator
from tests.missions.factories import a_mission
from tests.shares.factories import a_share
from tests.shares.looking import hand_in, run_until_decided

S = ShareState


def saved(scope: str, policy: Policy, *, seen: int = 0) -> VerdictPolicy:
    manager = a_manager()
    with unit_of_work():
        return save_policy(scope, policy, seen_version=seen, why="tried out", actor=manager, now=clock.now())


def person_for(check: str) -> Policy:
    return Policy(rules={check: Rule(IfFailed.PERSON, IfUnknown.PERSON)})


def typed(policy: Policy, **changes: Any) -> dict[str, Any]:
    values = {name: value for name, value in values_of(policy).items() if value is not False}
    return {"version": "0", "previewed": "", "why": "", "then": "preview", **values, **changes}


@pytest.mark.usefixtures("app", "now")
def test_a_mission_follows_its_own_policy_else_that_of_all_else_what_the_portal_comes_with():
    mission, other = a_mission(), a_mission()
    assert policy_for(mission.id) == BUILT_IN
    saved(ALL, person_for("disclosed"))
    saved(mission.id, person_for("author"))
    assert policy_for(mission.id).rule_of("author").failed is IfFailed.PERSON
    assert policy_for(mission.id).rule_of("disclosed").failed is IfFailed.FIX
    assert policy_for(other.id).rule_of("disclosed").failed is IfFailed.PERSON


@pytest.mark.usefixtures("app", "now")
def test_two_who_save_the_same_version_make_one_and_nothing_is_overwritten():
    saved(ALL, person_for("disclosed"))
    with pytest.raises(PolicyRefused, match="moved"):
        saved(ALL, person_for("author"))
    with pytest.raises(PolicyRefused, match="moved"):
        saved(ALL, person_for("author"), seen=7)
    saved(ALL, person_for("author"), seen=1)
    versions = policies.versions_of(ALL)
    assert [version.version for version in versions] == [2, 1]
    assert versions[1].rules["disclosed"] == ["person", "person"]
    written = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "policy.saved").order_by(AuditEntry.number)
    ).all()
    assert [entry.after["version"] for entry in written] == [1, 2]
    assert written[1].before["version"] == 1


@pytest.mark.parametrize(
    ("check", "rule"),
    [
        ("recognised", Rule(IfFailed.NOTE)),
        ("recognised", Rule(IfFailed.FIX, IfUnknown.NOTE)),
        ("author", Rule(IfFailed.NOTE)),
        ("reachable", Rule(IfFailed.FIX, IfUnknown.NOTE)),
        ("disclosed", Rule(IfFailed.NOTE)),
        ("not_used_before", Rule(IfFailed.FIX)),
        ("text_not_repeated", Rule(IfFailed.DECLINE)),
        ("pictures_not_repeated", Rule(IfFailed.FIX)),
    ],
)
@pytest.mark.usefixtures("sqlite_app", "now")
def test_nobody_can_set_what_would_pay_for_nobodys_post_or_refuse_by_likeness(check, rule):
    with pytest.raises(PolicyRefused, match="not_allowed"):
        saved(ALL, Policy(rules={check: rule}))
    assert db.session.scalar(select(func.count()).select_from(VerdictPolicy)) == 0


@pytest.mark.usefixtures("app", "now")
def test_the_verdict_keeps_the_version_that_was_in_force_when_the_look_began(perch, ada):
    """The policy is changed while the network is being asked: the verdict is that of the old version, and says so."""
    first = saved(ALL, Policy())
    share = hand_in(ada, perch.publish("no disclosure, no tag"))
    with unit_of_work():
        plan = share_jobs._begin(share.id, now=clock.now())
    assert plan is not None
    sight = share_jobs.checking.look(plan, perch_fetcher())
    saved(ALL, Policy(rules={"disclosed": Rule(IfFailed.PERSON), "link_or_tag": Rule(IfFailed.PERSON)}), seen=1)
    with unit_of_work():
        share_jobs._conclude(plan, sight, tries=1, now=clock.now())
    db.session.refresh(share)
    assert share.state == S.NEEDS_FIX
    kept = policies.verdict_of(share)
    assert kept is not None
    assert (kept.policy_id, kept.answer, kept.rules["disclosed"]) == (first.id, Answer.ASK_FIX, ["fix", "person"])


@pytest.mark.usefixtures("app", "now")
def test_a_round_has_one_verdict_and_a_new_round_its_own(perch, ada):
    url = perch.publish("no disclosure")
    share = run_until_decided(hand_in(ada, url))
    saved(ALL, person_for("disclosed"))
    with unit_of_work():
        share_jobs.move_share(share, S.CHECKING, actor_id=ada.id, now=clock.now())
        jobs.schedule(share_jobs.CHECK, share.id, {"share": share.id, "tries": 0}, due_at=clock.now())
    run_until_decided(share)
    rows = db.session.scalars(select(ShareVerdict).where(ShareVerdict.share_id == share.id)).all()
    assert {(row.round, row.policy.version if row.policy else 0) for row in rows} == {(1, 0), (2, 1)}


@pytest.mark.usefixtures("app", "now")
def test_the_preview_says_what_would_change_on_past_shares_and_saves_nothing():
    mission = a_mission(places_total=9)
    fine = [a_share(mission=mission, state=S.VERIFIED) for _ in range(3)]
    doubtful = a_share(mission=mission, state=S.NEEDS_FIX, outcomes={"disclosed": Outcome.FAILED})
    a_share(state=S.VERIFIED)  # of another mission
    shown = preview(BUILT_IN, mission)
    assert (shown.of, dict(shown.counts), shown.changes) == ("mission", {Answer.VERIFY: 3, Answer.ASK_FIX: 1}, [])
    shown = preview(person_for("disclosed"), mission)
    assert dict(shown.counts) == {Answer.VERIFY: 3, Answer.ASK_PERSON: 1}
    assert [(each.share.id, each.before, each.after) for each in shown.changes] == [
        (doubtful.id, Answer.ASK_FIX, Answer.ASK_PERSON)
    ]
    assert len(fine) == shown.counts[Answer.VERIFY]
    assert db.session.scalar(select(func.count()).select_from(VerdictPolicy)) == 0


@pytest.mark.usefixtures("sqlite_app", "now")
def test_a_mission_without_shares_is_tried_on_its_kind():
    a_share(state=S.VERIFIED)
    assert preview(BUILT_IN, a_mission()).of == "kind"
    assert preview(BUILT_IN, None).total == 1


def test_a_policy_is_previewed_before_it_is_saved_and_what_was_typed_stays(sqlite_app, now, client_of):
    share = a_share(state=S.NEEDS_FIX, outcomes={"disclosed": Outcome.FAILED})
    staff, address = client_of(a_manager()), f"/staff/verdicts/policy/{share.mission_id}"
    sent = typed(person_for("disclosed"), sample_percent="5")
    unseen = staff.post(address, data={**sent, "then": "save", "why": "too strict"})
    assert "What it would have decided" in unseen.text
    assert db.session.scalar(select(func.count()).select_from(VerdictPolicy)) == 0
    assert f"/staff/verdicts/shares/{share.id}" in unseen.text
    mark = unseen.text.split('name="previewed"')[1].split('value="')[1].split('"')[0]
    assert staff.post(address, data={**sent, "then": "save", "previewed": mark}).status_code == 422
    other = {**sent, "then": "save", "previewed": mark, "why": "too strict", "sample_percent": "50"}
    assert staff.post(address, data=other).status_code == 200  # not what was previewed
    answer = staff.post(address, data={**sent, "then": "save", "previewed": mark, "why": "too strict"})
    assert (answer.status_code, answer.location) == (303, address)
    policy = policy_for(share.mission_id)
    assert (policy.rule_of("disclosed").failed, policy.sampling.sample_percent) == (IfFailed.PERSON, 5)
    late = staff.post(address, data={**sent, "then": "save", "previewed": mark, "why": "again"})
    assert late.status_code == 409
    assert "Somebody else saved" in late.text


@pytest.mark.parametrize(
    ("field", "value"), [("sample_percent", "101"), ("failed_author", "note"), ("trusted_after", "0")]
)
def test_what_makes_no_sense_is_refused(sqlite_app, now, client_of, field, value):
    answer = client_of(a_manager()).post("/staff/verdicts/policy/all", data=typed(Policy(), **{field: value}))
    assert answer.status_code == 422
    assert db.session.scalar(select(func.count()).select_from(VerdictPolicy)) == 0


def test_every_check_has_its_rule_on_the_page(sqlite_app, now, client_of):
    page = client_of(a_manager()).get("/staff/verdicts/policy/all").text
    for check in all_checks():
        assert f'name="failed_{check.code}"' in page
        assert f'name="unknown_{check.code}"' in page


def test_an_old_verdict_is_explained_by_its_own_rules(sqlite_app, now, client_of, perch, ada):
    saved(ALL, Policy(sampling=Sampling(first_reviewed=1)))
    share = run_until_decided(hand_in(ada, perch.publish()))
    assert share.state == S.NEEDS_REVIEW
    saved(ALL, Policy(), seen=1)
    page = client_of(a_moderator()).get(f"/staff/verdicts/shares/{share.id}").text
    assert "by version 1 of the policy of all missions" in page
    assert "A newcomer’s share: 0 were verified before." in page


def test_only_who_sets_verdicts_sets_them(sqlite_app, now, client_of):
    for person in (a_fan(), a_moderator(), a_marketer()):
        assert client_of(person).get("/staff/verdicts/policy/all").status_code == 403
        assert client_of(person).post("/staff/verdicts/words", data={"phrase": "casino"}).status_code == 403
    assert client_of(a_manager()).get("/staff/verdicts/policy/nosuchmission").status_code == 404


@pytest.mark.usefixtures("app", "now")
def test_a_preview_goes_by_what_the_latest_round_found():
    share = a_share(state=S.NEEDS_FIX, outcomes={"disclosed": Outcome.FAILED})
    with unit_of_work():
        share.check_round += 1
        for check in ("reachable", "disclosed"):
            db.session.add(
                CheckResult(
                    share_id=share.id, round=share.check_round, check=check, outcome=Outcome.PASSED,
                    reason_code="clear", details={}, checked_at=clock.now(),
                )
            )  # fmt: skip
    assert dict(preview(BUILT_IN, share.mission).counts) == {Answer.VERIFY: 1}
    with unit_of_work():
        share.check_round -= 1
    assert dict(preview(BUILT_IN, share.mission).counts) == {Answer.ASK_FIX: 1}


def test_a_preview_counts_in_whole_sentences(sqlite_app):
    with sqlite_app.test_request_context():
        one = verdict_words.counts(Preview("all", Counter({Answer.ASK_FIX: 1}), ()))
        more = verdict_words.counts(Preview("all", Counter({Answer.ASK_FIX: 8, Answer.VERIFY: 2}), ()))
    assert one == [("warn", "1 needs a fix")]
    assert more == [("ok", "2 verified"), ("warn", "8 need a fix")]


@pytest.mark.usefixtures("app", "now")
class TestWatchedWords:
    PATH = "/staff/verdicts/words"

    def watch(self, browser, phrase, **changes):
        return browser.post(self.PATH, data={"phrase": phrase, "severity": "serious", "reason": "Not us.", **changes})

    def test_a_word_is_watched_for_once_however_it_is_written(self, client_of):
        browser = client_of(a_manager())
        assert self.watch(browser, "Casino").status_code == 303
        answer = self.watch(browser, "ＣＡＳＩＮＯ")
        assert answer.status_code == 409
        assert "on the list already" in answer.text
        assert [word.phrase for word in words_in_force()] == ["Casino"]

    @pytest.mark.parametrize("phrase", [".*", "(", "\u200b", "a" * 121, "\ufdfa" * 120, ""], ids=ascii)
    def test_what_can_not_be_looked_for_is_said_so(self, client_of, phrase):
        answer = self.watch(client_of(a_manager()), phrase)
        assert answer.status_code == 422
        assert 'id="phrase-error"' in answer.text
        assert words_in_force() == ()

    def test_signs_in_a_phrase_mean_themselves(self, client_of):
        assert self.watch(client_of(a_manager()), "win (a+)+$").status_code == 303
        assert says("You can WIN (a+)+$ today", words_in_force()[0].phrase)
        assert not says("You can win aaaa", words_in_force()[0].phrase)

    def test_a_word_is_retired_with_a_reason_and_may_come_back(self, client_of):
        browser = client_of(a_manager())
        self.watch(browser, "patchwork")
        word = watched_words()[0]
        path = f"{self.PATH}/{word.id}/retire"
        assert browser.post(path, data={"why": " "}).status_code == 422
        assert len(words_in_force()) == 1
        for _twice in range(2):
            assert browser.post(path, data={"why": "A partner's name."}).status_code == 303
        assert words_in_force() == ()
        entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "word.retired")).all()
        assert [(entry.why, entry.before["phrase"]) for entry in entries] == [("A partner's name.", "patchwork")]
        assert "patchwork" not in browser.get(self.PATH).text
        assert self.watch(browser, "patchwork").status_code == 303
        assert browser.post(f"{self.PATH}/nosuchword/retire", data={"why": "x"}).status_code == 404


def perch_fetcher():
    from flask import current_app

    return current_app.extensions["portal_fetcher"]
