"""One machine over all rooms where points move: claims, shares and redemptions, with a plain model beside it.

After each step the model's figures are the database's, and the ledger's own audit finds nothing (PROMISES P-21 to
P-26). The rooms' own tests say what one step does; this one looks for orders of steps that nobody thought of.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.claiming import claim_place
from portal.missions.claims import expire_claim, release_claim
from portal.missions.errors import ClaimMoved, ClaimRefused
from portal.missions.models import Mission
from portal.points.audit import audit_ledger
from portal.points.budgets import left
from portal.points.queries import balances
from portal.rewards.models import Redemption, Reward
from portal.rewards.redeeming import cancel, redeem
from portal.rewards.refusals import RedemptionRefused
from portal.shares.bonuses import pay
from portal.shares.models import CountSample, Share, ShareState
from portal.shares.ports import review_desk
from portal.shares.submitting import SubmitRefused, submit_share, withdraw
from portal.shares.transitions import ALLOWED, IllegalMove, Superseded, move_share
from tests.campaigns.factories import a_campaign
from tests.conftest import NOW
from tests.missions.factories import a_mission, a_ready_fan
from tests.rewards.factories import a_reward
from tests.shares.factories import REASONS, perch_url

SOAK = "PORTAL_SOAK" in os.environ
EXAMPLES, STEPS = (int(os.environ.get("PORTAL_SOAK", "8")), 60) if SOAK else (10, 40)
BONUS = {"bonus_measure": "likes", "bonus_points": 5, "bonus_step": 10, "bonus_cap": 15}
BUDGET, PLACES, POINTS_NOW, POINTS_HELD, PRICE, STOCK, FANS = 1_000, 2, 80, 40, 60, 2, 3

S, C = ShareState, ClaimState
PAID = {S.VERIFIED, S.SETTLED}
STANDING = set(S) - {S.REJECTED, S.WITHDRAWN}
TAKEN_UP_AGAIN = {(S.REJECTED, S.NEEDS_REVIEW), (S.VERIFIED, S.NEEDS_REVIEW)}
"""Steps that may find the budget used up, or the person with a new claim on the same mission."""


@dataclass
class Fan:
    """What the model knows of one person: points as a bank clerk would write them down."""

    available: int = 0
    pending: int = 0
    debt: int = 0

    def pay(self, points: int) -> None:
        repaid = min(points, self.debt)
        self.debt -= repaid
        self.available += points - repaid

    def take_back(self, points: int) -> None:
        taken = min(points, self.available)
        self.available -= taken
        self.debt += points - taken


@dataclass
class Model:
    fans: dict[str, Fan] = field(default_factory=dict)
    stock: int = STOCK
    paid: int = 0
    """Points that left the season's budget for people."""
    bonus: dict[str, int] = field(default_factory=dict)
    """What each share was paid as a bonus, and keeps."""


