"""What moderators decide, what can be undone, and the one appeal."""

from datetime import timedelta

import pytest

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.audit import AuditEntry
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import ClaimState
from portal.points.queries import balances
from portal.shares import appealing, deciding, queries
from portal.shares.appealing import AppealRefused
from portal.shares.models import ShareState
from portal.shares.submitting import submit_share
from portal.shares.transitions import ALLOWED, UNDO_WINDOW, IllegalMove, move_share
from tests.accounts.factories import a_fan, a_moderator, a_person
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import a_share, perch_url

pytestmark = pytest.mark.usefixtures("app", "now")
S = ShareState


@pytest.fixture
def moderator():
    return a_moderator("Jonas Test")


@pytest.fixture
def waiting():
    return a_share(state=S.NEEDS_REVIEW, person=a_person("Ada Fell"))


def points(share):
    held = balances(share.person_id)
    return held.available, held.pending


def test_verified_by_a_person_it_is_paid_and_written_down(waiting, moderator):
    with unit_of_work():
        deciding.verify(waiting, actor=moderator, now=clock.now(), reason_code="fits", message=" A joy. ")
    assert (waiting.state, waiting.message, points(waiting)) == (S.VERIFIED, "A joy.", (80, 40))
    assert db.session.query(AuditEntry).filter_by(action="share.verified", subject_id=waiting.id).count() == 1
    event = db.session.query(OutboxEvent).filter_by(kind="share.verified").one()
    assert event.payload["by_person"] is True


def test_a_verified_decision_is_undone_with_its_points(waiting, moderator):
    with unit_of_work():
        change = deciding.verify(waiting, actor=moderator, now=clock.now(), reason_code="fits")
    clock.advance(timedelta(minutes=10))
    with unit_of_work():
        deciding.undo(waiting, actor=moderator, now=clock.now(), change_id=change.id)
    assert (waiting.state, waiting.award_id, points(waiting)) == (S.NEEDS_REVIEW, None, (0, 0))
    assert waiting.claim.state == ClaimState.SUBMITTED
    told = db.session.query(OutboxEvent).filter_by(kind="share.decision_undone").one()
    assert told.payload["change_id"] == change.id
    assert db.session.query(OutboxEvent).filter_by(kind="share.needs_review").count() == 1, "waiting, before it all"

    with unit_of_work():
        deciding.verify(waiting, actor=moderator, now=clock.now(), reason_code="fits")
    assert points(waiting) == (80, 40)


@pytest.mark.parametrize("verb", [deciding.decline, deciding.ask_change])
def test_a_no_is_undone_and_the_claim_is_held_again(waiting, moderator, verb):
    with unit_of_work():
        change = verb(waiting, actor=moderator, now=clock.now(), reason_code="other", message="Not quite.")
    with unit_of_work():
        deciding.undo(waiting, actor=moderator, now=clock.now(), change_id=change.id)
    assert waiting.state == S.NEEDS_REVIEW
    assert (waiting.claim.state, waiting.claim.clock_stopped_at) == (ClaimState.SUBMITTED, clock.now())


@pytest.mark.parametrize("elsewhere", ["another post for the claim", "the post by somebody else"])
def test_a_decline_stands_once_the_fan_went_on_from_it(waiting, moderator, elsewhere):
    with unit_of_work():
        change = deciding.decline(waiting, actor=moderator, now=clock.now(), reason_code="other", message="Not quite.")
    claim, url = waiting.claim, perch_url()
    if elsewhere != "another post for the claim":
        claim, url = a_claim(waiting.mission, a_fan()), waiting.url
    with unit_of_work():
        submit_share(claim, person=db.session.get_one(Person, claim.person_id), typed_url=url, now=clock.now())

    with pytest.raises(deciding.UndoRefused, match="superseded"), unit_of_work():
        deciding.undo(waiting, actor=moderator, now=clock.now(), change_id=change.id)

    assert waiting.state == S.REJECTED
    assert claim.state == ClaimState.SUBMITTED


def test_after_ten_minutes_a_decision_stands(waiting, moderator):
    with unit_of_work():
        change = deciding.verify(waiting, actor=moderator, now=clock.now(), reason_code="fits")
    clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(deciding.UndoRefused, match="too_late"), unit_of_work():
        deciding.undo(waiting, actor=moderator, now=clock.now(), change_id=change.id)
    assert points(waiting) == (80, 40)


def test_only_the_latest_decision_of_a_person_is_undone(waiting, moderator):
    first = queries.changes_of(waiting)[0]
    with pytest.raises(deciding.UndoRefused, match="not_the_latest"), unit_of_work():
        deciding.undo(waiting, actor=moderator, now=clock.now(), change_id=first.id)


def test_the_undoing_of_an_earlier_decision_does_not_undo_a_later_one(waiting, moderator):
    with unit_of_work():
        first = deciding.verify(waiting, actor=moderator, now=clock.now(), reason_code="fits")
        deciding.undo(waiting, actor=moderator, now=clock.now(), change_id=first.id)
    clock.advance(timedelta(minutes=1))
    with unit_of_work():
        deciding.decline(waiting, actor=moderator, now=clock.now(), reason_code="no", message="Not this one.")
    with pytest.raises(deciding.UndoRefused, match="not_the_latest"), unit_of_work():
        deciding.undo(waiting, actor=moderator, now=clock.now(), change_id=first.id)
    db.session.refresh(waiting)
    assert waiting.state == S.REJECTED


