"""Invitations count once, with the newcomer's first verified share, and never for a second account of one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.events import PersonJoined
from portal.accounts.models import Handle, HandleState, Person
from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.inviting import invitation_of
from portal.missions.models import Mission
from portal.points import budgets
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause
from portal.points.models import Award
from portal.points.queries import balances
from portal.shares import inviting, welcoming
from portal.shares.handed_in_models import Newcomer
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.transitions import UNDO_WINDOW, move_share
from tests.accounts.factories import a_manager, a_moderator, a_person, a_proved_handle
from tests.fixtures.at_once import all_at_once
from tests.missions.factories import a_claim, a_mission
from tests.rewards.factories import a_redemption, a_reward
from tests.shares.factories import a_share

pytestmark = pytest.mark.usefixtures("now")
S = ShareState


def a_refer_mission(**columns: Any) -> Mission:
    return a_mission(**{
        "kind": "refer", "platforms": [], "required_tag": "", "link_target": "", "per_person_max": 3,
        "deliver_hours": 500, "newcomer_points": 30, **columns,
    })  # fmt: skip


def code_of(claim: Claim) -> str:
    found = invitation_of(claim)
    assert found is not None
    return found.code


def joins_by(claim: Claim, name: str = "Bo Newcomer", **columns: Any) -> Person:
    """Somebody joins by the claim's invite link, and the news of it arrives."""
    person = a_person(name, **columns)
    with unit_of_work():
        events.record(PersonJoined(person_id=person.id, invitation=code_of(claim)))
    jobs.run_due()
    return person


def shares_something(person: Person) -> Share:
    """Their share is verified by the checks, and whoever listens has heard."""
    share = a_share(person=person, state=S.VERIFIED)
    jobs.run_due()
    return share


def invited_shares() -> list[Share]:
    return list(db.session.scalars(select(Share).where(Share.form == ShareForm.NEWCOMER)))


def test_a_newcomers_first_verified_share_pays_both(app, client_of):
    ada = a_person("Ada Fell")
    claim = a_claim(a_refer_mission(), ada)
    bo = joins_by(claim)
    assert invited_shares() == []
    assert balances(ada.id).available == 0
    shares_something(bo)
    (share,) = invited_shares()
    assert (share.state, share.person_id, share.claim_id) == (S.VERIFIED, ada.id, claim.id)
    assert db.session.get_one(Claim, claim.id).state == ClaimState.FULFILLED
    assert balances(ada.id).available == 80
    assert balances(bo.id).available == 80 + 30  # their own share, and the welcome
    statement = client_of(bo).get("/points").text
    assert ("Welcome: " in statement, "Verified: Welcome" in statement) == (True, False)
    assert "You came by an invitation, and your first share was verified." in statement
    of_staff = client_of(a_manager()).get(f"/staff/points/people/{bo.id}").text
    for leads_to in (f"/staff/people/{bo.id}", "/staff/verdicts/shares/"):
        assert f'href="{leads_to}' in of_staff
    shares_something(bo)  # a second one counts no more
    assert len(invited_shares()) == 1
    assert balances(ada.id).available == 80
    assert audit_ledger()["violations"] == []


def test_without_points_for_the_newcomer_there_is_no_welcome(sqlite_app):
    claim = a_claim(a_refer_mission(newcomer_points=0), a_person())
    bo = joins_by(claim)
    shares_something(bo)
    assert balances(bo.id).available == 80


def test_two_verifications_at_once_pay_once(app):
    claim = a_claim(a_refer_mission(), a_person())
    ada_id = claim.person_id
    bo = joins_by(claim)
    bo_id = bo.id
    for _each in range(2):
        a_share(person=bo, state=S.VERIFIED)
    db.session.remove()

    def count() -> None:
        with unit_of_work():
            inviting.count_newcomer(bo_id, now=clock.now())

    all_at_once(app, [count] * 6)
    db.session.remove()
    jobs.run_due()
    assert len(invited_shares()) == 1
    assert db.session.query(Award).filter_by(cause_kind="share", person_id=ada_id).count() == 1
    assert db.session.query(Award).filter_by(cause_kind="welcome").count() == 1
    assert balances(ada_id).available == 80


def test_control_without_the_lock_the_post_key_still_counts_once(sqlite_app):
    """The database holds it by itself: a second share for the same newcomer can't be stored."""
    claim = a_claim(a_refer_mission(), a_person())
    bo = joins_by(claim)
    shares_something(bo)
    with unit_of_work():
        db.session.get_one(Newcomer, bo.id).share_id = None  # as if nobody had noted it
    with unit_of_work():
        assert inviting.count_newcomer(bo.id, now=clock.now()) is None
    assert len(invited_shares()) == 1


