"""Killed at each step between reserving, Stripe, webhook and fulfilling: done or given back, exactly once (P-23, P-27).

One run counts the boundaries; then one person after the other redeems, and the process dies at the first, the second,
… boundary. After the restart Stripe tells again what was not answered, and jobs whose lease ran out are done again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import new_id
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.points.queries import balances
from portal.rewards import orders, redeeming
from portal.rewards.kind_models import Parcel, ParcelState
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.stripe.models import CashPayment, CodeState, PaymentState, PromotionGiven
from tests.faults.boundaries import NO_KILL, run_and_die
from tests.faults.proof import the_ledger_is_right
from tests.rewards.factories import ADDRESS, a_person_with_points
from tests.rewards.stripe.factories import CASH_MINOR, a_blanket, a_fleece, a_promotion
from tests.rewards.stripe.telling import Telling

pytestmark = pytest.mark.faults

S, P, C = RedemptionState, PaymentState, CodeState
PRICE = 100
STEPS_MAX = 80

ClientOf = Callable[[Person], FlaskClient]


class Journey:
    """One person who redeems one thing, as a browser does it, and what became of it."""

    def __init__(self, browser: FlaskClient, person: Person, reward_id: str, at: Telling) -> None:
        self.browser, self.at = browser, at
        self.person_id, self.reward_id = person.id, reward_id
        self.form = {"idempotency_key": new_id(), "price_points": PRICE, **ADDRESS}

    def redeem(self) -> str:
        """Press the button, with the same key each time; where the browser is sent."""
        answer = self.browser.post(f"/rewards/{self.reward_id}/redeem", data=self.form)
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def redemption(self) -> Redemption | None:
        db.session.rollback()
        return db.session.scalar(select(Redemption).where(Redemption.person_id == self.person_id))

    def nothing_was_taken(self) -> None:
        assert balances(self.person_id).available == PRICE

    def pages(self) -> list[dict[str, Any]]:
        mine = self.redemption()
        listed = self.at.server.all_of("/v1/checkout/sessions")
        return [page for page in listed if mine and page["client_reference_id"] == mine.id]

    def money_kept(self) -> int:
        """What was paid for it and not returned."""
        intents = [page["payment_intent"] for page in self.pages() if page["payment_intent"]]
        returned = [each for each in self.at.server.all_of("/v1/refunds") if each["payment_intent"] in intents]
        return len(intents) * CASH_MINOR - sum(each["amount"] for each in returned)


def restart(at: Telling) -> None:
    """Nobody holds a lease any more; Stripe tells again; the worker works."""
    with unit_of_work():
        db.session.execute(update(Job).values(leased_until=clock.now() - timedelta(seconds=1)))
    at.tell()
    at.pass_time(minutes=2)
    jobs.run_due()
    assert jobs.failed_jobs() == []


def walk(
    make: Callable[[], Journey],
    work: Callable[[Journey], None],
    then: Callable[[Journey], None],
) -> list[str]:
    """Die at each boundary of `work`, restart, and look with `then`; the names of the boundaries."""
    whole = make()
    names = run_and_die(lambda: work(whole), NO_KILL)
    assert names is not None
    restart(whole.at)
    then(whole)
    assert 0 < len(names) < STEPS_MAX
    for step in range(1, len(names) + 1):
        journey = make()
        assert run_and_die(lambda: work(journey), step) is None, names[step - 1]  # noqa: B023  done before the next
        restart(journey.at)
        then(journey)
    the_ledger_is_right()
    return names


def somebody(client_of: ClientOf, reward_id: str, at: Telling) -> Journey:
    """Somebody new who has just enough points for the reward."""
    person = a_person_with_points(PRICE)
    return Journey(client_of(person), person, reward_id, at)


def no_more_time(at: Telling) -> None:
    """The time to pay is over, and all that Stripe has to say is said."""
    at.pass_time(minutes=31)
    jobs.run_due()
    at.tell()


def pay_and_hear(journey: Journey) -> None:
    """The whole way: redeem, pay on Stripe's page, the webhook, the worker."""
    journey.at.server.pay(journey.redeem())
    journey.at.tell()


def test_points_plus_cash_and_the_person_never_comes_back(app: Flask, stripe: Telling, client_of: ClientOf) -> None:
    fleece = a_fleece(codes=STEPS_MAX, price_points=PRICE).id
    had: list[str] = []

    def someone() -> Journey:
        return somebody(client_of, fleece, stripe)

    def is_settled(journey: Journey) -> None:
        no_more_time(stripe)
        mine = journey.redemption()
        if mine is None:
            journey.nothing_was_taken()
            assert journey.pages() == []
            return
        payment = db.session.get_one(CashPayment, mine.id)
        assert (mine.state, payment.state) in ((S.FULFILLED, P.PAID), (S.CANCELLED, P.CLOSED))
        was_paid = mine.state == S.FULFILLED
        had.extend([mine.id] * was_paid)
        assert balances(mine.person_id).available == (0 if was_paid else PRICE)
        assert journey.money_kept() == (CASH_MINOR if was_paid else 0)
        assert len(journey.pages()) <= 1
        assert [page["status"] for page in journey.pages()] in ([], ["complete"], ["expired"])
        assert mine.reward.stock == STEPS_MAX - len(had)

    names = walk(someone, pay_and_hear, is_settled)
    assert names.count("after POST checkout") == 1
    assert 0 < len(had) < len(names) + 1  # some had it and some got everything back


