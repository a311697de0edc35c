"""The steps of a redemption: which are possible, who took them, and what a worker does about those that take time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import rewards
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.points.audit import audit_ledger
from portal.points.queries import Balances, balances
from portal.rewards import queries, redeeming, steps, wording
from portal.rewards.fulfilment import HOLD_FOR_PAYMENT, CannotBeHad, Fulfilment, Next, Payment
from portal.rewards.models import Redemption, RedemptionState, RewardKind
from portal.rewards.refusals import CancellationRefused
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward

S = RedemptionState


@dataclass
class Outside(Fulfilment):
    """A kind whose outside world does as the test says."""

    next_: Next = Next.WORK
    answers: list[object] = field(default_factory=list)
    payment_: object = Payment.NOT_PAID
    kept: list[object] = field(default_factory=list)
    late: list[object] = field(default_factory=list)
    KIND = RewardKind.CODE

    def next_step(self, redemption: Redemption) -> Next:
        return Next.DONE if self.next_ == Next.PAYMENT and redemption.state == S.APPROVED else self.next_

    def carry_out(self, brief: object) -> object:
        assert not db.session.registry().in_transaction(), "a transaction is open while the outside world is asked"
        answer = self.answers.pop(0)
        if callable(answer):
            return answer()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def record(self, redemption: Redemption, result: object, *, now: datetime) -> None:
        self.kept.append(result)

    def came_too_late(self, redemption: Redemption, result: object, *, now: datetime) -> None:
        self.late.append(result)

    def payment(self, brief: object) -> Payment:
        if isinstance(self.payment_, Exception):
            raise self.payment_
        return self.payment_


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    kind = Outside()
    monkeypatch.setattr(rewards.fulfilment, "all_kinds", lambda: {RewardKind.CODE: kind})
    return kind


def timeline(redemption: Redemption) -> list[tuple[str | None, str, str]]:
    db.session.rollback()
    return [(each.from_state, each.to_state, each.code) for each in queries.steps_of(redemption.id)]


def state_of(redemption: Redemption) -> str:
    db.session.rollback()
    return db.session.scalars(select(Redemption.state).where(Redemption.id == redemption.id)).one()


@pytest.mark.parametrize("came_from", list(S))
def test_only_the_moves_of_the_domain_are_possible(app: Flask, now: datetime, came_from: S) -> None:
    for to in S:
        mine = a_redemption(a_person_with_points(100), a_reward(price_points=100, codes=1))
        with unit_of_work():
            mine.state = came_from
            mine.fulfilled_at = now if came_from == S.FULFILLED else None
            mine.awaits_until = now if came_from == S.AWAITING_PAYMENT else None
        if to in steps.ALLOWED[came_from]:
            with unit_of_work():
                steps.move(mine, to, actor_id=None, now=now, awaits_until=now if to == S.AWAITING_PAYMENT else None)
            assert state_of(mine) == to
        else:
            with pytest.raises(steps.IllegalMove), unit_of_work():
                steps.move(mine, to, actor_id=None, now=now)
            assert state_of(mine) == came_from


def test_each_step_says_who_and_when(app: Flask, now: datetime) -> None:
    ada = a_person_with_points(100)
    mine = a_redemption(ada)
    with unit_of_work():
        redeeming.cancel(mine, now=clock.advance(timedelta(minutes=3)))
    written = queries.steps_of(mine.id)
    assert [(each.from_state, each.to_state, each.actor_id) for each in written] == [
        (None, S.RESERVED, ada.id), (S.RESERVED, S.FULFILLED, None), (S.FULFILLED, S.CANCELLED, ada.id),
    ]  # fmt: skip
    assert [each.at for each in written] == [now, now, now + timedelta(minutes=3)]


def test_people_read_the_newest_step_first(sqlite_app: Flask, now: datetime) -> None:
    ada = a_person_with_points(100)
    mine = a_redemption(ada)
    with unit_of_work():
        redeeming.cancel(mine, now=clock.advance(timedelta(minutes=3)))
    told = wording.timeline(queries.steps_of(mine.id), ada.id)
    assert [each.at for each in told] == [now + timedelta(minutes=3), now, now]
    assert (told[0].icon, told[-1].icon) == ("undo-2", "gift")


def test_work_outside_is_done_by_the_job_and_recorded_once(app: Flask, now: datetime, outside: Outside) -> None:
    ada, kit = a_person_with_points(250), a_reward(price_points=100, codes=2)
    outside.answers = ["MADE-1"]
    mine = a_redemption(ada, kit)
    assert (mine.state, balances(ada.id).reserved) == (S.APPROVED, 100)
    jobs.run_due()
    assert (state_of(mine), outside.kept) == (S.FULFILLED, ["MADE-1"])
    assert balances(ada.id) == Balances(available=150, pending=0, reserved=0, debt=0)
    assert timeline(mine) == [
        (None, S.RESERVED, ""), (S.RESERVED, S.APPROVED, ""), (S.APPROVED, S.FULFILLED, ""),
    ]  # fmt: skip
    with unit_of_work():
        jobs.schedule(redeeming.FULFIL, mine.id, due_at=now)
    jobs.run_due()
    assert outside.kept == ["MADE-1"]
    assert audit_ledger()["violations"] == []


def test_while_the_outside_world_is_away_it_waits(app: Flask, now: datetime, outside: Outside) -> None:
    outside.answers = [jobs.RetryLater("away", seconds=60, free=True), "MADE-1"]
    mine = a_redemption(a_person_with_points(100), a_reward(price_points=100))
    jobs.run_due()
    assert state_of(mine) == S.APPROVED
    clock.advance(timedelta(seconds=61))
    jobs.run_due()
    assert state_of(mine) == S.FULFILLED


def test_a_no_gives_points_and_stock_back(app: Flask, now: datetime, outside: Outside) -> None:
    ada, kit = a_person_with_points(100), a_reward(price_points=100, codes=1)
    outside.answers = [CannotBeHad("shop_closed", "The shop says no.")]
    mine = a_redemption(ada, kit)
    jobs.run_due()
    assert state_of(mine) == S.FAILED
    assert mine.reason == "The shop says no."
    db.session.refresh(kit)
    assert (kit.stock, balances(ada.id).available) == (1, 100)
    assert timeline(mine)[-1] == (S.APPROVED, S.FAILED, "shop_closed")
    assert audit_ledger()["violations"] == []


def test_what_breaks_each_time_is_given_back_in_the_end(app: Flask, now: datetime, outside: Outside) -> None:
    ada, kit = a_person_with_points(100), a_reward(price_points=100, codes=1)
    outside.answers = [ZeroDivisionError() for _try in range(10)]
    mine = a_redemption(ada, kit)
    for _try in range(10):
        jobs.run_due()
        clock.advance(timedelta(hours=2))
    assert state_of(mine) == S.FAILED
    assert balances(ada.id).available == 100
    assert timeline(mine)[-1] == (S.APPROVED, S.FAILED, "broke")


def test_while_work_goes_on_its_owner_cant_give_it_back(app: Flask, now: datetime, outside: Outside) -> None:
    mine = a_redemption(a_person_with_points(100), a_reward(price_points=100))
    with pytest.raises(CancellationRefused), unit_of_work():
        redeeming.cancel(mine, now=now)
    assert state_of(mine) == S.APPROVED


def test_a_result_for_what_staff_gave_back_meanwhile_is_not_kept(app: Flask, now: datetime, outside: Outside) -> None:
    ada = a_person_with_points(100)
    mine = a_redemption(ada, a_reward(price_points=100))

    def refunded_meanwhile() -> str:
        with unit_of_work():
            steps.move(mine, S.CANCELLED, actor_id=None, now=now, message="Sorry")
        return "MADE-1"

    outside.answers = [refunded_meanwhile]
    jobs.run_due()
    assert (state_of(mine), outside.kept, outside.late) == (S.CANCELLED, [], ["MADE-1"])
    assert balances(ada.id).available == 100
    assert audit_ledger()["violations"] == []


def test_a_payment_is_awaited_for_half_an_hour_then_all_goes_back(app: Flask, now: datetime, outside: Outside) -> None:
    outside.next_ = Next.PAYMENT
    ada, kit = a_person_with_points(100), a_reward(price_points=100, codes=1)
    mine = a_redemption(ada, kit)
    assert (mine.state, mine.awaits_until) == (S.AWAITING_PAYMENT, now + HOLD_FOR_PAYMENT)
    clock.advance(HOLD_FOR_PAYMENT - timedelta(seconds=1))
    jobs.run_due()
    assert state_of(mine) == S.AWAITING_PAYMENT
    clock.advance(timedelta(seconds=2))
    jobs.run_due()
    assert (state_of(mine), balances(ada.id).available) == (S.CANCELLED, 100)
    assert timeline(mine)[-1] == (S.AWAITING_PAYMENT, S.CANCELLED, "not_paid_in_time")
    with pytest.raises(steps.IllegalMove), unit_of_work():
        redeeming.payment_arrived(mine, now=clock.now())
    assert audit_ledger()["violations"] == []


def test_a_payment_whose_news_was_lost_is_found_when_the_time_is_over(
    app: Flask, now: datetime, outside: Outside
) -> None:
    outside.next_, outside.payment_ = Next.PAYMENT, jobs.RetryLater("away", seconds=60, free=True)
    ada = a_person_with_points(100)
    mine = a_redemption(ada, a_reward(price_points=100))
    clock.advance(HOLD_FOR_PAYMENT)
    jobs.run_due()
    assert state_of(mine) == S.AWAITING_PAYMENT  # nobody can say: nothing is given away
    outside.payment_ = Payment.PAID
    clock.advance(timedelta(seconds=61))
    jobs.run_due()
    assert (state_of(mine), balances(ada.id).available) == (S.FULFILLED, 0)
    with unit_of_work():
        redeeming.payment_arrived(mine, now=clock.now())  # the news comes after all
    assert [code for _from, _to, code in timeline(mine)].count("paid") == 1


def test_cancelled_by_its_owner_while_it_waits_no_job_is_left(app: Flask, now: datetime, outside: Outside) -> None:
    outside.next_ = Next.PAYMENT
    ada = a_person_with_points(100)
    mine = a_redemption(ada, a_reward(price_points=100))
    with unit_of_work():
        redeeming.cancel(mine, now=now)
    assert (state_of(mine), balances(ada.id).available) == (S.CANCELLED, 100)
    assert db.session.scalar(select(jobs.Job).where(jobs.Job.kind == redeeming.PAYMENT_OVERDUE)) is None
