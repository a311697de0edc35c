"""Everything scarce, wanted by many at once, over HTTP from two web processes (PROMISES P-22 to P-26).

`test_control.py` shows that the same crowd can oversell.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import Select, delete, func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.guidelines.models import Acknowledgement
from portal.kernel import clock
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.links.models import TrackedLink
from portal.missions.audience import set_limits
from portal.missions.audience_models import AudienceChoice, AudienceLimit
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.resting import Limits
from portal.moderation.models import Decision, Verdict
from portal.points.budgets import left
from portal.points.models import Award
from portal.points.queries import balances
from portal.rewards.models import Redemption
from portal.shares.models import Share, ShareState
from portal.shares.views import LOOKS
from tests.accounts.factories import a_marketer, a_moderator
from tests.campaigns.factories import a_campaign
from tests.faults.crowd import Answer, Client, at_once, sign_in, statuses
from tests.faults.proof import places_are_right, stock_is_right, the_ledger_is_right
from tests.faults.running import RunningPortal
from tests.guidelines.factories import a_published_guideline
from tests.missions.factories import a_claim, a_mission, a_ready_fan
from tests.moderation.factories import A_REASON, a_case
from tests.points.factories import a_person_has
from tests.rewards.factories import a_person_with_points, a_reward
from tests.servers.process import wait_until
from tests.shares.factories import a_share, perch_url

ROUNDS = [0, *(pytest.param(each, marks=pytest.mark.soak) for each in range(1, int(os.environ.get("PORTAL_SOAK", 3))))]
"""The first belongs to `make test`; all others are `make soak`'s."""
CROWD = 50
POINTS_OF_EACH = 100

pytestmark = pytest.mark.faults

Row = TypeVar("Row")
Crowd = list[tuple[Person, Client]]


@pytest.fixture(scope="module")
def crowd_ids(shared: RunningPortal) -> list[tuple[str, Client]]:
    """Fifty fans whom nothing keeps from claiming, signed in."""
    with shared.app.app_context():
        fans = [a_person_has(a_ready_fan(), POINTS_OF_EACH) for _ in range(CROWD)]
        return [(fan.id, sign_in(shared.app, shared.url, fan)) for fan in fans]


@pytest.fixture
def crowd(portal: RunningPortal, crowd_ids: list[tuple[str, Client]]) -> Crowd:
    marketer = a_marketer()
    with unit_of_work():  # however often one of them wins in many rounds, their audience does not rest
        set_limits(Limits(10_000, 10_000, 0), actor=marketer, why="A race has many rounds", now=clock.now())
    return [(db.session.get_one(Person, person_id), client) for person_id, client in crowd_ids]


def signed_in(portal: RunningPortal, person: Person) -> Client:
    return sign_in(portal.app, portal.url, person)


def everybody(crowd: Crowd, path: str, **form: str | int) -> list[Answer]:
    return at_once([partial(client.post, path, **form) for _person, client in crowd])


def only(found: Select[tuple[Row]]) -> Row:
    """The one row there is, as it is now."""
    db.session.commit()
    return db.session.scalars(found).one()


def counted(model: type, *which: object) -> int:
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(model).where(*which)) or 0  # type: ignore[arg-type]


@pytest.mark.parametrize("_round", ROUNDS)
def test_fifty_people_for_five_places(portal: RunningPortal, crowd: Crowd, _round: int) -> None:
    mission = a_mission(places_total=5)
    answers = everybody(crowd, f"/missions/{mission.id}/claim")
    assert statuses(answers) == {303: 5, 409: 45}
    assert all("places are taken" in answer.text for answer in answers if answer.status == 409)
    assert places_are_right(mission) == 5
    assert counted(TrackedLink, TrackedLink.campaign_id == mission.campaign_id) == 5
    the_ledger_is_right()


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_budget_for_three_gives_three_places(portal: RunningPortal, crowd: Crowd, _round: int) -> None:
    season = a_campaign(points_budget=3 * 120 + 119)
    mission = a_mission(season, places_total=20)
    answers = everybody(crowd[:20], f"/missions/{mission.id}/claim")
    assert statuses(answers) == {303: 3, 409: 17}
    assert places_are_right(mission) == 3
    assert left(season.id) == 119
    the_ledger_is_right()