def test_several_friends_by_one_link_each_count_up_to_the_limit(sqlite_app):
    claim = a_claim(a_refer_mission(per_person_max=2), a_person())
    friends = [joins_by(claim, f"Friend{n} Test") for n in range(3)]
    for friend in friends:
        shares_something(friend)
    assert [share.state for share in invited_shares()] == [S.VERIFIED, S.VERIFIED]
    assert balances(claim.person_id).available == 160
    waiting = [each for each in inviting.invited_by(claim) if not each.counts]
    assert [each.name for each in waiting] == ["Friend2"]
    assert "free place" in waiting[0].waits_for


def test_what_a_moderator_verified_counts_once_it_can_not_be_undone(sqlite_app):
    claim = a_claim(a_refer_mission(), a_person())
    bo, moderator = joins_by(claim), a_moderator()
    share = a_share(person=bo, state=S.NEEDS_REVIEW)
    with unit_of_work():
        move_share(db.session.get_one(Share, share.id), S.VERIFIED, actor_id=moderator.id, now=clock.now())
    jobs.run_due()
    assert invited_shares() == []
    clock.advance(timedelta(minutes=11))
    jobs.run_due()
    assert [share.state for share in invited_shares()] == [S.VERIFIED]


def test_a_decision_that_was_undone_does_not_count(sqlite_app):
    claim = a_claim(a_refer_mission(), a_person())
    bo, moderator = joins_by(claim), a_moderator()
    share = a_share(person=bo, state=S.NEEDS_REVIEW)
    with unit_of_work():
        move_share(db.session.get_one(Share, share.id), S.VERIFIED, actor_id=moderator.id, now=clock.now())
    with unit_of_work():
        move_share(
            db.session.get_one(Share, share.id), S.NEEDS_REVIEW, actor_id=moderator.id, now=clock.now(),
            reason_code="undone",
        )  # fmt: skip
    clock.advance(timedelta(minutes=11))
    jobs.run_due()
    assert invited_shares() == []


def test_nobody_invites_themselves(sqlite_app):
    ada = a_person()
    claim = a_claim(a_refer_mission(), ada)
    with unit_of_work():
        assert inviting.note_newcomer(ada, code_of(claim), now=clock.now()) is None
    assert db.session.query(Newcomer).count() == 0


def test_of_each_person_there_is_one_inviter(sqlite_app):
    mission = a_refer_mission()
    first, second = a_claim(mission, a_person()), a_claim(mission, a_person())
    bo = joins_by(first)
    with unit_of_work():
        inviting.note_newcomer(bo, code_of(second), now=clock.now())
    shares_something(bo)
    assert [share.person_id for share in invited_shares()] == [first.person_id]


def same_mail(ada: Person) -> Person:
    return joins_by(a_claim(a_refer_mission(), ada), email="ada+two@example.org")


def same_account(ada: Person) -> Person:
    """The newcomer proved an account that the inviter had once."""
    claim = a_claim(a_refer_mission(), ada)
    bo = joins_by(claim)
    handle = a_proved_handle(bo, platform="perch")
    with unit_of_work():
        db.session.add(
            Handle(
                person_id=ada.id, platform="perch", host="", name=handle.name, external_id=None,
                profile_url="https://perch.example", state=HandleState.LOST, proof_code="x", added_at=clock.now(),
            )
        )  # fmt: skip
    return bo


@pytest.mark.parametrize(("second", "doubt"), [(same_mail, "same e-mail"), (same_account, "named before")])
def test_what_looks_like_a_second_account_is_not_paid_but_looked_at(sqlite_app, client_of, second, doubt):
    ada = a_person("Ada Fell", email="ada@example.org")
    bo = second(ada)
    shares_something(bo)
    (share,) = invited_shares()
    assert (share.state, share.reason_code) == (S.NEEDS_REVIEW, "second_account")
    assert balances(ada.id).available == 0
    assert balances(bo.id).available == 80  # no welcome
    case = db.session.execute(db.text("SELECT id FROM review_case")).scalar_one()
    moderator = client_of(a_moderator())
    console = moderator.get(f"/staff/review/{case}").text
    assert doubt in console
    assert "Ask for a change" not in console
    refused = moderator.post(
        f"/staff/review/{case}/decision",
        data={"verdict": "ask_change", "reason_code": "tell_more", "seen_version": "1"},
    )
    assert refused.status_code == 422
    moderator.post(
        f"/staff/review/{case}/decision",
        data={"verdict": "decline", "reason_code": "own_second_account", "seen_version": "1"},
    )
    assert invited_shares()[0].state == S.REJECTED
    assert balances(ada.id).available == 0


