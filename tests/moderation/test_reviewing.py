"""Decisions: what they do to share, points and claim; who may make them; how they are taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.audit import AuditEntry, first_altered
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import ClaimState
from portal.moderation import reviewing
from portal.moderation.errors import AlreadyDecided, CaseMoved, NotYours, ReasonMissing, TakenByColleague, UndoRefused
from portal.moderation.models import Case, CaseKind, CaseState, Decision, Verdict
from portal.points.audit import audit_ledger
from portal.points.queries import Balances, balances
from portal.shares.models import Share, ShareState
from portal.shares.submitting import submit_share, withdraw
from tests.accounts.factories import a_fan, a_manager, a_moderator
from tests.missions.factories import a_mission
from tests.moderation.factories import A_REASON, a_case, a_decision, an_appeal
from tests.shares.factories import perch_url

pytestmark = pytest.mark.usefixtures("app", "now")


def share_of(case: Case) -> Share:
    assert case.share is not None
    return case.share


def points_of(case: Case) -> Balances:
    return balances(case.person_id)


def decide(case: Case, moderator, verdict: Verdict = Verdict.VERIFY, **changes) -> Decision:
    values = {"reason_code": A_REASON[verdict], "message": "", "seen_version": case.lock_version, **changes}
    with unit_of_work():
        return reviewing.decide(case, moderator=moderator, verdict=verdict, now=clock.now(), **values)


def test_a_doubt_of_the_checks_puts_a_case_before_people_in_the_same_transaction() -> None:
    case = a_case()

    share = share_of(case)
    assert (case.state, case.kind, case.why) == (CaseState.OPEN, CaseKind.SHARE, "could_not_tell")
    assert case.due_at == share.decide_by == case.ranked_at
    assert (case.person_id, case.mission_id, case.platform) == (share.person_id, share.mission_id, share.platform)


def test_verifying_pays_and_fulfils_the_claim_at_once() -> None:
    case, moderator = a_case(), a_moderator()

    decision = decide(case, moderator, message=" The darn is a joy. ")

    share = share_of(case)
    assert share.state == ShareState.VERIFIED
    assert share.message == decision.message == "The darn is a joy."
    assert share.claim.state == ClaimState.FULFILLED
    assert points_of(case) == Balances(available=80, pending=40, reserved=0, debt=0)
    assert (case.state, decision.in_time) == (CaseState.DECIDED, True)


@pytest.mark.parametrize(
    ("verdict", "state", "claim_state"),
    [
        (Verdict.DECLINE, ShareState.REJECTED, ClaimState.ACTIVE),
        (Verdict.ASK_CHANGE, ShareState.NEEDS_FIX, ClaimState.SUBMITTED),
    ],
)
def test_declining_and_asking_pay_nothing_and_leave_the_fan_time(verdict, state, claim_state) -> None:
    case = a_case()

    decide(case, a_moderator(), verdict)

    share = share_of(case)
    assert (share.state, share.claim.state) == (state, claim_state)
    assert share.reason_code == A_REASON[verdict]
    assert points_of(case) == Balances(0, 0, 0, 0)


@pytest.mark.parametrize("verdict", [Verdict.DECLINE, Verdict.ASK_CHANGE])
@pytest.mark.parametrize("reason_code", ["", "as_asked", "made_up"])
def test_no_answer_against_the_fan_goes_without_a_reason_of_its_kind(verdict, reason_code) -> None:
    case = a_case()

    with pytest.raises(ReasonMissing):
        decide(case, a_moderator(), verdict, reason_code=reason_code, message="just so")

    assert share_of(case).state == ShareState.NEEDS_REVIEW
    assert db.session.scalar(select(Decision)) is None


def test_something_else_has_to_be_said() -> None:
    case, moderator = a_case(), a_moderator()
    with pytest.raises(ReasonMissing):
        decide(case, moderator, Verdict.DECLINE, reason_code="decline_other", message="  ")

    decide(case, moderator, Verdict.DECLINE, reason_code="decline_other", message="It names another maker.")

    assert share_of(case).message == "It names another maker."


@pytest.mark.parametrize("second", [Verdict.DECLINE, Verdict.VERIFY])
def test_the_second_moderator_is_told_who_decided_and_when(second: Verdict) -> None:
    case, ines, jonas = a_case(), a_moderator("Ines Alder"), a_moderator("Jonas Birk")
    seen = case.lock_version
    decide(case, ines, seen_version=seen)

    with pytest.raises(AlreadyDecided) as told:
        decide(case, jonas, second, seen_version=seen)

    assert (told.value.by.id, told.value.at) == (ines.id, clock.now())
    assert share_of(case).state == ShareState.VERIFIED
    assert points_of(case).available == 80


def test_the_same_answer_sent_twice_is_one_decision() -> None:
    case, moderator = a_case(), a_moderator()
    seen = case.lock_version

    first = decide(case, moderator, seen_version=seen)
    second = decide(case, moderator, seen_version=seen)

    assert first.id == second.id
    assert points_of(case).available == 80


def test_other_words_are_another_answer() -> None:
    case, moderator = a_case(), a_moderator()
    seen = case.lock_version
    first = decide(case, moderator, Verdict.DECLINE, seen_version=seen, message="It names another maker.")

    with pytest.raises(AlreadyDecided):
        decide(case, moderator, Verdict.DECLINE, seen_version=seen, message="It names nobody.")

    assert first.message == "It names another maker."


def test_an_appeal_is_kept_from_whose_decision_it_is_about() -> None:
    first, second = a_moderator(), a_moderator()
    case = a_case()
    undone = a_decision(case, moderator=first, verdict=Verdict.DECLINE)
    with unit_of_work():
        reviewing.undo_decision(undone, moderator=first, now=clock.now())

    appealed = an_appeal(share=share_of(case), declined_by=second)

    assert appealed.not_for_id == second.id


def test_a_case_that_changed_since_it_was_seen_is_not_decided() -> None:
    case, moderator, colleague = a_case(), a_moderator(), a_moderator()
    seen = case.lock_version
    with unit_of_work():
        reviewing.hand_over(case, moderator=moderator, to=colleague, note="Is this a gift?", now=clock.now())

    with pytest.raises(CaseMoved):
        decide(case, moderator, seen_version=seen)

    assert share_of(case).state == ShareState.NEEDS_REVIEW


def test_opening_a_case_does_not_make_its_own_page_stale() -> None:
    case, moderator = a_case(), a_moderator()
    seen = case.lock_version
    with unit_of_work():
        reviewing.take(case, moderator=moderator, now=clock.now())

    decide(case, moderator, seen_version=seen)

    assert case.taken_by_id is None


def test_a_share_that_was_taken_back_needs_no_decision() -> None:
    case, moderator = a_case(), a_moderator()
    share, seen = share_of(case), case.lock_version
    with unit_of_work():
        withdraw(share, person=share.person, now=clock.now())
    assert case.state == CaseState.DROPPED

    with pytest.raises(CaseMoved):
        decide(case, moderator, seen_version=seen)

    assert share.state == ShareState.WITHDRAWN


def test_nobody_decides_their_own_share() -> None:
    moderator = a_moderator()
    case = a_case(person=moderator)

    for attempt in (decide, lambda c, m: reviewing.take(c, moderator=m, now=clock.now())):
        with pytest.raises(NotYours) as refused:
            attempt(case, moderator)
        assert refused.value.reason_code == "own_share"

    assert points_of(case).available == 0


def test_an_appeal_goes_to_somebody_else_and_turns_the_points() -> None:
    first, second = a_moderator(), a_moderator()
    case = an_appeal(declined_by=first)
    assert (case.kind, case.not_for_id) == (CaseKind.APPEAL, first.id)
    assert case.ranked_at == case.due_at - timedelta(hours=4)
    assert case.appeal_text == "It says so in its second word."
    assert case.previous_id is not None
    assert case.previous_id != case.id

    with pytest.raises(NotYours) as refused:
        decide(case, first, Verdict.DECLINE)
    assert refused.value.reason_code == "own_decision"
    decide(case, second, reason_code="we_were_wrong")

    assert share_of(case).state == ShareState.VERIFIED
    assert points_of(case).available == 80


@pytest.mark.parametrize("verdict", list(Verdict))
def test_undone_within_ten_minutes_all_is_as_before(now: datetime, verdict: Verdict) -> None:
    case, moderator = a_case(), a_moderator()
    due_at = case.due_at
    decision = a_decision(case, moderator=moderator, verdict=verdict)
    clock.advance(timedelta(minutes=9, seconds=59))

    with unit_of_work():
        reopened = reviewing.undo_decision(decision, moderator=moderator, now=clock.now())

    share = share_of(case)
    assert reopened.id == case.id
    assert (case.state, case.due_at, share.state) == (CaseState.OPEN, due_at, ShareState.NEEDS_REVIEW)
    assert share.claim.state == ClaimState.SUBMITTED
    assert points_of(case) == Balances(0, 0, 0, 0)
    assert (decision.undone_at, decision.undone_by_id) == (clock.now(), moderator.id)
    assert audit_ledger()["violations"] == []
    assert "share.decision_undone" in db.session.scalars(select(OutboxEvent.kind)).all()


def test_undoing_a_decline_after_which_the_fan_handed_in_another_post_is_refused_in_words(now: datetime) -> None:
    case, moderator = a_case(), a_moderator()
    decision = a_decision(case, moderator=moderator, verdict=Verdict.DECLINE)
    claim = share_of(case).claim
    with unit_of_work():
        submit_share(claim, person=db.session.get_one(Person, claim.person_id), typed_url=perch_url(), now=clock.now())

    with pytest.raises(UndoRefused) as refused, unit_of_work():
        reviewing.undo_decision(decision, moderator=moderator, now=clock.now())

    assert "another post" in str(refused.value.sentence)
    assert (case.state, decision.undone_at) == (CaseState.DECIDED, None)


def test_after_ten_minutes_a_decision_stands(now: datetime) -> None:
    case, moderator = a_case(), a_moderator()
    decision = a_decision(case, moderator=moderator)
    clock.advance(timedelta(minutes=10, seconds=1))

    with pytest.raises(UndoRefused) as refused, unit_of_work():
        reviewing.undo_decision(decision, moderator=moderator, now=clock.now())

    assert refused.value.reason_code == "too_late"
    assert (share_of(case).state, points_of(case).available) == (ShareState.VERIFIED, 80)
    assert decision.undone_at is None


def test_points_that_were_taken_back_are_paid_once_when_decided_again() -> None:
    case, moderator = a_case(), a_moderator()
    decision = a_decision(case, moderator=moderator)
    with unit_of_work():
        reviewing.undo_decision(decision, moderator=moderator, now=clock.now())

    decide(case, moderator, seen_version=case.lock_version)

    assert points_of(case) == Balances(available=80, pending=40, reserved=0, debt=0)
    assert len(case.decisions) == 2
    assert audit_ledger()["violations"] == []


def test_who_decided_or_a_manager_takes_it_back_and_nobody_else() -> None:
    case, moderator, colleague, manager = a_case(), a_moderator(), a_moderator(), a_manager()
    decision = a_decision(case, moderator=moderator)

    with pytest.raises(UndoRefused) as refused, unit_of_work():
        reviewing.undo_decision(decision, moderator=colleague, now=clock.now())
    assert (refused.value.reason_code, refused.value.status) == ("not_yours", 403)
    with unit_of_work():
        reviewing.undo_decision(decision, moderator=manager, now=clock.now())

    assert decision.undone_by_id == manager.id


def test_a_manager_does_not_take_a_decision_on_their_own_share_back() -> None:
    manager = a_manager()
    decision = a_decision(a_case(person=manager), moderator=a_moderator(), verdict=Verdict.DECLINE)

    with pytest.raises(NotYours), unit_of_work():
        reviewing.undo_decision(decision, moderator=manager, now=clock.now())


def test_a_decision_is_taken_back_once() -> None:
    case, moderator = a_case(), a_moderator()
    decision = a_decision(case, moderator=moderator)
    with unit_of_work():
        reviewing.undo_decision(decision, moderator=moderator, now=clock.now())

    with pytest.raises(UndoRefused), unit_of_work():
        reviewing.undo_decision(decision, moderator=moderator, now=clock.now())

    assert points_of(case) == Balances(0, 0, 0, 0)


def test_what_comes_back_mended_gets_a_new_case_that_knows_the_old_one() -> None:
    from portal.shares.transitions import move_share

    case, moderator = a_case(), a_moderator()
    decide(case, moderator, Verdict.ASK_CHANGE)
    share = share_of(case)
    with unit_of_work():
        move_share(share, ShareState.CHECKING, actor_id=share.person_id, now=clock.now())
        move_share(share, ShareState.NEEDS_REVIEW, actor_id=None, now=clock.now(), reason_code="could_not_tell")

    again = a_case(share)

    assert (again.previous_id, again.kind) == (case.id, CaseKind.SHARE)
    assert case.state == CaseState.DECIDED


def test_every_answer_and_its_undoing_are_in_the_audit_trail() -> None:
    case, moderator = a_case(mission=a_mission()), a_moderator()
    decision = a_decision(case, moderator=moderator, verdict=Verdict.DECLINE, message="Another maker's jacket.")
    with unit_of_work():
        reviewing.undo_decision(decision, moderator=moderator, now=clock.now())

    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.actor_id == moderator.id).order_by(AuditEntry.number)
    ).all()
    assert [entry.action for entry in entries] == ["share.rejected", "share.decision_undone"]
    assert entries[0].why == "Another maker's jacket."
    assert (entries[0].before, entries[0].after) == ({"state": "needs_review"}, {"state": "rejected"})
    assert first_altered() is None


def test_a_colleague_who_has_it_open_is_not_overtaken() -> None:
    case, ines, jonas = a_case(), a_moderator(), a_moderator()
    with unit_of_work():
        reviewing.take(case, moderator=ines, now=clock.now())

    with pytest.raises(TakenByColleague):
        decide(case, jonas)
    clock.advance(timedelta(minutes=15, seconds=1))
    decide(case, jonas)

    assert share_of(case).state == ShareState.VERIFIED


def test_a_fan_can_never_be_handed_a_case() -> None:
    from portal.moderation.errors import HandOverRefused

    case, moderator = a_case(), a_moderator()
    for somebody in (a_fan(), moderator, case.person):
        with pytest.raises(HandOverRefused), unit_of_work():
            reviewing.hand_over(case, moderator=moderator, to=somebody, note="", now=clock.now())
    assert case.handed_to_id is None


def test_the_app_knows_the_words_of_every_reason(app: Flask) -> None:
    from portal.moderation.reasons import sentences
    from portal.shares.wording import REASONS, reason_sentence

    with app.test_request_context():
        assert all(reason_sentence(code) for code in sentences())
    assert not set(sentences()) & set(REASONS)