@pytest.mark.parametrize("_round", ROUNDS)
def test_fifty_people_for_the_last_reward(portal: RunningPortal, crowd: Crowd, _round: int) -> None:
    reward = a_reward(codes=1, price_points=10)
    before = {person.id: balances(person.id).available for person, _client in crowd}
    attempts = [
        partial(client.post, f"/rewards/{reward.id}/redeem", idempotency_key=new_id(), price_points=10)
        for _person, client in crowd
    ]
    answers = at_once(attempts)
    assert statuses(answers) == {303: 1, 409: CROWD - 1}
    assert stock_is_right(reward) == 1
    spent = {person.id: before[person.id] - balances(person.id).available for person, _client in crowd}
    winner = only(select(Redemption.person_id).where(Redemption.reward_id == reward.id))
    assert spent == dict.fromkeys(before, 0) | {winner: 10}
    the_ledger_is_right()


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_fan_spends_the_same_points_on_many_rewards(portal: RunningPortal, _round: int) -> None:
    fan = a_person_with_points(250)
    client, rewards = signed_in(portal, fan), [a_reward(codes=1, price_points=100) for _ in range(6)]
    answers = at_once([
        partial(client.post, f"/rewards/{reward.id}/redeem", idempotency_key=new_id(), price_points=100)
        for reward in rewards
    ])  # fmt: skip
    assert statuses(answers) == {303: 2, 409: 4}
    assert sum(stock_is_right(reward) for reward in rewards) == 2
    assert balances(fan.id).available == 50
    the_ledger_is_right()


@pytest.mark.parametrize("_round", ROUNDS)
def test_the_same_submit_twenty_times_is_one_share_and_paid_once(portal: RunningPortal, _round: int) -> None:
    fan = portal.a_poster()
    claim = a_claim(a_mission(), fan)
    client, url = signed_in(portal, fan), portal.publish(fan)
    answers = at_once([partial(client.post, f"/claims/{claim.id}/share", url=url)] * 20)
    assert statuses(answers) == {303: 20}
    assert len({answer.location for answer in answers}) == 1
    share = only(select(Share).where(Share.claim_id == claim.id))
    wait_until(lambda: state_of(share) == ShareState.VERIFIED, what="verified by the worker", deadline_seconds=60)
    assert counted(Award, Award.person_id == fan.id) == 1
    assert (balances(fan.id).available, balances(fan.id).pending) == (80, 40)
    the_ledger_is_right()


def state_of(share: Share) -> str:
    db.session.commit()
    db.session.refresh(share)
    return share.state


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_post_handed_in_by_twenty_people_counts_for_one(portal: RunningPortal, crowd: Crowd, _round: int) -> None:
    mission, url = a_mission(places_total=20), perch_url()
    claims = [a_claim(mission, person) for person, _client in crowd[:20]]
    answers = at_once([
        partial(client.post, f"/claims/{claim.id}/share", url=url)
        for claim, (_person, client) in zip(claims, crowd, strict=False)
    ])  # fmt: skip
    assert statuses(answers) == {303: 1, 409: 19}
    assert counted(Share, Share.mission_id == mission.id) == 1
    assert places_are_right(mission) == 20
    submitted = counted(Claim, Claim.mission_id == mission.id, Claim.state == ClaimState.SUBMITTED)
    assert submitted == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_award_and_redeem_at_once(portal: RunningPortal, _round: int) -> None:
    """A moderator pays 80 points while the fan, who has 100, spends them four times over."""
    fan = a_person_has(a_ready_fan(), 100)
    case = a_case(a_share(person=fan, state=ShareState.NEEDS_REVIEW))
    rewards = [a_reward(codes=1, price_points=60) for _ in range(4)]
    client, moderator = signed_in(portal, fan), signed_in(portal, a_moderator())
    decided, *redeemed = at_once([
        partial(moderator.post, f"/staff/review/{case.id}/decision", **a_verdict(Verdict.VERIFY, case.lock_version)),
        *(
            partial(client.post, f"/rewards/{reward.id}/redeem", idempotency_key=new_id(), price_points=60)
            for reward in rewards
        ),
    ])  # fmt: skip
    assert decided.status == 303
    assert set(statuses(redeemed)) <= {303, 409}
    got = statuses(redeemed)[303]
    assert sum(stock_is_right(reward) for reward in rewards) == got
    assert 1 <= got <= 3  # 100 points buy one, 180 buy three
    assert (balances(fan.id).available, balances(fan.id).pending) == (180 - 60 * got, 40)
    the_ledger_is_right()