def test_many_at_once_are_looked_at(sqlite_app):
    claim = a_claim(a_refer_mission(), a_person())
    crowd = [joins_by(claim, f"Crowd{n} Test") for n in range(inviting.MANY + 1)]
    doubts = [db.session.get_one(Newcomer, each.id).doubt for each in crowd]
    assert doubts == [""] * inviting.MANY + ["many_at_once"]


def test_as_many_over_some_days_are_no_crowd(sqlite_app):
    claim = a_claim(a_refer_mission(), a_person())
    for number in range(inviting.MANY):
        joins_by(claim, f"Friend{number} Test")
    clock.advance(inviting.MANY_WITHIN)
    assert db.session.get_one(Newcomer, joins_by(claim).id).doubt == ""


@pytest.mark.parametrize("state", [HandleState.PROVED, HandleState.CLAIMED])
def test_no_second_account_is_seen_in_other_accounts_of_one_network_or_in_a_name_that_nobody_proved(sqlite_app, state):
    """Networks that give no id of their own give it to neither; and anybody can type the name of somebody else's."""
    ada = a_person()
    claim = a_claim(a_refer_mission(), ada)
    hers = a_proved_handle(ada, platform="perch")
    bo = joins_by(claim)
    his = a_proved_handle(bo, platform="perch")
    with unit_of_work():
        db.session.merge(hers).external_id = None
        mine = db.session.merge(his)
        mine.external_id = None
        if state == HandleState.CLAIMED:
            mine.name, mine.state, mine.proved_at = hers.name, state, None
    assert inviting._same_accounts(bo.id, ada.id) == ""


@pytest.mark.parametrize("form", [ShareForm.ANSWERS, ShareForm.NEWCOMER])
def test_answers_and_invitations_alone_do_not_make_a_newcomer(sqlite_app, form):
    claim = a_claim(a_refer_mission(), a_person())
    bo = joins_by(claim)
    share = a_share(person=bo, state=S.VERIFIED)
    with unit_of_work():
        share.form, share.platform, share.url, share.typed_url = form, "", "", ""
        share.post_key = f"{form}:{share.id}"
    jobs.run_due()
    with unit_of_work():
        assert inviting.count_newcomer(bo.id, now=clock.now()) is None  # as the sweep asks too
    assert [each.id for each in invited_shares()] == ([share.id] if form == ShareForm.NEWCOMER else [])


def goes_away(share: Share) -> None:
    with unit_of_work():
        mine = db.session.get_one(Share, share.id)
        move_share(mine, S.REVOKED, actor_id=None, now=clock.now(), reason_code="reachable.gone")
    jobs.run_due()


def told(topic: str) -> list[str]:
    return list(db.session.scalars(select(Notification.person_id).where(Notification.topic == topic)))


def test_if_nothing_of_the_newcomer_stands_at_the_end_of_the_hold_both_give_back(app, client_of):
    ada = a_person()
    claim = a_claim(a_refer_mission(), ada)
    bo = joins_by(claim)
    theirs = shares_something(bo)
    kit = a_reward(price_points=100)
    a_redemption(bo, kit)  # of the 110 that they had
    budget = budgets.left(claim.mission.campaign_id)
    goes_away(theirs)
    assert (balances(bo.id).debt, balances(claim.person_id).available) == (70, 80)  # nothing more before its end
    clock.advance(timedelta(days=8))
    for _each in range(3):
        jobs.run_due()
    assert invited_shares()[0].state == S.REVOKED
    assert (balances(claim.person_id).available, balances(bo.id).available, balances(bo.id).debt) == (0, 0, 100)
    assert budgets.left(claim.mission.campaign_id) == budget + 30  # the welcome's points are the season's again
    assert told("welcome_taken_back") == [bo.id]
    inbox, statement = client_of(bo).get("/inbox").text, client_of(bo).get("/points").text
    assert "30 points of welcome taken back" in inbox
    assert "Welcome taken back: " in statement
    assert "The invitation does not count any more" in statement
    assert "Nothing that the person you invited shared stands any more" in client_of(ada).get("/points").text
    assert audit_ledger()["violations"] == []