def test_points_plus_cash_and_the_person_presses_again(sqlite_app: Flask, stripe: Telling, client_of: ClientOf) -> None:
    fleece = a_fleece(codes=STEPS_MAX, price_points=PRICE).id

    def someone() -> Journey:
        return somebody(client_of, fleece, stripe)

    def it_is_had_once(journey: Journey) -> None:
        onward = journey.redeem()
        if onward.startswith(stripe.server.url):
            stripe.server.pay(onward)
            stripe.tell()
        mine = journey.redemption()
        assert mine is not None
        assert (mine.state, db.session.get_one(CashPayment, mine.id).state) == (S.FULFILLED, P.PAID)
        assert balances(mine.person_id).available == 0
        assert journey.money_kept() == CASH_MINOR
        assert len(journey.pages()) == 1

    walk(someone, pay_and_hear, it_is_had_once)


def test_a_parcel_for_points_plus_cash(sqlite_app: Flask, stripe: Telling, client_of: ClientOf) -> None:
    """Paid, it waits to be packed; not paid, points and thing are back and its address waits to be erased."""
    blanket = a_blanket(stock=STEPS_MAX, price_points=PRICE).id
    to_pack: list[str] = []

    def someone() -> Journey:
        return somebody(client_of, blanket, stripe)

    def is_settled(journey: Journey) -> None:
        no_more_time(stripe)
        mine = journey.redemption()
        if mine is None:
            journey.nothing_was_taken()
            return
        parcel = db.session.get_one(Parcel, mine.id)
        was_paid = db.session.get_one(CashPayment, mine.id).state == P.PAID
        assert mine.state == (S.APPROVED if was_paid else S.CANCELLED)
        assert (parcel.state, parcel.ended_at is None) == (ParcelState.TO_PACK, was_paid)
        to_pack.extend([mine.id] * was_paid)
        assert balances(mine.person_id).available == (0 if was_paid else PRICE)
        assert journey.money_kept() == (CASH_MINOR if was_paid else 0)
        assert mine.reward.stock == STEPS_MAX - len(to_pack)
        assert [redemption.id for redemption, _parcel in orders.to_pack()] == to_pack

    names = walk(someone, pay_and_hear, is_settled)
    assert names.count("after POST checkout") == 1


def test_given_back_after_it_was_paid(sqlite_app: Flask, stripe: Telling, client_of: ClientOf) -> None:
    """Undone within ten minutes: the money goes back once, wherever the process dies."""
    fleece = a_fleece(codes=STEPS_MAX, price_points=PRICE).id

    def someone() -> Journey:
        journey = somebody(client_of, fleece, stripe)
        pay_and_hear(journey)
        return journey

    def undo(journey: Journey) -> None:
        mine = journey.redemption()
        assert mine is not None
        assert journey.browser.post(f"/redemptions/{mine.id}/cancel").status_code == 303
        jobs.run_due()

    def all_or_nothing_is_back(journey: Journey) -> None:
        mine = journey.redemption()
        assert mine is not None
        payment = db.session.get_one(CashPayment, mine.id)
        assert (mine.state, payment.state) in ((S.FULFILLED, P.PAID), (S.CANCELLED, P.RETURNED))
        is_back = mine.state == S.CANCELLED
        assert balances(mine.person_id).available == (PRICE if is_back else 0)
        assert journey.money_kept() == (0 if is_back else CASH_MINOR)

    names = walk(someone, undo, all_or_nothing_is_back)
    assert names.count("after POST refunds") == 1


def test_a_promotion_code(sqlite_app: Flask, stripe: Telling, client_of: ClientOf) -> None:
    def someone() -> Journey:
        return somebody(client_of, a_promotion(price_points=PRICE).id, stripe)

    def redeem(journey: Journey) -> None:
        journey.redeem()
        jobs.run_due()

    def one_code_or_none(journey: Journey) -> None:
        mine = journey.redemption()
        if mine is None:
            journey.nothing_was_taken()
            return
        assert (mine.state, db.session.get_one(PromotionGiven, mine.id).state) == (S.FULFILLED, C.WORKS)
        assert balances(mine.person_id).available == 0
        made = [
            each for each in stripe.server.all_of("/v1/promotion_codes") if each["metadata"]["redemption"] == mine.id
        ]
        assert [code["active"] for code in made] == [True]

    names = walk(someone, redeem, one_code_or_none)
    assert names.count("after POST promotion_codes") == 1


def test_a_promotion_code_that_is_given_back(sqlite_app: Flask, stripe: Telling, client_of: ClientOf) -> None:
    reward = a_promotion(price_points=PRICE).id

    def someone() -> Journey:
        journey = somebody(client_of, reward, stripe)
        journey.redeem()
        jobs.run_due()
        return journey

    def undo(journey: Journey) -> None:
        mine = journey.redemption()
        assert mine is not None
        with unit_of_work():
            redeeming.cancel(mine, now=clock.now())
        jobs.run_due()

    def it_works_or_the_points_are_back(journey: Journey) -> None:
        mine = journey.redemption()
        assert mine is not None
        (made,) = [
            each for each in stripe.server.all_of("/v1/promotion_codes") if each["metadata"]["redemption"] == mine.id
        ]
        is_back = mine.state == S.CANCELLED
        assert made["active"] is not is_back
        assert balances(mine.person_id).available == (PRICE if is_back else 0)

    walk(someone, undo, it_works_or_the_points_are_back)