@pytest.mark.parametrize("_round", ROUNDS)
def test_checks_that_pay_while_the_fan_redeems(portal: RunningPortal, _round: int) -> None:
    fan = a_person_has(portal.a_poster(), 60)
    claim = a_claim(a_mission(), fan)
    client, url, reward = (
        signed_in(portal, fan),
        portal.publish(fan),
        a_reward(codes=9, price_points=10, per_person_max=9),
    )
    answers = at_once([
        partial(client.post, f"/claims/{claim.id}/share", url=url),
        *(
            partial(client.post, f"/rewards/{reward.id}/redeem", idempotency_key=new_id(), price_points=10)
            for _ in range(6)
        ),
    ])  # fmt: skip
    assert statuses(answers) == {303: 7}
    share = only(select(Share).where(Share.claim_id == claim.id))
    wait_until(lambda: state_of(share) == ShareState.VERIFIED, what="verified by the worker", deadline_seconds=60)
    assert stock_is_right(reward) == 6
    assert (balances(fan.id).available, balances(fan.id).pending) == (80, 40)
    the_ledger_is_right()


def a_verdict(verdict: Verdict, version: int) -> dict[str, str | int]:
    return {"verdict": verdict, "reason_code": A_REASON[verdict], "message": "", "seen_version": version}


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_moderators_decide_one_case_at_once(portal: RunningPortal, _round: int) -> None:
    fan = a_ready_fan()
    share = a_share(person=fan, state=ShareState.NEEDS_REVIEW)
    case = a_case(share)
    first, second = a_moderator("Mo First"), a_moderator("Sam Second")
    path, version = f"/staff/review/{case.id}/decision", case.lock_version
    answers = at_once([
        partial(signed_in(portal, first).post, path, **a_verdict(Verdict.VERIFY, version)),
        partial(signed_in(portal, second).post, path, **a_verdict(Verdict.DECLINE, version)),
    ])  # fmt: skip
    assert sorted(answer.status for answer in answers) == [303, 409]
    decision = only(select(Decision).where(Decision.case_id == case.id))
    verified = decision.verdict == Verdict.VERIFY
    loser = next(answer for answer in answers if answer.status == 409)
    assert (first if verified else second).display_name in loser.text  # the second is told who did
    assert state_of(share) == (ShareState.VERIFIED if verified else ShareState.REJECTED)
    assert balances(fan.id).available == (80 if verified else 0)
    the_ledger_is_right()


# Double clicks: the same person, the same button, twice at once. Nothing is done twice, and no answer is an error.


def twice(client: Client, path: str, **form: str | int) -> list[Answer]:
    answers = at_once([partial(client.post, path, **form)] * 2)
    assert statuses(answers) == {303: 2}, [answer.text for answer in answers if answer.status != 303]
    return answers