def test_once_the_hold_is_over_both_keep_what_they_have(sqlite_app):
    """Nobody answers for ever for somebody else's posts; a newcomer's own points are another matter."""
    claim = a_claim(a_refer_mission(), a_person())
    bo = joins_by(claim)
    theirs = shares_something(bo)
    clock.advance(timedelta(days=8))
    jobs.run_due()
    assert invited_shares()[0].state == S.SETTLED
    goes_away(theirs)
    clock.advance(timedelta(days=30))
    jobs.run_due()
    assert invited_shares()[0].state == S.SETTLED
    assert (balances(claim.person_id).available, balances(bo.id).available) == (120, 30)
    assert told("welcome_taken_back") == []


def test_a_second_post_of_the_newcomer_keeps_the_invitation(sqlite_app):
    claim = a_claim(a_refer_mission(), a_person())
    bo = joins_by(claim)
    theirs = shares_something(bo)
    shares_something(bo)
    goes_away(theirs)
    clock.advance(timedelta(days=8))
    for _each in range(2):
        jobs.run_due()
    assert invited_shares()[0].state == S.SETTLED
    assert told("welcome_taken_back") == []


def test_a_welcome_follows_what_a_person_decides_about_the_invitation_and_may_come_back(sqlite_app):
    claim, moderator = a_claim(a_refer_mission(), a_person()), a_moderator()
    bo = joins_by(claim)
    shares_something(bo)

    def decide(to: ShareState) -> None:
        with unit_of_work():
            move_share(invited_shares()[0], to, actor_id=moderator.id, now=clock.now(), reason_code="decided")
        jobs.run_due()

    decide(S.REVOKED)
    assert balances(bo.id).available == 80 + 30  # it can be undone yet
    clock.advance(UNDO_WINDOW)
    jobs.run_due()
    assert balances(bo.id).available == 80
    decide(S.VERIFIED)
    clock.advance(UNDO_WINDOW)
    jobs.run_due()
    assert balances(bo.id).available == 80 + 30
    assert audit_ledger()["violations"] == []


def test_a_welcome_waits_for_what_can_be_undone_and_is_neither_given_nor_taken_then(sqlite_app):
    """A moderator decides and undoes it within the minutes that they have for it, in both directions."""
    ada, moderator = a_person("Ada Fell", email="ada@example.org"), a_moderator()
    bo = same_mail(ada)
    shares_something(bo)

    def decide(to: ShareState, reason_code: str) -> None:
        with unit_of_work():
            move_share(invited_shares()[0], to, actor_id=moderator.id, now=clock.now(), reason_code=reason_code)
        jobs.run_due()

    decide(S.VERIFIED, "decided")
    decide(S.NEEDS_REVIEW, "undone")
    clock.advance(UNDO_WINDOW)
    jobs.run_due()
    assert balances(bo.id).available == 80  # no welcome
    decide(S.VERIFIED, "decided")
    clock.advance(UNDO_WINDOW)
    jobs.run_due()
    assert balances(bo.id).available == 80 + 30
    decide(S.REVOKED, "decided")
    decide(S.VERIFIED, "decided")
    clock.advance(UNDO_WINDOW)
    jobs.run_due()
    assert balances(bo.id).available == 80 + 30
    assert told("welcome_taken_back") == []


def test_a_welcome_that_is_given_and_taken_again_and_again_is_the_seasons_points_once(sqlite_app):
    claim = a_claim(a_refer_mission(), a_person())
    bo = joins_by(claim)
    theirs = shares_something(bo)
    season = claim.mission.campaign_id
    left = budgets.left(season)

    def again(what: Callable[..., None]) -> None:
        for _each in range(2):
            with unit_of_work():
                what(invited_shares()[0], now=clock.now())

    again(welcoming.welcome)
    assert budgets.left(season) == left
    goes_away(theirs)
    clock.advance(timedelta(days=8))
    for _each in range(2):
        jobs.run_due()
    left = budgets.left(season)
    again(welcoming.take_back)
    jobs.run_due()
    assert budgets.left(season) == left
    assert told("welcome_taken_back") == [bo.id]
    assert audit_ledger()["violations"] == []