def test_a_mission_without_a_hold_settles_nothing_before_its_undo_window_is_over(moderator):
    waiting = a_share(state=S.NEEDS_REVIEW, mission=a_mission(hold_days=0, points_now=80, points_held=0))
    with unit_of_work():
        deciding.verify(waiting, actor=moderator, now=clock.now(), reason_code="fits")
    assert UNDO_WINDOW <= waiting.settles_at - clock.now() <= UNDO_WINDOW * 1.01


def test_what_was_promised_at_the_claim_is_paid_whatever_the_mission_says_now(waiting, moderator):
    with unit_of_work():
        waiting.mission.points_now, waiting.mission.points_held = 500, 500
    with unit_of_work():
        deciding.verify(waiting, actor=moderator, now=clock.now(), reason_code="fits")
    assert points(waiting) == (120, 0)


def test_asking_for_a_change_gives_two_days(waiting, moderator):
    with unit_of_work():
        deciding.ask_change(waiting, actor=moderator, now=clock.now(), reason_code="disclosure", message="Add Ad:")
    assert waiting.fix_until >= clock.now() + timedelta(hours=48)
    assert waiting.claim.state == ClaimState.SUBMITTED


def test_the_two_days_are_given_however_little_was_left(moderator):
    share = a_share(state=ShareState.NEEDS_REVIEW, mission=a_mission(deliver_hours=2))
    with unit_of_work():
        deciding.ask_change(share, actor=moderator, now=clock.now(), reason_code="disclosure", message="Add Ad:")
    assert share.fix_until == clock.now() + timedelta(hours=48)


def test_a_declined_share_is_appealed_once(waiting, moderator):
    with unit_of_work():
        deciding.decline(waiting, actor=moderator, now=clock.now(), reason_code="other", message="No.")
    with unit_of_work():
        appealing.appeal(waiting, person=waiting.person, text="It is there.", now=clock.now())
    assert (waiting.state, waiting.reason_code) == (S.NEEDS_REVIEW, "appealed")
    assert waiting.claim.state == ClaimState.SUBMITTED
    with unit_of_work():
        deciding.decline(waiting, actor=moderator, now=clock.now(), reason_code="other", message="Still no.")
    with pytest.raises(AppealRefused), unit_of_work():
        appealing.appeal(waiting, person=waiting.person, text="Again!", now=clock.now())
    assert waiting.state == S.REJECTED


def test_an_appeal_after_the_time_ran_out_holds_the_place_again(moderator):
    share = a_share(state=S.NEEDS_FIX)
    clock.advance(timedelta(days=5))
    with unit_of_work():
        move_share(share, S.REJECTED, actor_id=None, now=clock.now(), reason_code="time_ran_out")
    assert share.claim.state == ClaimState.RELEASED
    with unit_of_work():
        appealing.appeal(share, person=share.person, text="I was ill.", now=clock.now())
    with unit_of_work():
        deciding.verify(share, actor=moderator, now=clock.now(), reason_code="fits")
    assert points(share) == (80, 40)


def test_no_appeal_for_a_post_that_was_handed_in_again_since():
    share = a_share(state=S.REJECTED)
    a_share(url=share.url)
    with pytest.raises(AppealRefused), unit_of_work():
        appealing.appeal(share, person=share.person, text="Mine!", now=clock.now())


@pytest.mark.parametrize("state", list(S))
def test_from_each_state_only_the_steps_of_the_table_are_taken(state):
    share = a_share(state=state)
    for to in S:
        if to in ALLOWED[state]:
            continue
        before = (share.state, points(share), len(queries.changes_of(share)))
        with pytest.raises(IllegalMove), unit_of_work():
            move_share(share, to, actor_id=None, now=clock.now(), reason_code="x")
        db.session.refresh(share)
        assert (share.state, points(share), len(queries.changes_of(share))) == before


def test_the_table_is_that_of_the_domain():
    steps = {(None if a is None else str(a), str(b)) for a, into in ALLOWED.items() for b in into}
    assert steps == {
        (None, "received"), ("received", "checking"),
        ("checking", "verified"), ("checking", "needs_fix"), ("checking", "needs_review"), ("checking", "rejected"),
        ("needs_fix", "checking"), ("needs_fix", "rejected"),
        ("needs_review", "verified"), ("needs_review", "needs_fix"), ("needs_review", "rejected"),
        ("verified", "settled"), ("verified", "revoked"), ("settled", "revoked"), ("revoked", "verified"),
        ("rejected", "needs_review"), ("verified", "needs_review"), ("needs_fix", "needs_review"),
        ("received", "withdrawn"), ("checking", "withdrawn"), ("needs_fix", "withdrawn"), ("needs_review", "withdrawn"),
    }  # fmt: skip