@pytest.mark.parametrize("_round", ROUNDS)
def test_double_click_on_every_button_of_the_loop(portal: RunningPortal, _round: int) -> None:
    fan = portal.a_poster()
    client = signed_in(portal, fan)

    version = a_published_guideline(needed_to_claim=False)
    twice(client, f"/guidelines/{version.guideline.slug}/acknowledgement", number=version.number)
    assert counted(Acknowledgement, Acknowledgement.person_id == fan.id) == 1

    mission = a_mission()
    twice(client, f"/missions/{mission.id}/claim")
    assert places_are_right(mission) == 1
    claim = only(select(Claim).where(Claim.person_id == fan.id))
    twice(client, f"/claims/{claim.id}/release")
    assert places_are_right(mission) == 0
    twice(client, f"/missions/{mission.id}/claim")
    claim = only(select(Claim).where(Claim.person_id == fan.id, Claim.state == ClaimState.ACTIVE))

    url = portal.publish(fan)
    first, second = twice(client, f"/claims/{claim.id}/share", url=url)
    assert first.location == second.location
    share = only(select(Share).where(Share.claim_id == claim.id))
    wait_until(lambda: state_of(share) == ShareState.VERIFIED, what="verified by the worker", deadline_seconds=60)

    reward = a_reward(codes=3, price_points=20)
    first, second = twice(client, f"/rewards/{reward.id}/redeem", idempotency_key=new_id(), price_points=20)
    assert first.location == second.location
    assert stock_is_right(reward) == 1
    twice(client, f"{first.location}/reveal")
    assert balances(fan.id).available == 60
    the_ledger_is_right()


def test_first_choices_about_an_audience_made_at_once_are_kept(portal: RunningPortal) -> None:
    fan, manager = a_ready_fan(), a_marketer()
    with unit_of_work():
        db.session.execute(delete(AudienceLimit))
    client, office = signed_in(portal, fan), signed_in(portal, manager)
    own = {"week_max": "2", "month_max": "5", "gap_hours": "24"}
    limit = {"week_max": "3", "month_max": "8", "gap_hours": "24", "why": "as it was"}
    answers = at_once([partial(client.post, "/audience", **own)] * 6)
    answers += at_once([partial(office.post, "/staff/audience", **limit)] * 6)
    assert statuses(answers) == {303: 12}
    assert only(select(AudienceChoice).where(AudienceChoice.person_id == fan.id)).week_max == 2
    assert only(select(AudienceLimit)).month_max == 8


@pytest.mark.parametrize("_round", ROUNDS)
def test_double_click_of_a_moderator(portal: RunningPortal, _round: int) -> None:
    fan = a_ready_fan()
    case = a_case(a_share(person=fan, state=ShareState.NEEDS_REVIEW))
    moderator = signed_in(portal, a_moderator())
    twice(moderator, f"/staff/review/{case.id}/decision", **a_verdict(Verdict.VERIFY, case.lock_version))
    decision = only(select(Decision).where(Decision.case_id == case.id))
    assert balances(fan.id).available == 80
    undo = at_once([partial(moderator.post, f"/staff/review/decisions/{decision.id}/undo")] * 2)
    assert statuses(undo) in ({303: 2}, {303: 1, 409: 1})
    db.session.commit()
    assert balances(fan.id).available == 0
    the_ledger_is_right()


def test_places_that_are_given_back_are_given_out_once_each(portal: RunningPortal, crowd: Crowd) -> None:
    """Five give back while forty-five want in: who gets one is chance, how many there are is not."""
    mission = a_mission(places_total=5)
    holders = [a_ready_fan() for _ in range(5)]  # of the crowd, some have won so often that their audience rests
    held = {a_claim(mission, fan).id: signed_in(portal, fan) for fan in holders}
    answers = at_once([
        *(partial(client.post, f"/claims/{claim_id}/release") for claim_id, client in held.items()),
        *(partial(client.post, f"/missions/{mission.id}/claim") for _person, client in crowd[5:]),
    ])  # fmt: skip
    assert [answer.status for answer in answers[:5]] == [303] * 5
    got = statuses(answers[5:])
    assert set(got) <= {303, 409}
    assert places_are_right(mission) == got.get(303, 0) <= 5
    the_ledger_is_right()


def test_limits_are_counted_over_all_processes(portal: RunningPortal) -> None:
    """So many looks an hour for one person, however many processes answer (PROMISES P-10)."""
    allowed = int(LOOKS.split()[0])
    client = signed_in(portal, a_ready_fan())
    answers = at_once([partial(client.post, f"/shares/{new_id()}/check-again")] * (allowed + 10))
    assert statuses(answers) == {404: allowed, 429: 10}
    assert all(int(answer.retry_after) > 0 for answer in answers if answer.status == 429)