class TheLoop(RuleBasedStateMachine):
    fresh: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        type(self).fresh()
        self.frozen = clock.frozen(NOW)
        self.frozen.__enter__()
        season = a_campaign(points_budget=BUDGET)
        self.mission_id = a_mission(
            season,
            places_total=PLACES,
            points_now=POINTS_NOW,
            points_held=POINTS_HELD,
            per_person_max=3,
            **BONUS,
        ).id
        self.reward_id = a_reward(codes=STOCK, price_points=PRICE, per_person_max=9).id
        self.fan_ids = [a_ready_fan().id for _ in range(FANS)]
        self.model = Model({fan_id: Fan() for fan_id in self.fan_ids})
        self.urls = [perch_url() for _ in range(2)]
        self.hand_something_in()

    def hand_something_in(self) -> None:
        """Begin where it becomes interesting: somebody's post is being checked."""
        self.claim(0)
        self.attempt(
            (), submit_share, self.every(Claim)[0], person=db.session.get_one(Person, self.fan_ids[0]),
            typed_url=self.urls[0],
        )  # fmt: skip
        self.move(self.shares(S.RECEIVED)[0], S.CHECKING, ())

    def teardown(self) -> None:
        self.frozen.__exit__(None, None, None)
        db.session.rollback()

    # what is there

    @property
    def mission(self) -> Mission:
        return db.session.get_one(Mission, self.mission_id)

    def every(self, model: type[Any], *which: Any) -> list[Any]:
        return list(db.session.scalars(select(model).where(*which).order_by(model.id)))

    def shares(self, *states: ShareState) -> list[Share]:
        return self.every(Share, Share.state.in_(states))

    def attempt(
        self, refusals: tuple[type[Exception], ...], verb: Callable[..., Any], *args: Any, **named: Any
    ) -> bool:
        """Did it happen? A refusal must leave nothing behind: the invariants look."""
        try:
            with unit_of_work():
                verb(*args, now=clock.now(), **named)
        except refusals:
            return False
        return True

    # fans

    @rule(who=st.integers(0, FANS - 1))
    def claim(self, who: int) -> None:
        person, mission = db.session.get_one(Person, self.fan_ids[who]), self.mission
        held = self.every(Claim, Claim.state.in_([C.ACTIVE, C.SUBMITTED, C.FULFILLED]))
        mine = [each for each in held if each.person_id == person.id]
        may = (
            len(held) < mission.places_total
            and not any(each.state != C.FULFILLED for each in mine)
            and len(mine) < 3
            and left(mission.campaign_id) >= POINTS_NOW + POINTS_HELD + BONUS["bonus_cap"]
        )
        assert self.attempt((ClaimRefused,), claim_place, mission, person) == may

    @precondition(lambda self: self.every(Claim, Claim.state == C.ACTIVE))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.every(Claim, Claim.state == C.ACTIVE)))
        assert self.attempt((), release_claim, claim, actor_id=claim.person_id)
        assert not self.attempt((ClaimMoved,), release_claim, claim, actor_id=claim.person_id)

    @precondition(lambda self: self.every(Claim, Claim.state == C.ACTIVE))
    @rule(data=st.data(), late=st.booleans())
    def expire(self, data: st.DataObject, late: bool) -> None:
        claim = data.draw(st.sampled_from(self.every(Claim, Claim.state == C.ACTIVE)))
        if late:
            clock.advance(max(timedelta(), claim.expires_at - clock.now()))
        over = claim.expires_at <= clock.now()
        assert self.attempt((ClaimMoved,), expire_claim, claim) == over

    @precondition(lambda self: self.every(Claim, Claim.state == C.ACTIVE))
    @rule(data=st.data(), which=st.integers(0, 1), new=st.booleans())
    def submit(self, data: st.DataObject, which: int, new: bool) -> None:
        claim = data.draw(st.sampled_from(self.every(Claim, Claim.state == C.ACTIVE)))
        url = perch_url() if new else self.urls[which]
        taken = any(share.url == url for share in self.shares(*STANDING))
        in_time = claim.expires_at > clock.now()
        person = db.session.get_one(Person, claim.person_id)
        done = self.attempt((SubmitRefused,), submit_share, claim, person=person, typed_url=url)
        assert done == (in_time and not taken)

    @precondition(lambda self: self.shares(S.RECEIVED, S.CHECKING, S.NEEDS_FIX, S.NEEDS_REVIEW))
    @rule(data=st.data())
    def take_a_share_back(self, data: st.DataObject) -> None:
        share = data.draw(st.sampled_from(self.shares(S.RECEIVED, S.CHECKING, S.NEEDS_FIX, S.NEEDS_REVIEW)))
        assert self.attempt((), withdraw, share, person=share.person)

    @rule(who=st.integers(0, FANS - 1))
    def redeem(self, who: int) -> None:
        person, reward = db.session.get_one(Person, self.fan_ids[who]), db.session.get_one(Reward, self.reward_id)
        fan = self.model.fans[person.id]
        may = self.model.stock > 0 and fan.available >= PRICE
        assert self.attempt((RedemptionRefused,), redeem, reward, person) == may
        if may:
            fan.available -= PRICE
            self.model.stock -= 1

    @precondition(lambda self: self.every(Redemption))
    @rule(data=st.data())
    def undo_a_redemption(self, data: st.DataObject) -> None:
        mine = data.draw(st.sampled_from(self.every(Redemption)))
        standing = mine.state == "fulfilled" and clock.now() < mine.fulfilled_at + timedelta(minutes=10)
        assert self.attempt((RedemptionRefused,), cancel, mine) == standing
        if standing:
            self.model.fans[mine.person_id].available += PRICE
            self.model.stock += 1

    # the portal and its staff

    @precondition(lambda self: self.steps_open())
    @rule(data=st.data(), steps=st.integers(1, 4))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """Steps that docs/domain.md knows, of any share."""
        for _ in range(steps):
            if not self.steps_open():
                return
            share, to = data.draw(st.sampled_from(self.steps_open()))
            before, paid, person_id = S(share.state), share.award_id is not None, share.person_id
            refusals = (ClaimRefused,) if (before, to) in TAKEN_UP_AGAIN else ()
            if before is S.REJECTED and self.is_superseded(share):
                assert not self.move(share, to, (Superseded,))
            elif self.move(share, to, refusals):
                self._book(self.model.fans[person_id], before, to, paid)
                if before in PAID and to not in PAID:
                    self._take_bonus_back(share.id, person_id)
            else:
                assert refusals

    @precondition(lambda self: self.every(Share))
    @rule(data=st.data(), to=st.sampled_from(S))
    def jump(self, data: st.DataObject, to: ShareState) -> None:
        """A step that docs/domain.md doesn't know is refused, whoever asks."""
        share = data.draw(st.sampled_from(self.every(Share)))
        if to not in ALLOWED[S(share.state)]:
            assert not self.move(share, to, (IllegalMove,))

    def steps_open(self) -> list[tuple[Share, ShareState]]:
        shares = self.every(Share)
        return [(share, to) for share in shares for to in sorted(ALLOWED[S(share.state)] - {S.WITHDRAWN})]

    def is_superseded(self, share: Share) -> bool:
        others = [other for other in self.shares(*STANDING) if other.id != share.id]
        return any(other.url == share.url or other.claim_id == share.claim_id for other in others)

    def move(self, share: Share, to: ShareState, refusals: tuple[type[Exception], ...]) -> bool:
        return self.attempt(refusals, move_share, share, to, actor_id=None, reason_code=REASONS.get(to))

    def _book(self, fan: Fan, before: ShareState, to: ShareState, paid: bool) -> None:
        if to is S.VERIFIED:
            fan.pay(POINTS_NOW)
            fan.pending += POINTS_HELD
            self.model.paid += POINTS_NOW + POINTS_HELD
        elif to is S.SETTLED:
            fan.pending -= POINTS_HELD
            fan.pay(POINTS_HELD)
        elif before is S.VERIFIED:
            fan.take_back(POINTS_NOW)
            fan.pending -= POINTS_HELD
        elif before is S.SETTLED:
            fan.take_back(POINTS_NOW + POINTS_HELD)
        if before in PAID and to not in PAID:
            self.model.paid -= POINTS_NOW + POINTS_HELD
            assert paid

    def _take_bonus_back(self, share_id: str, person_id: str) -> None:
        points = self.model.bonus.pop(share_id, 0)
        self.model.fans[person_id].take_back(points)
        self.model.paid -= points

    @precondition(lambda self: self.shares(*STANDING))
    @rule(data=st.data(), likes=st.integers(0, 50))
    def is_liked(self, data: st.DataObject, likes: int) -> None:
        """Only a share in its hold that nobody weighs is paid, each step once, as long as its claim's reserve lasts."""
        share = data.draw(st.sampled_from(self.shares(*STANDING)))
        clock.advance(timedelta(seconds=1))
        with unit_of_work():
            db.session.add(CountSample(share_id=share.id, at=clock.now(), likes=likes))
        had, reached = self.model.bonus.get(share.id, 0), min(likes // 10 * 5, BONUS["bonus_cap"])
        may = share.state == S.VERIFIED and not review_desk().has_open_case(share)
        new = min(max(0, reached - had), share.claim.bonus_left) if may else 0
        assert self.attempt((), pay, share)
        self.model.bonus[share.id] = had + new
        self.model.fans[share.person_id].pay(new)
        self.model.paid += new

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        clock.advance(timedelta(minutes=minutes))

    # what must always hold

    @invariant()
    def points_are_as_a_clerk_would_have_them(self) -> None:
        for fan_id, fan in self.model.fans.items():
            now = balances(fan_id)
            assert (now.available, now.pending, now.reserved, now.debt) == (fan.available, fan.pending, 0, fan.debt)

    @invariant()
    def places_and_stock_are_as_counted(self) -> None:
        mission, reward = self.mission, db.session.get_one(Reward, self.reward_id)
        held = self.every(Claim, Claim.state.in_([C.ACTIVE, C.SUBMITTED, C.FULFILLED]))
        assert mission.places_taken == len(held) <= mission.places_total
        assert reward.stock == self.model.stock >= 0

    @invariant()
    def a_share_and_its_claim_agree(self) -> None:
        for share in self.every(Share):
            if share.state in PAID:
                assert share.claim.state == C.FULFILLED
            elif share.state in (S.RECEIVED, S.CHECKING, S.NEEDS_FIX, S.NEEDS_REVIEW):
                assert share.claim.state == C.SUBMITTED

    @invariant()
    def the_season_gives_no_more_than_it_has(self) -> None:
        live = self.every(Claim, Claim.state.in_([C.ACTIVE, C.SUBMITTED]))
        reserved = sum(each.points_in_reserve for each in live)
        reserved += sum(each.bonus_left for each in self.every(Claim, Claim.state == C.FULFILLED))
        owed_again = sum(POINTS_NOW + POINTS_HELD for _share in self.shares(S.REVOKED))
        assert left(self.mission.campaign_id) == BUDGET - self.model.paid - reserved - owed_again >= 0

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert audit_ledger()["violations"] == []
        db.session.commit()


@pytest.fixture
def loop_app(sqlite_app: Flask, prepared_sqlite: Any) -> Flask:
    TheLoop.fresh = staticmethod(_fresh(prepared_sqlite.restore))
    return sqlite_app


def _fresh(restore: Callable[[], None]) -> Callable[[], None]:
    def fresh() -> None:
        db.session.remove()
        restore()

    return fresh


@pytest.mark.soak
def test_no_order_of_steps_breaks_the_loop(loop_app: Flask) -> None:
    run_state_machine_as_test(
        TheLoop,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
