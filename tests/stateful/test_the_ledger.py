"""One machine over the ledger's own verbs, with a clerk beside it who keeps lots on paper.

Seasons fund, reserve and release; awards are paid, settled and taken back; points are set aside, spent, given back,
adjusted, told of and expired; days are closed and sealed. After each step the clerk's figures are the database's, down
to each lot, and the audit, with its seals and books, finds nothing (PROMISES P-21, P-22, P-33).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from portal.points import adjusting, awards, books, budgets, expiring, spending
from portal.points.audit import audit_ledger
from portal.points.closing import close_days
from portal.points.ledger import Cause
from portal.points.models import Award, Lot
from portal.points.programme import programme_zone, save_rules
from portal.points.queries import balances, whole_statement
from portal.points.rules import (
    CLOCK_SLACK,
    FIRST_NOTICE,
    SECOND_NOTICE,
    TOGETHER,
    Expiry,
    ExpiryKind,
    after_giving_back,
    after_notice,
    expires_at,
)
from portal.points.sealing import seal_next_day
from tests.accounts.factories import a_fan, a_manager, an_admin
from tests.campaigns.factories import a_campaign
from tests.conftest import NOW

SOAK = "PORTAL_SOAK" in os.environ
EXAMPLES, STEPS = (int(os.environ.get("PORTAL_SOAK") or 8), 80) if SOAK else (2, 25)
BUDGET, FANS = 3_000, 2
YEAR = Expiry(ExpiryKind.ROLLING, 2)
points = st.integers(1, 120)


@dataclass
class Parcel:
    """A lot on paper."""

    left: int
    earned: datetime
    expires: datetime | None
    award: str = ""
    warned: int = 0
    expired: int = 0


@dataclass
class Paper:
    """What the clerk knows of one person."""

    lots: list[Parcel] = field(default_factory=list)
    pending: int = 0
    reserved: int = 0
    debt: int = 0

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.lots)

    def pay(self, amount: int, award: str = "") -> None:
        repaid = min(amount, self.debt)
        self.debt -= repaid
        if amount > repaid:
            now = clock.now()
            self.lots.append(Parcel(amount - repaid, now, expires_at(now, YEAR, programme_zone()), award))

    def take(self, amount: int, award: str = "") -> list[tuple[Parcel, int]]:
        taken = []
        for lot in sorted(self.lots, key=lambda lot: (not award or lot.award != award, lot.earned)):
            part = min(lot.left, amount)
            if part:
                lot.left -= part
                amount -= part
                taken.append((lot, part))
        assert amount == 0
        return taken

    def put_back(self, taken: list[tuple[Parcel, int]]) -> None:
        for lot, part in taken:
            lot.left += part
            lasts = after_giving_back(lot.expires, clock.now())
            if lasts != lot.expires:
                lot.expires, lot.warned = lasts, 0


@dataclass
class Order:
    fan: str
    amount: int
    taken: list[tuple[Parcel, int]]
    state: str = "reserved"


class TheLedger(RuleBasedStateMachine):
    fresh: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        type(self).fresh()
        self.frozen = clock.frozen(NOW)
        self.frozen.__enter__()
        self.season = a_campaign(points_budget=BUDGET).id
        self.manager, self.admin = a_manager().id, an_admin().id
        self.papers = {a_fan().id: Paper() for _ in range(FANS)}
        with unit_of_work():
            save_rules(YEAR, 100, seen_version=0, for_all_points=False, actor=self.person(self.manager), why="Agreed",
                       now=NOW)  # fmt: skip
        self.budget, self.promised, self.numbers = BUDGET, 0, 0
        self.awards: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, Order] = {}

    def teardown(self) -> None:
        self.frozen.__exit__(None, None, None)
        db.session.rollback()

    def person(self, person_id: str) -> Person:
        return db.session.get_one(Person, person_id)

    def cause(self, kind: str) -> Cause:
        self.numbers += 1
        return Cause(kind, f"n{self.numbers}")

    def attempt(self, refusals: Any, verb: Callable[..., Any], *args: Any, **named: Any) -> bool:
        """Did it happen? Each step at a second of its own, so that lots have an order."""
        clock.advance(timedelta(seconds=1))
        try:
            with unit_of_work():
                verb(*args, now=clock.now(), **named)
        except refusals:
            return False
        return True

    def one_of(self, data: st.DataObject, of: dict[str, Any], *states: str) -> str:
        keys = [key for key, each in of.items() if (each["state"] if isinstance(each, dict) else each.state) in states]
        return data.draw(st.sampled_from(sorted(keys)))

    def any(self, of: dict[str, Any], *states: str) -> bool:
        return any((each["state"] if isinstance(each, dict) else each.state) in states for each in of.values())

    fans = st.integers(0, FANS - 1)

    def fan(self, who: int) -> str:
        return sorted(self.papers)[who]

    # seasons

    @rule(amount=st.integers(1, 800))
    def promise(self, amount: int) -> None:
        done = self.attempt((budgets.BudgetExhausted,), budgets.reserve, self.cause("claim"), self.season, amount)
        assert done == (amount <= self.budget)
        if done:
            self.budget, self.promised = self.budget - amount, self.promised + amount

    @rule(amount=st.integers(1, 400))
    def release(self, amount: int) -> None:
        done = self.attempt((budgets.NothingReserved,), budgets.release, self.cause("claim"), self.season, amount)
        assert done == (amount <= self.promised)
        if done:
            self.budget, self.promised = self.budget + amount, self.promised - amount

    # awards

    @rule(who=fans, at_once=points, later=st.integers(0, 80))
    def award(self, who: int, at_once: int, later: int) -> None:
        fan, cause = self.fan(who), self.cause("share")
        done = self.attempt(
            awards.ledger.InsufficientPoints, awards.award, cause, campaign_id=self.season, person_id=fan,
            points_now=at_once, points_held=later,
        )  # fmt: skip
        assert done == (at_once + later <= self.promised)
        if done:
            self.promised -= at_once + later
            self.papers[fan].pay(at_once, cause.id)
            self.papers[fan].pending += later
            self.awards[cause.id] = {"fan": fan, "now": at_once, "held": later, "state": "held" if later else "settled"}

    def row(self, cause_id: str) -> Award:
        return db.session.scalars(select(Award).where(Award.cause_id == cause_id)).one()

    @precondition(lambda self: self.awards)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        cause_id = data.draw(st.sampled_from(sorted(self.awards)))
        paid = self.awards[cause_id]
        done = self.attempt(awards.AwardRevoked, awards.settle, self.row(cause_id))
        assert done == (paid["state"] != "revoked")
        if paid["state"] == "held":
            self.papers[paid["fan"]].pending -= paid["held"]
            self.papers[paid["fan"]].pay(paid["held"], cause_id)
            paid["state"] = "settled"

    @precondition(lambda self: self.awards)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        cause_id = data.draw(st.sampled_from(sorted(self.awards)))
        paid = self.awards[cause_id]
        assert self.attempt((), awards.revoke, self.row(cause_id), reason="post_gone")
        if paid["state"] == "revoked":
            return
        paper = self.papers[paid["fan"]]
        pending = paid["held"] if paid["state"] == "held" else 0
        owed = paid["now"] + paid["held"] - pending
        owed_still = owed - sum(lot.expired for lot in paper.lots if lot.award == cause_id)
        taken = min(owed_still, paper.available)
        paper.take(taken, cause_id)
        paper.pending -= pending
        paper.debt += owed_still - taken
        self.promised += owed + pending
        paid["state"] = "revoked"

    # spending

    @rule(who=fans, amount=points)
    def set_aside(self, who: int, amount: int) -> None:
        fan, cause = self.fan(who), self.cause("redemption")
        paper = self.papers[fan]
        done = self.attempt(spending.NotEnoughPoints, spending.reserve, cause, fan, amount)
        assert done == (amount <= paper.available)
        if done:
            self.orders[cause.id] = Order(fan, amount, paper.take(amount))
            paper.reserved += amount

    @rule(who=fans, amount=points)
    def have_at_once(self, who: int, amount: int) -> None:
        fan, cause = self.fan(who), self.cause("redemption")
        paper = self.papers[fan]
        done = self.attempt(spending.NotEnoughPoints, spending.spend, cause, fan, amount)
        assert done == (amount <= paper.available)
        if done:
            self.orders[cause.id] = Order(fan, amount, paper.take(amount), state="spent")

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def spend(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.orders)))
        order = self.orders[key]
        done = self.attempt(
            spending.NothingReserved, spending.redeem, Cause("redemption", key), order.fan, order.amount
        )  # fmt: skip
        assert done == (order.state != "given back")
        if order.state == "reserved":
            order.state = "spent"
            self.papers[order.fan].reserved -= order.amount

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.orders)))
        order = self.orders[key]
        paper = self.papers[order.fan]
        assert self.attempt((), spending.give_back, Cause("redemption", key), order.fan, order.amount)
        if order.state == "given back":
            return
        if order.state == "reserved":
            paper.reserved -= order.amount
        order.state = "given back"
        paper.put_back(order.taken)

    # staff and time

    @rule(who=fans, amount=st.integers(-150, 150).filter(bool), second=st.booleans())
    def adjust(self, who: int, amount: int, second: bool) -> None:
        fan = self.fan(who)
        paper = self.papers[fan]
        enough = amount > 0 or -amount <= paper.available
        done = self.attempt(
            adjusting.NotEnoughToTake, adjusting.adjust, self.person(fan), amount, reason="Put right",
            actor=self.person(self.manager),
        )  # fmt: skip
        assert done == enough
        if not done:
            return
        if abs(amount) > 100:
            (asked,) = adjusting.waiting()
            assert not self.attempt(adjusting.SamePerson, adjusting.agree, asked, actor=self.person(self.manager))
            if not second:
                assert self.attempt((), adjusting.refuse, asked, answer="No", actor=self.person(self.admin))
                return
            assert self.attempt((), adjusting.agree, asked, actor=self.person(self.admin))
        if amount > 0:
            paper.pay(amount)
        else:
            paper.take(-amount)

    @rule(who=fans)
    def tell(self, who: int) -> None:
        paper = self.papers[self.fan(who)]
        assert self.attempt((), expiring.tell_owner, self.fan(who))
        now = clock.now()
        for notice, ahead in ((2, SECOND_NOTICE), (1, FIRST_NOTICE)):
            mine = [lot for lot in paper.lots if lot.left and lot.expires and lot.warned == notice - 1]
            nearest = min((lot.expires for lot in mine if lot.expires), default=None)
            if nearest is None or nearest > now + ahead:
                continue
            for lot in mine:
                assert lot.expires
                if lot.expires <= max(now + ahead, nearest) + TOGETHER[notice]:
                    lot.expires, lot.warned = after_notice(lot.expires, notice, now), notice

    @rule(who=fans)
    def expire(self, who: int) -> None:
        assert self.attempt((), expiring.expire_points, self.fan(who))
        for lot in self.papers[self.fan(who)].lots:
            if lot.left and lot.expires and lot.expires <= clock.now() - CLOCK_SLACK and lot.warned == 2:
                lot.expired += lot.left
                lot.left = 0

    @rule(who=fans, at_once=points)
    def sit_it_out(self, who: int, at_once: int) -> None:
        """Points that nobody touches until they are gone: chance alone seldom gets there."""
        self.promise(at_once)
        self.award(who, at_once, 0)
        for days in (33, 25, 20):
            clock.advance(timedelta(days=days))
            self.tell(who)
        self.expire(who)

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        clock.advance(timedelta(days=days))

    @rule()
    def seal(self) -> None:
        assert self.attempt((), close_days)
        while True:
            with unit_of_work():
                if seal_next_day(now=clock.now()) is None:
                    return

    # what must always hold

    @invariant()
    def accounts_and_lots_are_as_on_paper(self) -> None:
        for fan, paper in self.papers.items():
            held = balances(fan)
            assert (held.available, held.pending, held.reserved, held.debt) == (
                paper.available, paper.pending, paper.reserved, paper.debt,
            )  # fmt: skip
            rows = db.session.scalars(select(Lot).where(Lot.person_id == fan).order_by(Lot.earned_at, Lot.id))
            assert [(lot.left, lot.expires_at, lot.warned) for lot in rows] == [
                (lot.left, lot.expires, lot.warned) for lot in paper.lots
            ]

    @invariant()
    def the_season_is_as_on_paper(self) -> None:
        assert budgets.left(self.season) == self.budget
        ((_name, left, promised),) = books.season_budgets({self.season: "Season"})
        assert (left, promised) == (self.budget, self.promised)

    @invariant()
    def the_statement_ends_at_the_balance(self) -> None:
        for fan, paper in self.papers.items():
            lines = list(whole_statement(fan))
            assert sum(line.points for line in lines) == paper.available
            assert not lines or lines[0].balance == paper.available

    @invariant()
    def the_books_owe_what_people_hold(self) -> None:
        read = books.read_books(clock.now().date())
        owed = sum(paper.available + paper.pending + paper.reserved - paper.debt for paper in self.papers.values())
        assert books.held_by_people(read.balances) == owed
        assert all(figures.fits for _month, figures in read.months)

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert audit_ledger()["violations"] == []
        db.session.commit()


@pytest.fixture
def ledger_app(sqlite_app: Flask, prepared_sqlite: Any) -> Flask:
    def fresh() -> None:
        db.session.remove()
        prepared_sqlite.restore()

    TheLedger.fresh = staticmethod(fresh)
    return sqlite_app


def test_no_order_of_verbs_breaks_the_ledger(ledger_app: Flask) -> None:
    run_state_machine_as_test(
        TheLedger,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
