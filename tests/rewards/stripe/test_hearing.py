"""What Stripe says of a page, heard in any order and again: each thing follows once. Nobody is asked here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.accounts.roles import grant_role
from portal.extensions import db
from portal.kernel.access import Role
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import orders, paying, redeeming, steps
from portal.rewards.models import Redemption, RedemptionState, RedemptionStep
from portal.rewards.paying import Heard
from portal.rewards.refusals import OrderRefused
from portal.rewards.stripe import hearing
from portal.rewards.stripe.answers import Session
from portal.rewards.stripe.failures import StripeFailed, StripeMisconfigured, StripeUnknown
from portal.rewards.stripe.models import CashPayment, PaymentState, StripeEvent
from portal.rewards.stripe.patience import ANOTHER_ACCOUNT, later
from portal.rewards.stripe.port import Stripe
from tests.accounts.factories import a_marketer
from tests.rewards.stripe.factories import CASH_MINOR, a_fleece, redeemed

S, P = RedemptionState, PaymentState


@pytest.fixture
def mine(sqlite_app: Flask, now: datetime) -> Iterator[Redemption]:
    """Points plus cash whose rest is to be paid, in an account that nobody reaches."""
    before = sqlite_app.extensions["portal_stripe"]
    away = "http://127.0.0.1:9"
    sqlite_app.extensions["portal_stripe"] = Stripe("sk_test_nobody", api=away, checkout=away)
    redemption = redeemed(a_fleece())
    assert hear(redemption, page(redemption)) == Heard.NOTHING
    yield redemption
    sqlite_app.extensions["portal_stripe"] = before


def page(redemption: Redemption) -> Session:
    """The page while it is open."""
    return Session(
        id="cs_1", url="https://checkout.stripe.com/1", is_open=True, is_complete=False, is_paid=False,
        amount_minor=CASH_MINOR, currency="gbp", payment_id=None, reference=redemption.id,
    )  # fmt: skip


def paid(redemption: Redemption) -> Session:
    """The same page, complete and paid."""
    return replace(page(redemption), url=None, is_open=False, is_complete=True, is_paid=True, payment_id="pi_1")


def over(redemption: Redemption) -> Session:
    """The same page, expired."""
    return replace(page(redemption), url=None, is_open=False)


def hear(redemption: Redemption, session: Session) -> Heard:
    now = redemption.reserved_at
    with unit_of_work():
        return paying.hear(redemption.id, session, now=now)


def state_of(redemption: Redemption) -> tuple[str, str]:
    db.session.rollback()
    payment = db.session.get_one(CashPayment, redemption.id)
    return db.session.get_one(Redemption, redemption.id).state, payment.state


def steps_of(redemption: Redemption) -> int:
    mine = select(func.count()).where(RedemptionStep.redemption_id == redemption.id)
    return db.session.scalar(mine) or 0


def waits(kind: str, key: str) -> bool:
    return db.session.scalar(select(Job.id).where(Job.kind == kind, Job.key == key)) is not None


def given_back(redemption: Redemption) -> None:
    with unit_of_work():
        redeeming.cancel(db.session.get_one(Redemption, redemption.id), now=redemption.reserved_at)


def test_that_it_expired_heard_after_that_it_was_paid_takes_nothing_back(mine: Redemption) -> None:
    assert hear(mine, paid(mine)) == Heard.PAID
    had = steps_of(mine)
    assert [hear(mine, each) for each in (over(mine), page(mine), paid(mine))] == [Heard.NOTHING] * 3
    assert (state_of(mine), steps_of(mine)) == ((S.FULFILLED, P.PAID), had)


def test_the_same_figure_in_another_currency_is_another_amount(mine: Redemption) -> None:
    assert hear(mine, replace(paid(mine), currency="jpy")) == Heard.ODD
    had = steps_of(mine)
    assert hear(mine, replace(paid(mine), currency="jpy")) == Heard.NOTHING
    assert (state_of(mine), steps_of(mine)) == ((S.AWAITING_PAYMENT, P.ODD), had)


def test_money_that_went_back_stays_back_however_often_its_payment_is_told(mine: Redemption) -> None:
    given_back(mine)
    assert [hear(mine, paid(mine)) for _told in range(2)] == [Heard.MONEY_BACK, Heard.NOTHING]
    assert waits(paying.RETURN, "pi_1")
    with unit_of_work():
        paying.money_went_back(mine.id, "pi_1", "re_1", now=mine.reserved_at)
    had = steps_of(mine)
    assert hear(mine, paid(mine)) == Heard.NOTHING
    with unit_of_work():
        paying.money_went_back(mine.id, "pi_1", "re_1", now=mine.reserved_at)
    with unit_of_work():  # a worker that was too slow gives up what another one did
        paying.money_stays_out(mine.id, "pi_1", now=mine.reserved_at)
    assert (state_of(mine), steps_of(mine)) == ((S.CANCELLED, P.RETURNED), had)


def test_a_second_page_changes_nothing_but_its_own_money(mine: Redemption) -> None:
    second = replace(paid(mine), id="cs_2", payment_id="pi_2")
    assert hear(mine, replace(over(mine), id="cs_2")) == Heard.NOTHING
    assert (hear(mine, second), state_of(mine)) == (Heard.MONEY_BACK, (S.AWAITING_PAYMENT, P.OPEN))
    assert (waits(paying.RETURN, "pi_2"), waits(paying.RETURN, "pi_1")) == (True, False)
    assert hear(mine, paid(mine)) == Heard.PAID


def test_a_page_that_is_still_open_is_closed_once_its_points_went_back(mine: Redemption) -> None:
    given_back(mine)
    with unit_of_work():
        db.session.query(Job).delete()
    assert hear(mine, page(mine)) == Heard.NOTHING
    assert waits(paying.CLOSE, mine.id)
    assert (hear(mine, over(mine)), state_of(mine)) == (Heard.NOTHING, (S.CANCELLED, P.CLOSED))


def test_an_odd_payment_is_found_with_what_to_do_and_decided_by_somebody_else(
    mine: Redemption, client_of: Callable[[Person], FlaskClient]
) -> None:
    other = redeemed(a_fleece())
    desk, everything, odd = client_of(a_marketer()), "/staff/orders", "/staff/orders?odd=1"
    assert "needs a decision" not in desk.get(everything).text
    assert hear(mine, replace(paid(mine), amount_minor=CASH_MINOR - 100)) == Heard.ODD
    assert "1 payment needs a decision" in desk.get(everything).text
    found, at = desk.get(odd).text, f"/staff/orders/{mine.id}"
    assert (at in found, f"/staff/orders/{other.id}" in found) == (True, False)
    assert "Another amount came than was asked for" in desk.get(at).text
    assert "Another amount came" not in desk.get(f"/staff/orders/{other.id}").text

    owner = db.session.get_one(Person, mine.person_id)
    with unit_of_work():
        grant_role(owner, Role.MARKETER, actor=None, why="They work here now", now=mine.reserved_at)
    refused = client_of(owner).post(f"{at}/payment", data={"why": "It is fine"})
    assert (refused.status_code, "This is your own order" in refused.text) == (409, True)
    assert desk.post(f"{at}/payment", data={"why": "They wrote to us"}).status_code == 303
    assert state_of(mine) == (S.FULFILLED, P.PAID)
    assert "needs a decision" not in desk.get(everything).text


def test_an_event_that_is_not_about_pages_is_answered_and_left_alone(sqlite_app: Flask, now: datetime) -> None:
    told = {"id": "evt_1", "type": "charge.refunded", "created": 1, "data": {"object": {"id": "ch_1"}}}
    with unit_of_work():
        assert hearing.hear(hearing.event_in(told), now=now) is False
        assert hearing.hear(hearing.event_in({**told, "type": hearing.ABOUT_PAGES[1]}), now=now) is True
        assert hearing.hear(hearing.event_in({**told, "type": hearing.ABOUT_PAGES[1]}), now=now) is False
    assert db.session.scalars(select(StripeEvent.kind)).all() == ["checkout.session.expired"]


def test_what_is_paid_for_something_that_failed_goes_back(mine: Redemption) -> None:
    with unit_of_work():
        row = db.session.get_one(Redemption, mine.id)
        steps.move(row, S.FAILED, actor_id=None, now=mine.reserved_at, code="none_left")
    assert hear(mine, paid(mine)) == Heard.MONEY_BACK
    assert state_of(mine) == (S.FAILED, P.RETURN_DUE)


def test_money_that_was_paid_twice_and_stays_out_is_told_and_leaves_the_payment_alone(mine: Redemption) -> None:
    assert hear(mine, paid(mine)) == Heard.PAID
    assert hear(mine, replace(paid(mine), id="cs_2", payment_id="pi_2")) == Heard.MONEY_BACK
    had = steps_of(mine)
    with unit_of_work():
        paying.money_stays_out(mine.id, "pi_2", now=mine.reserved_at)
    assert (state_of(mine), steps_of(mine)) == ((S.FULFILLED, P.PAID), had + 1)


def test_nobody_accepts_what_was_not_paid_or_what_went_back(mine: Redemption) -> None:
    """A bank that takes days has paid nothing yet; and money that Stripe does not return buys nothing either."""
    other, staff = redeemed(a_fleece()), a_marketer()
    assert hear(mine, replace(page(mine), is_open=False, is_complete=True)) == Heard.ODD
    assert hear(other, replace(paid(other), id="cs_2", amount_minor=1)) == Heard.ODD
    given_back(other)
    with unit_of_work():
        paying.money_stays_out(other.id, "pi_1", now=mine.reserved_at)
    before = [state_of(each) for each in (mine, other)]
    assert before == [(S.AWAITING_PAYMENT, P.ODD), (S.CANCELLED, P.ODD)]
    for each in (mine, other):
        with pytest.raises(OrderRefused), unit_of_work():
            paying.accept(each, why="It is fine", actor=staff, now=mine.reserved_at)
    assert [state_of(each) for each in (mine, other)] == before


@pytest.mark.parametrize(
    ("failed", "seconds", "costs_no_try"),
    [
        (StripeUnknown("APIConnectionError"), 20, True),
        (StripeMisconfigured("no_key"), 300, True),
        (StripeUnknown(ANOTHER_ACCOUNT), 20, False),  # which time does not mend: in the end staff see it
    ],
)
def test_how_long_stripe_is_waited_for(failed: StripeFailed, seconds: int, costs_no_try: bool) -> None:
    again = later(failed)
    assert (again.seconds, again.free) == (seconds, costs_no_try)


def test_another_amount_goes_back_whole_when_staff_refund_it(mine: Redemption, now: datetime) -> None:
    assert hear(mine, replace(paid(mine), amount_minor=1)) == Heard.ODD
    staff = a_marketer()
    with unit_of_work():
        order = db.session.get_one(Redemption, mine.id)
        orders.refund(order, why="Wrong", back_in_stock=True, actor=staff, now=now)
    assert db.session.get_one(CashPayment, mine.id, populate_existing=True).state == P.RETURN_DUE
    assert db.session.scalars(select(Job.key).where(Job.kind == paying.RETURN)).all() == ["pi_1"]