def test_without_points_left_in_the_season_there_is_no_welcome_and_nothing_fails(sqlite_app):
    mission = a_refer_mission()
    claim = a_claim(mission, a_person())
    bo = joins_by(claim)
    a_share(person=bo, state=S.VERIFIED)
    with unit_of_work():
        cause = Cause("test", "elsewhere")
        budgets.reserve(cause, mission.campaign_id, budgets.left(mission.campaign_id) - 29, now=clock.now())
    jobs.run_due()
    assert [each.state for each in invited_shares()] == [S.VERIFIED]
    assert (balances(claim.person_id).available, balances(bo.id).available) == (80, 80)
    assert budgets.left(mission.campaign_id) == 29
    assert db.session.scalars(select(jobs.Job.last_error).where(jobs.Job.last_error.is_not(None))).all() == []


def test_who_waited_for_a_place_counts_as_soon_as_there_is_one(sqlite_app):
    """Not only with the sweep: the first newcomer's place is decided about, and the second's turn comes."""
    ada, moderator = a_person("Ada Fell", email="ada@example.org"), a_moderator()
    claim = a_claim(a_refer_mission(), ada)
    doubtful, second = joins_by(claim, email="ada+two@example.org"), joins_by(claim, "Cy Newcomer")
    for each in (doubtful, second):
        shares_something(each)
    assert [share.state for share in invited_shares()] == [S.NEEDS_REVIEW]
    with unit_of_work():
        move_share(invited_shares()[0], S.VERIFIED, actor_id=moderator.id, now=clock.now(), reason_code="decided")
    jobs.run_due()
    assert [share.state for share in invited_shares()] == [S.VERIFIED, S.VERIFIED]


def test_an_ended_place_counts_when_there_is_another(sqlite_app):
    mission = a_refer_mission(deliver_hours=1)
    claim = a_claim(mission, a_person())
    bo = joins_by(claim)
    clock.advance(timedelta(hours=2))
    jobs.run_due()
    assert db.session.get_one(Claim, claim.id).state == ClaimState.EXPIRED
    shares_something(bo)
    assert [share.state for share in invited_shares()] == [S.VERIFIED]


def test_the_sweep_finds_whom_nobody_counted(sqlite_app):
    claim = a_claim(a_refer_mission(), a_person())
    bo = joins_by(claim)
    a_share(person=bo, state=S.VERIFIED)
    with unit_of_work():
        db.session.execute(db.text("DELETE FROM job"))  # everything that was due is lost
    jobs.keep_recurring_scheduled()
    clock.advance(timedelta(hours=2))
    jobs.run_due()
    jobs.run_due()
    assert len(invited_shares()) == 1


# Pages


def test_the_invited_see_the_brand_before_they_sign_in(sqlite_app, client):
    claim = a_claim(a_refer_mission(), a_person("Ada Fell"))
    page = client.get(f"/invite/{code_of(claim)}")
    assert page.status_code == 200
    assert "Ada invites you to" in page.text
    assert "Fell" not in page.text.split("<main", 1)[1].replace("Hollin Fell", "")
    assert "30 points" in page.text
    with client.session_transaction() as session:
        assert "invited_by" not in session
    answer = client.post(f"/invite/{code_of(claim)}")
    assert (answer.status_code, answer.location) == (303, "/sign-in")  # then home, which says what comes first
    with client.session_transaction() as session:
        assert session["invited_by"] == code_of(claim)


def test_an_invite_link_that_nobody_made_is_not_there(sqlite_app, client):
    assert client.get("/invite/nonsense").status_code == 404
    assert client.post("/invite/nonsense").status_code == 404


def test_members_learn_that_it_is_for_others(sqlite_app, client_of):
    ada = a_person("Ada Fell")
    claim = a_claim(a_refer_mission(), ada)
    assert "This is your own link" in client_of(ada).get(f"/invite/{code_of(claim)}").text
    assert "You are a member already" in client_of(a_person()).get(f"/invite/{code_of(claim)}").text


def test_the_inviter_sees_first_names_and_what_is_missing(sqlite_app, client_of):
    ada = a_person("Ada Fell")
    claim = a_claim(a_refer_mission(), ada)
    joins_by(claim, "Bo Secretname")
    cy = joins_by(claim, "Cy Test")
    shares_something(cy)
    page = client_of(ada).get(f"/claims/{claim.id}/share").text
    assert "Bo</p>" in page
    assert "Secretname" not in page
    assert "still missing: their first verified share" in page
    assert "Counts" in page
    assert f"/invite/{code_of(claim)}" in page
    assert client_of(a_person()).get(f"/claims/{claim.id}/share").status_code == 404
