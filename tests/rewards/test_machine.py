"""Earning, holding, taking back, redeeming, undoing in any order: the ledger agrees with a simple model throughout."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, budgets, ledger
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause
from portal.points.queries import Balances, balances, whole_statement
from portal.rewards import redeeming
from portal.rewards.fulfilment import UNDO_FOR
from portal.rewards.fulfilment.code import codes_in_pool
from portal.rewards.refusals import CancellationRefused, LimitReached, OutOfStock, TooFewPoints
from tests.accounts.factories import a_fan
from tests.conftest import NOW
from tests.points.factories import a_funded_campaign
from tests.rewards.factories import a_reward

BUDGET, RESERVED = 900, 500
PEOPLE, PRICES, CODES = 2, (30, 70), 2
WHO = st.integers(0, PEOPLE - 1)
POINTS = st.integers(0, 90)
ANY = st.integers(0, 1000)


@dataclass
class Purse:
    """What the model thinks a person has."""

    available: int = 0
    pending: int = 0
    debt: int = 0

    def earn(self, points: int) -> None:
        repaid = min(points, self.debt)
        self.debt -= repaid
        self.available += points - repaid

    def lose(self, points: int) -> None:
        taken = min(points, self.available)
        self.available -= taken
        self.debt += points - taken


@dataclass
class Paid:
    """An award of the model."""

    row: object
    who: int
    now: int
    held: int
    state: str


@dataclass
class Got:
    """A redemption of the model."""

    row: object
    who: int
    which: int
    at: object
    live: bool = True
    revealed: bool = False


@dataclass
class Shelf:
    stock: int = CODES
    had: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(PEOPLE), 0))


class Programme(RuleBasedStateMachine):
    """The real verbs on the left, plain arithmetic on the right."""

    @initialize()
    def begin(self) -> None:
        self.people = [a_fan() for _each in range(PEOPLE)]
        self.campaign = a_funded_campaign(budget=BUDGET, reserved=RESERVED)
        self.rewards = [a_reward(price_points=price, codes=CODES, per_person_max=2) for price in PRICES]
        self.purses = [Purse() for _each in range(PEOPLE)]
        self.shelves = [Shelf() for _each in PRICES]
        self.reserved = RESERVED
        self.paid: list[Paid] = []
        self.got: list[Got] = []

    @rule(who=WHO, now=POINTS, held=POINTS)
    def award(self, who: int, now: int, held: int) -> None:
        cause = Cause("share", f"{self.campaign.id}-{len(self.paid)}")
        if now + held > self.reserved:
            with pytest.raises(ledger.InsufficientPoints), unit_of_work():
                self._award(cause, who, now, held)
            return
        with unit_of_work():
            row = self._award(cause, who, now, held)
        with unit_of_work():
            assert self._award(cause, who, now, held).id == row.id
        self.paid.append(Paid(row, who, now, held, "held" if held else "settled"))
        self._earned(self.paid[-1])

    def _award(self, cause: Cause, who: int, now: int, held: int):
        return awards.award(
            cause, campaign_id=self.campaign.id, person_id=self.people[who].id, points_now=now, points_held=held,
            now=clock.now(),
        )  # fmt: skip

    def _earned(self, paid: Paid) -> None:
        self.reserved -= paid.now + paid.held
        self.purses[paid.who].earn(paid.now)
        self.purses[paid.who].pending += paid.held

    @rule(which=ANY)
    def settle(self, which: int) -> None:
        paid = self._pick(self.paid, which)
        if paid is None:
            return
        if paid.state == "revoked":
            with pytest.raises(awards.AwardRevoked), unit_of_work():
                awards.settle(paid.row, now=clock.now())
            return
        with unit_of_work():
            awards.settle(paid.row, now=clock.now())
        if paid.state == "held":
            paid.state = "settled"
            self.purses[paid.who].pending -= paid.held
            self.purses[paid.who].earn(paid.held)

    @rule(which=ANY)
    def revoke(self, which: int) -> None:
        paid = self._pick(self.paid, which)
        if paid is None:
            return
        with unit_of_work():
            awards.revoke(paid.row, now=clock.now(), reason="post_gone")
        if paid.state == "revoked":
            return
        purse = self.purses[paid.who]
        if paid.state == "held":
            purse.pending -= paid.held
        purse.lose(paid.now + (paid.held if paid.state == "settled" else 0))
        self.reserved += paid.now + paid.held
        paid.state = "revoked"

    @rule(which=ANY)
    def award_anew(self, which: int) -> None:
        paid = self._pick([each for each in self.paid if each.state == "revoked"], which)
        if paid is None or paid.now + paid.held > self.reserved:
            return
        cause = Cause(paid.row.cause_kind, paid.row.cause_id)
        with unit_of_work():
            assert self._award(cause, paid.who, paid.now, paid.held).id == paid.row.id
        paid.state = "held" if paid.held else "settled"
        self._earned(paid)

    @rule(who=WHO, which=st.integers(0, len(PRICES) - 1))
    def redeem(self, who: int, which: int) -> None:
        shelf, purse, price = self.shelves[which], self.purses[who], PRICES[which]
        refusal = (
            OutOfStock if shelf.stock == 0
            else LimitReached if shelf.had[who] == 2
            else TooFewPoints if purse.available < price
            else None
        )  # fmt: skip
        if refusal is not None:
            with pytest.raises(refusal):
                self._redeem(who, which)
            return
        row = self._redeem(who, which)
        purse.available -= price
        shelf.stock -= 1
        shelf.had[who] += 1
        self.got.append(Got(row, who, which, clock.now()))

    def _redeem(self, who: int, which: int):
        with unit_of_work():
            return redeeming.redeem(self.rewards[which], self.people[who], now=clock.now())

    @rule(which=ANY)
    def undo(self, which: int) -> None:
        got = self._pick(self.got, which)
        if got is None:
            return
        if not got.live or got.revealed or clock.now() >= got.at + UNDO_FOR:
            with pytest.raises(CancellationRefused), unit_of_work():
                redeeming.cancel(got.row, now=clock.now())
            return
        with unit_of_work():
            redeeming.cancel(got.row, now=clock.now())
        got.live = False
        self.purses[got.who].available += PRICES[got.which]
        self.shelves[got.which].stock += 1
        self.shelves[got.which].had[got.who] -= 1

    @rule(which=ANY)
    def reveal(self, which: int) -> None:
        got = self._pick([each for each in self.got if each.live], which)
        if got is not None:
            with unit_of_work():
                redeeming.reveal(got.row, now=clock.now())
            got.revealed = True

    @rule(minutes=st.sampled_from([1, 4, 11]))
    def wait(self, minutes: int) -> None:
        clock.advance(timedelta(minutes=minutes))

    @rule(points=POINTS)
    def release_and_reserve(self, points: int) -> None:
        cause = Cause("claim", self.campaign.id)
        points = min(points, self.reserved)
        for verb in (budgets.release, budgets.reserve):
            with unit_of_work():
                verb(cause, self.campaign.id, points, now=clock.now())

    @staticmethod
    def _pick(rows: list, which: int):
        return rows[which % len(rows)] if rows else None

    @invariant()
    def everybody_has_what_the_model_says(self) -> None:
        for person, purse in zip(self.people, self.purses, strict=True):
            assert balances(person.id) == Balances(purse.available, purse.pending, 0, purse.debt)
        assert ledger.balance(f"campaign/{self.campaign.id}/reserved") == self.reserved
        assert budgets.left(self.campaign.id) == BUDGET - RESERVED

    @invariant()
    def stock_is_the_free_codes(self) -> None:
        for reward, shelf in zip(self.rewards, self.shelves, strict=True):
            db.session.refresh(reward)
            assert (reward.stock, codes_in_pool(reward.id)) == (shelf.stock, (shelf.stock, CODES))

    @invariant()
    def the_books_are_clean(self) -> None:
        assert audit_ledger()["violations"] == []

    def teardown(self) -> None:
        for person, purse in zip(getattr(self, "people", []), getattr(self, "purses", []), strict=True):
            lines = list(whole_statement(person.id))
            assert sum(line.points for line in lines) == purse.available
            assert [line.balance for line in lines[:1]] in ([], [purse.available])
        db.session.rollback()


def run(examples: int, steps: int) -> None:
    with clock.frozen(NOW):
        run_state_machine_as_test(
            Programme,
            settings=settings(
                max_examples=examples, stateful_step_count=steps, deadline=None,
                suppress_health_check=list(HealthCheck), derandomize=True,
            ),
        )  # fmt: skip


def test_any_order_of_steps_keeps_the_books(sqlite_app: Flask) -> None:
    run(examples=8, steps=25)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_long_orders_of_steps_keep_the_books(app: Flask) -> None:
    run(examples=100, steps=60)
