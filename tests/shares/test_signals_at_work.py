"""Signals at work: they put a share before a person, before and after it is paid, and decide nothing by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation.desk import open_case_of
from portal.moderation.errors import CaseMoved, UndoRefused
from portal.moderation.models import Decision, Verdict
from portal.moderation.reviewing import undo_decision
from portal.points.audit import audit_ledger
from portal.shares.appealing import AppealRefused, appeal
from portal.shares.models import CheckResult, Share, ShareState
from portal.shares.noticing import facts_of, signals_of
from portal.shares.picture_likeness import PictureHash
from portal.shares.prints import file_prints
from portal.shares.signal_models import SignalSwitch
from portal.shares.submitting import check_again, submit_share
from portal.shares.switching import NoSuchSignal, switch
from portal.shares.transitions import IllegalMove
from tests.accounts.factories import a_fan, a_handle, a_manager, a_moderator, a_person, a_proved_handle
from tests.messages.test_telling import told
from tests.missions.factories import a_claim
from tests.moderation.factories import a_case, a_decision
from tests.shares.factories import a_share
from tests.shares.watching import TEXT, Watched

pytestmark = pytest.mark.usefixtures("app", "now")

S = ShareState


def turn(code: str = "account_of_others", *, on: bool = True) -> None:
    staff = a_manager()
    with unit_of_work():
        switch(code, on=on, actor=staff, why="tried on last season", now=clock.now())


def somebody_else_named_it() -> None:
    a_handle(a_person(), platform="perch", name="ada")


def hand_in(perch) -> Share:
    ada = a_person("Ada Fell")
    a_proved_handle(ada, name="ada", external_id="id-ada")
    claim = a_claim(None, ada)
    with unit_of_work():
        share = submit_share(claim, person=ada, typed_url=perch.publish(TEXT), now=clock.now())
    jobs.run_due()
    return db.session.get_one(Share, share.id, populate_existing=True)


def test_a_signal_that_is_off_changes_nothing(perch):
    somebody_else_named_it()
    share = hand_in(perch)
    assert share.state == S.VERIFIED
    assert not signals_of(share)


def test_what_is_unusual_goes_to_a_person_before_it_is_paid(perch):
    turn()
    somebody_else_named_it()
    share = hand_in(perch)
    assert (share.state, share.reason_code, share.award_id) == (S.NEEDS_REVIEW, "signals", None)
    assert [(row.code, row.details) for row in signals_of(share)] == [("account_of_others", {"people": 1})]
    assert open_case_of(share.id).why == "signals"
    a_decision(a_case(share), moderator=a_moderator())
    assert share.state == S.VERIFIED


def test_what_a_person_weighed_before_it_was_paid_is_not_asked_again_afterwards(perch):
    turn()
    somebody_else_named_it()
    share = hand_in(perch)
    a_decision(a_case(share), moderator=a_moderator())
    clock.advance(timedelta(hours=2))
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == S.VERIFIED
    assert open_case_of(share.id) is None, "the same reasons, weighed already"
    clock.advance(timedelta(days=8))
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == S.SETTLED


def test_an_answer_that_was_taken_back_weighed_nothing(perch):
    turn()
    somebody_else_named_it()
    share = hand_in(perch)
    decision = a_decision(a_case(share), moderator=a_moderator())
    assert all(row.weighed_at for row in signals_of(share))
    with unit_of_work():
        undo_decision(decision, moderator=decision.moderator, now=clock.now())
    assert not any(row.weighed_at for row in signals_of(share))
    assert open_case_of(share.id) is not None


def test_a_weak_signal_alone_is_written_down_and_asks_nobody(perch):
    turn("new_account")
    share = hand_in(perch)
    assert share.state == S.VERIFIED


@pytest.fixture
def doubted(perch):
    """A share that was paid, and of which something unusual was noticed while its points are held."""
    watched = Watched(perch)
    turn()
    somebody_else_named_it()
    share = watched.next_look()
    assert (share.state, open_case_of(share.id).why) == (S.VERIFIED, "signals")
    return watched


def test_while_a_person_is_asked_it_stays_paid_and_does_not_settle(doubted):
    assert doubted.points == (80, 40, 0)
    clock.advance(timedelta(days=8))
    jobs.run_due()
    assert doubted.share.state == S.VERIFIED
    assert doubted.points == (80, 40, 0)


def test_all_is_well_lets_it_settle_and_asks_no_more(doubted):
    case = a_case(doubted.share)
    a_decision(case, moderator=a_moderator())
    assert doubted.share.state == S.VERIFIED
    assert doubted.until_settled().state == S.SETTLED
    assert doubted.points == (120, 0, 0)
    assert open_case_of(doubted.id) is None


def test_it_never_settles_before_the_answer_can_no_longer_be_taken_back(doubted):
    clock.advance(timedelta(days=9))
    jobs.run_due()
    decision = a_decision(a_case(doubted.share), moderator=a_moderator())
    jobs.run_due()
    assert doubted.share.state == S.VERIFIED
    with unit_of_work():
        undo_decision(decision, moderator=decision.moderator, now=clock.now())
    clock.advance(timedelta(hours=1))
    jobs.run_due()
    assert doubted.share.state == S.VERIFIED
    assert open_case_of(doubted.id) is not None


@pytest.mark.parametrize("verdict", [Verdict.VERIFY, Verdict.DECLINE])
def test_after_ten_minutes_an_answer_about_a_paid_share_stands(doubted, verdict):
    decision = a_decision(a_case(doubted.share), moderator=a_moderator(), verdict=verdict)
    points = doubted.points
    clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(UndoRefused) as refused, unit_of_work():
        undo_decision(decision, moderator=decision.moderator, now=clock.now())
    assert refused.value.reason_code == "too_late"
    assert doubted.points == points
    assert open_case_of(doubted.id) is None


def test_points_that_a_person_takes_back_come_again_by_undo(doubted):
    decision = a_decision(a_case(doubted.share), moderator=a_moderator(), verdict=Verdict.DECLINE)
    assert doubted.share.state == S.REVOKED
    assert doubted.points == (0, 0, 0)
    with unit_of_work():
        undo_decision(decision, moderator=decision.moderator, now=clock.now())
    assert doubted.share.state == S.VERIFIED
    assert doubted.points == (80, 40, 0)
    assert open_case_of(doubted.id) is not None
    assert audit_ledger()["violations"] == []


def test_another_look_never_overrules_a_person(doubted):
    a_decision(a_case(doubted.share), moderator=a_moderator(), verdict=Verdict.DECLINE)
    with pytest.raises(IllegalMove), unit_of_work():
        check_again(doubted.share, person=doubted.ada, now=clock.now())
    for days in (1, 8, 40):
        clock.advance(timedelta(days=days))
        jobs.run_due()
    assert doubted.share.state == S.REVOKED
    assert doubted.points == (0, 0, 0)


def test_a_fan_appeals_once_and_somebody_else_brings_the_points_back(doubted):
    first, second = a_moderator(), a_moderator()
    a_decision(a_case(doubted.share), moderator=first, verdict=Verdict.DECLINE)
    with unit_of_work():
        appeal(doubted.share, person=doubted.ada, text="It is my account; my brother set it up.", now=clock.now())
    case = a_case(doubted.share)
    assert (case.kind, case.not_for_id, doubted.share.state) == ("appeal", first.id, S.REVOKED)
    a_decision(case, moderator=second)
    assert doubted.share.state == S.VERIFIED
    assert doubted.points == (80, 40, 0)
    with pytest.raises(AppealRefused), unit_of_work():
        appeal(doubted.share, person=doubted.ada, text="again", now=clock.now())


def test_an_appeal_that_is_declined_leaves_it_as_it_is(doubted):
    a_decision(a_case(doubted.share), moderator=a_moderator(), verdict=Verdict.DECLINE)
    with unit_of_work():
        appeal(doubted.share, person=doubted.ada, text="But it is mine.", now=clock.now())
    a_decision(a_case(doubted.share), moderator=a_moderator(), verdict=Verdict.DECLINE)
    assert doubted.share.state == S.REVOKED
    assert audit_ledger()["violations"] == []


def test_the_fan_reads_that_an_appeal_against_points_taken_back_is_open(doubted, client_of):
    a_decision(a_case(doubted.share), moderator=a_moderator(), verdict=Verdict.DECLINE)
    browser, path = client_of(doubted.ada), f"/shares/{doubted.id}"
    assert "Your appeal is with us" not in browser.get(path).text
    browser.post(f"{path}/appeal", data={"text": "That was my class, all at once."})
    browser.get(path)  # reads the toast away
    assert "Your appeal is with us" in browser.get(path).text
    a_decision(a_case(doubted.share), moderator=a_moderator())
    assert "Your appeal is with us" not in browser.get(path).text


def test_nothing_can_be_mended_about_what_is_paid(doubted):
    with pytest.raises(CaseMoved):
        a_decision(a_case(doubted.share), moderator=a_moderator(), verdict=Verdict.ASK_CHANGE)


def test_a_post_that_goes_away_meanwhile_needs_no_person(doubted):
    doubted.perch.delete(doubted.url)
    for _ in range(4):
        if doubted.share.state == S.VERIFIED:
            doubted.next_look()
    assert doubted.share.state == S.REVOKED
    assert open_case_of(doubted.id) is None


def test_the_moderator_reads_what_is_unusual_and_the_fan_does_not(doubted, client_of):
    case = a_case(doubted.share)
    page = client_of(a_moderator()).get(f"/staff/review/{case.id}").text
    assert "A network account that others named too" in page
    assert "1 other person" in page
    assert page.index("others named too") < page.index("Evidence"), (
        "why it is here stands before a dozen checks that passed"
    )
    mine = client_of(doubted.ada).get(f"/shares/{doubted.id}").text
    assert "others named" not in mine
    assert "A person will look" in mine


def test_what_is_said_of_a_paid_share_is_that_it_stays_or_that_its_points_go_and_undoing_says_nothing_new(
    doubted, client_of
):
    jobs.run_due()
    case, browser = a_case(doubted.share), client_of(a_moderator())
    before = told(doubted.ada)
    address, answer = f"/staff/review/{case.id}", {"verdict": "decline", "reason_code": "not_explained"}
    browser.post(f"{address}/decision", data={**answer, "seen_version": case.lock_version})
    assert "Points taken back: " in browser.get("/staff/review").text
    decision = db.session.query(Decision).filter_by(case_id=case.id).one()
    browser.post(f"/staff/review/decisions/{decision.id}/undo")
    jobs.run_due()
    assert doubted.share.state == S.VERIFIED
    assert told(doubted.ada) == before
    case = a_case(doubted.share)
    data = {"verdict": "verify", "reason_code": "as_asked", "seen_version": case.lock_version}
    browser.post(f"{address}/decision", data=data)
    assert "Left as it is: " in browser.get("/staff/review").text


def test_staff_try_a_signal_before_they_switch_it_on(perch, client_of):
    hand_in(perch)
    somebody_else_named_it()
    manager = client_of(a_manager())
    page = manager.get("/staff/signals?try=account_of_others").text
    assert "Of the last 1 share, it would have noticed 1." in page
    assert db.session.query(SignalSwitch).count() == 0
    assert manager.post("/staff/signals/account_of_others", data={"to": "on"}).status_code == 422
    for _ in range(2):
        data = {"to": "on", "why": "It found two rings"}
        assert manager.post("/staff/signals/account_of_others", data=data).status_code == 303
    assert db.session.get(SignalSwitch, "account_of_others").is_on
    entries = db.session.query(AuditEntry).filter_by(action="signal.switched").all()
    assert [(entry.why, entry.before, entry.after) for entry in entries] == [
        ("It found two rings", {"on": False}, {"on": True})
    ]


def test_only_who_sets_verdicts_turns_signals_and_only_known_ones(client_of):
    assert client_of(a_fan()).post("/staff/signals/own_clicks", data={"to": "on", "why": "x"}).status_code == 403
    assert client_of(a_moderator()).get("/staff/signals").status_code == 403
    assert client_of(a_manager()).post("/staff/signals/nothing", data={"to": "on", "why": "x"}).status_code == 404
    manager = a_manager()
    with pytest.raises(NoSuchSignal), unit_of_work():
        switch("nothing", on=True, actor=manager, why="x", now=clock.now())


def test_a_picture_of_ones_own_is_nobody_elses(perch):
    mine, theirs = a_share(state=S.NEEDS_REVIEW), a_share(state=S.VERIFIED)
    earlier = a_share(state=S.VERIFIED, person=mine.person)
    look = PictureHash(0x0F0F_3C3C_55AA_1234, 0x1234_55AA_3C3C_0F0F)
    with unit_of_work():
        for share in (earlier, theirs, mine):
            file_prints(share, sketch=(), pictures=[look], now=clock.now())
        db.session.add(
            CheckResult(
                share_id=mine.id, round=mine.check_round, check="pictures_not_repeated", outcome="failed",
                reason_code="like_another", details={}, checked_at=clock.now(),
            )
        )  # fmt: skip
    assert facts_of(mine).picture_of_others == 1
