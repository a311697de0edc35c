"""What a verified post brings is paid step by step: once, never above its cap, and only while it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.links.models import ClickPattern
from portal.links.queries import link_of_claim
from portal.messages.models import Notification, OutgoingMail
from portal.messages.topics import Topic
from portal.missions.claim_models import Claim
from portal.points import budgets, ledger, spending
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause
from portal.points.models import Award, Transaction
from portal.points.postings import campaign_account
from portal.shares import bonuses, deciding, queries
from portal.shares.models import CountSample, Share, ShareState
from portal.shares.ports import review_desk
from portal.shares.proof import prove
from portal.shares.submitting import submit_share
from portal.shares.transitions import move_share
from tests.accounts.factories import a_moderator, a_person, a_proved_handle
from tests.campaigns.factories import a_campaign
from tests.fixtures.at_once import all_at_once
from tests.missions.factories import a_claim, a_mission
from tests.missions.test_bonus import VISITORS
from tests.shares.factories import a_share
from tests.shares.watching import Watched

pytestmark = pytest.mark.usefixtures("app", "now")

S = ShareState
LIKES = {"bonus_measure": "likes", "bonus_points": 5, "bonus_step": 10, "bonus_cap": 30}
BUDGET = 1_000


def problems():
    return audit_ledger()["violations"]


def a_paid_share(**columns) -> Share:
    """Verified, on a mission with a bonus and a season of 1,000 points: 80 paid, 40 held, 30 kept for the bonus."""
    mission = a_mission(a_campaign(points_budget=BUDGET), **{**VISITORS, **columns})
    return a_share(a_claim(mission), state=S.VERIFIED)


def visited(share: Share, visitors: int, *, own: int = 0, unlike_people: int = 0, days_ago: int = 0) -> None:
    with unit_of_work():
        db.session.add(
            ClickPattern(
                link_id=link_of_claim(share.claim_id).id, day=(clock.now() - timedelta(days=days_ago)).date(),
                clicks_seen=visitors, visitors=visitors, own=own, unlike_people=unlike_people, connection_most=1,
                on_many_links=0, burst_most=1,
            )
        )  # fmt: skip


def liked(share: Share, likes: int | None, comments: int | None = None) -> None:
    with unit_of_work():
        db.session.add(
            CountSample(share_id=share.id, at=clock.now(), likes=likes, comments=comments, shares=None, views=None)
        )


def pay(share: Share) -> int:
    with unit_of_work():
        return bonuses.pay(share, now=clock.now())


def move(share: Share, to: ShareState, reason: str = "reachable.gone") -> None:
    with unit_of_work():
        move_share(queries.hold(share), to, actor_id=None, now=clock.now(), reason_code=reason)


def held(share: Share) -> tuple[int, int]:
    """What the person can spend, and what they owe."""
    person = f"person/{share.person_id}"
    return ledger.balance(f"{person}/available"), -ledger.balance(f"{person}/debt")


def season(share: Share) -> tuple[int, int]:
    """What is left of its budget, and what is reserved."""
    campaign_id = share.mission.campaign_id
    return budgets.left(campaign_id), ledger.balance(campaign_account(campaign_id, "reserved"))


def claim_of(share: Share) -> Claim:
    return db.session.get_one(Claim, share.claim_id, populate_existing=True)


def a_day_passes() -> None:
    jobs.keep_recurring_scheduled()
    clock.advance(timedelta(days=1))
    jobs.run_due()
    db.session.expire_all()


def test_verifying_pays_the_post_and_keeps_the_bonus_in_reserve():
    share = a_paid_share()
    assert (held(share), season(share), claim_of(share).bonus_left) == ((80, 0), (850, 30), 30)
    assert problems() == []


def test_each_step_is_paid_once_and_never_more_than_the_cap():
    share = a_paid_share()
    visited(share, 23)
    assert (pay(share), pay(share)) == (10, 0)
    assert (held(share), season(share), claim_of(share).bonus_left) == ((90, 0), (850, 20), 20)
    visited(share, 500, days_ago=1)
    assert (pay(share), pay(share)) == (20, 0)
    assert (held(share), season(share), claim_of(share).bonus_left) == ((110, 0), (850, 0), 0)
    keys = db.session.scalars(select(Transaction.key).where(Transaction.cause_kind == "bonus").order_by(Transaction.id))
    assert list(keys) == [f"bonus/{share.id}:{step}:award:1" for step in range(1, 7)]
    assert problems() == []


def test_the_fan_hears_of_each_payment_once_in_the_inbox_and_not_by_mail():
    share = a_paid_share()
    visited(share, 12)
    pay(share)
    visited(share, 23, days_ago=1)
    assert (pay(share), pay(share)) == (10, 0)
    move(share, S.REVOKED)
    move(share, S.VERIFIED, "still_there")
    assert pay(share) == 15
    jobs.run_due()
    jobs.run_due()
    told = select(Notification).where(Notification.topic == Topic.BONUS_PAID).order_by(Notification.id)
    assert [(each.person_id, each.details["points"]) for each in db.session.scalars(told)] == [
        (share.person_id, 5), (share.person_id, 10), (share.person_id, 15),
    ]  # fmt: skip
    mails = select(OutgoingMail.topic).where(OutgoingMail.person_id == share.person_id)
    assert Topic.BONUS_PAID not in set(db.session.scalars(mails))


def test_clicks_of_the_fan_and_of_programs_bring_nothing():
    share = a_paid_share()
    visited(share, 25, own=8, unlike_people=8)
    assert pay(share) == 0
    visited(share, 1, days_ago=1)
    assert pay(share) == 5


@pytest.mark.parametrize(
    ("measure", "points"), [("likes", 5), ("comments", 10), ("reactions", 15)]
)  # fmt: skip
def test_what_anybody_can_see_under_the_post_is_counted(measure, points):
    share = a_paid_share(bonus_measure=measure)
    liked(share, 14, 21)
    assert pay(share) == points
    clock.advance(timedelta(hours=1))
    liked(share, 3, 2)  # what was reached stays paid
    assert (pay(share), held(share)) == (0, (80 + points, 0))


def test_what_nobody_tells_brings_nothing():
    share = a_paid_share(bonus_measure="likes")
    assert pay(share) == 0
    liked(share, None, 50)
    assert pay(share) == 0


def test_nothing_is_paid_while_a_person_weighs_it_while_it_is_missing_or_after_its_hold():
    share = a_paid_share()
    visited(share, 23)
    with unit_of_work():
        review_desk().open_case(share, why="signals", due_at=clock.now(), appeal_text=None, now=clock.now())
    assert pay(share) == 0
    with unit_of_work():
        review_desk().drop_case(share, now=clock.now())
        share.missing_since, share.grace_until = clock.now(), clock.now() + timedelta(days=1)
    assert pay(share) == 0
    with unit_of_work():
        share.missing_since = share.grace_until = None
    move(share, S.SETTLED, "still_there")
    assert (pay(share), held(share)) == (0, (120, 0))
    assert problems() == []


def test_what_nobody_earned_goes_back_to_the_season_when_the_hold_is_over():
    share = a_paid_share()
    visited(share, 23)
    pay(share)
    move(share, S.SETTLED, "still_there")
    assert (season(share), claim_of(share).bonus_left, held(share)) == ((BUDGET - 130, 0), 0, (130, 0))
    assert problems() == []


def test_a_bonus_that_was_spent_is_owed_when_the_share_is_revoked():
    share = a_paid_share()
    visited(share, 23)
    pay(share)
    with unit_of_work():
        spending.reserve(Cause("redemption", "mug"), share.person_id, 85, now=clock.now())
    move(share, S.REVOKED)
    assert held(share) == (0, 85)
    assert (season(share), claim_of(share).bonus_left) == ((850, 150), 30)
    assert pay(share) == 0
    assert problems() == []


def test_a_settled_share_that_is_revoked_gives_its_bonus_back_too():
    share = a_paid_share()
    visited(share, 23)
    pay(share)
    move(share, S.SETTLED, "still_there")
    move(share, S.REVOKED)
    assert (held(share), claim_of(share).bonus_left) == ((0, 0), 10)
    assert problems() == []


def test_what_is_back_is_paid_again_and_not_twice():
    share = a_paid_share()
    visited(share, 23)
    pay(share)
    move(share, S.REVOKED)
    move(share, S.VERIFIED, "still_there")
    assert held(share) == (80, 0)
    assert (pay(share), pay(share), held(share)) == (10, 0, (90, 0))
    assert {award.round for award in db.session.scalars(select(Award).where(Award.cause_kind == "bonus"))} == {2}
    assert (season(share), claim_of(share).bonus_left) == ((850, 20), 20)
    assert problems() == []


def test_what_comes_back_after_its_rest_went_to_the_season_gets_its_cap_anew_while_there_is_budget():
    share = a_paid_share()
    visited(share, 23)
    pay(share)
    move(share, S.REVOKED)
    clock.advance(timedelta(days=8))
    a_day_passes()
    assert (season(share), claim_of(share).bonus_left) == ((880, 120), 0)
    move(share, S.VERIFIED, "still_there")
    assert (season(share), claim_of(share).bonus_left) == ((850, 30), 30)
    assert pay(share) == 10
    assert problems() == []


def test_what_comes_back_when_the_budget_is_gone_counts_without_a_bonus():
    share = a_paid_share()
    move(share, S.REVOKED)
    clock.advance(timedelta(days=8))
    a_day_passes()
    with unit_of_work():
        budgets.reserve(Cause("claim", "others"), share.mission.campaign_id, 870, now=clock.now())
    move(share, S.VERIFIED, "still_there")
    visited(share, 23)
    assert (pay(share), held(share), claim_of(share).bonus_left) == (0, (80, 0), 0)
    assert problems() == []


def test_an_undone_decision_takes_the_bonus_back_and_the_place_can_still_end():
    mission = a_mission(a_campaign(points_budget=BUDGET), **VISITORS)
    share, moderator = a_share(a_claim(mission), state=S.NEEDS_REVIEW), a_moderator()
    with unit_of_work():
        change = deciding.verify(share, actor=moderator, now=clock.now(), reason_code="as_asked")
        review_desk().drop_case(share, now=clock.now())
    visited(share, 23)
    assert pay(share) == 10
    with unit_of_work():
        deciding.undo(queries.hold(share), actor=moderator, now=clock.now(), change_id=change.id)
    assert (held(share), season(share), claim_of(share).bonus_left) == ((0, 0), (850, 150), 30)
    clock.advance(timedelta(days=30))
    with unit_of_work():
        claim_of(share).clock_stopped_at = None
        claim_of(share).expires_at = clock.now() - timedelta(hours=1)
    move(share, S.REJECTED, "time_ran_out")
    assert (season(share), claim_of(share).bonus_left) == ((BUDGET, 0), 0)
    assert problems() == []


def test_two_workers_that_pay_the_same_steps_pay_them_once(app):
    share = a_paid_share()
    visited(share, 23)
    share_id = share.id
    db.session.remove()

    def work() -> int:
        with unit_of_work():
            paid = bonuses.pay(db.session.get_one(Share, share_id), now=clock.now())
        db.session.remove()
        return paid

    assert sum(all_at_once(app, [work] * 4)) == 10
    share = db.session.get_one(Share, share_id)
    assert (held(share), claim_of(share).bonus_left) == ((90, 0), 20)
    assert problems() == []


def test_the_reserve_decides_even_where_more_seems_to_be_reached():
    share = a_paid_share()
    visited(share, 500)
    with unit_of_work():
        db.session.execute(update(Claim).where(Claim.id == share.claim_id).values(bonus_left=10))
    assert (pay(share), claim_of(share).bonus_left) == (10, 0)


def test_once_a_day_clicks_are_paid_without_a_look():
    share = a_paid_share()
    visited(share, 12)
    a_day_passes()
    assert (held(share), claim_of(share).bonus_left) == ((85, 0), 25)
    visited(share, 12)
    a_day_passes()
    assert held(share) == (90, 0)
    assert problems() == []


class Liked(Watched):
    """Ada's post on a mission with a bonus for likes."""

    def __init__(self, perch) -> None:
        self.perch, self.ada = perch, a_person("Ada Fell")
        a_proved_handle(self.ada, name="ada", external_id="id-ada")
        self.url, self.posted_at = perch.publish(), clock.now().isoformat()
        claim = a_claim(a_mission(a_campaign(points_budget=BUDGET), **LIKES), self.ada)
        with unit_of_work():
            self.id = submit_share(claim, person=self.ada, typed_url=self.url, now=clock.now()).id
        jobs.run_due()
        assert self.share.state == S.VERIFIED

    def likes(self, count: int) -> None:
        self.post(counts={"likes": count, "comments": 0, "shares": 0, "views": None})


def test_each_look_while_points_are_held_pays_what_it_saw(perch):
    watched = Liked(perch)
    watched.likes(12)
    watched.next_look()
    assert watched.points == (85, 40, 0)
    perch.delete(watched.url)
    watched.next_look()
    assert watched.points == (85, 40, 0)
    watched.likes(31)
    watched.next_look()
    assert (watched.share.missing_since, watched.points) == (None, (95, 40, 0))
    watched.likes(44)
    assert watched.until_settled().state == S.SETTLED
    assert watched.points == (140, 0, 0)
    assert (season(watched.share), problems()) == ((BUDGET - 140, 0), [])


def test_the_audit_names_a_bonus_beyond_what_was_promised_and_a_reserve_that_is_not_there():
    share = a_paid_share()
    visited(share, 23)
    pay(share)
    with unit_of_work():
        db.session.execute(update(Claim).where(Claim.id == share.claim_id).values(bonus_left=25))
    assert {problem["rule"] for problem in problems()} == {"bonus_within_cap", "bonus_is_in_reserve"}


def test_the_fan_reads_what_is_paid_what_comes_next_and_where_it_is_from(client_of):
    share = a_paid_share()
    page = client_of(share.person).get(f"/shares/{share.id}").text
    assert "Bonus so far: 0 of 30 points" in page
    visited(share, 23)
    pay(share)
    page = client_of(share.person).get(f"/shares/{share.id}").text
    assert "Bonus so far: 10 of 30 points" in page
    assert "So far: 23 visitors of your link." in page
    assert "5 points more at 30." in page
    assert "Your own clicks and those of programs don’t count." in page
    statement = client_of(share.person).get("/points").text
    assert f"Bonus: {share.mission.title}" in statement
    assert "Your post reached 20 visitors of your link." in statement
    assert f"/shares/{share.id}" in statement
    move(share, S.REVOKED)
    assert f"Bonus taken back: {share.mission.title}" in client_of(share.person).get("/points").text


def test_a_share_without_a_bonus_says_nothing_of_one(client_of):
    share = a_share(state=S.VERIFIED)
    assert "Bonus" not in client_of(share.person).get(f"/shares/{share.id}").text


def test_the_file_of_proof_holds_the_movements_of_the_bonus(app):
    share = a_paid_share()
    visited(share, 12)
    pay(share)
    proof = prove(share, secret_keys=[app.config["SECRET_KEY"]], now=clock.now())
    assert proof["mission"]["bonus_cap"] == 30
    assert [each["key"] for each in proof["ledger"] if each["cause_kind"] == "bonus"] == [f"bonus/{share.id}:1:award:1"]
