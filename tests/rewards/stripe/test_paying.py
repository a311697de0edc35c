"""Points plus cash: held until Stripe says that it is paid, given back when it is not, and never both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from portal.points.audit import audit_ledger
from portal.points.queries import Balances, balances
from portal.rewards import orders, paying, payment_page, redeeming
from portal.rewards.fulfilment.code import codes_in_pool
from portal.rewards.models import Redemption, RedemptionState, RedemptionStep, Reward
from portal.rewards.payment_jobs import unsettled_payments
from portal.rewards.payment_page import NotPayable
from portal.rewards.stripe.failures import StripeFailed, StripeUnknown
from portal.rewards.stripe.models import CashPayment, PaymentState
from tests.accounts.factories import a_marketer
from tests.rewards.factories import a_person_with_points
from tests.rewards.stripe.factories import a_fleece, redeemed
from tests.rewards.stripe.telling import Telling

SESSIONS = "/v1/checkout/sessions"
S, P = RedemptionState, PaymentState


def state_of(redemption_id: str) -> tuple[str, str]:
    db.session.rollback()
    payment = db.session.get_one(CashPayment, redemption_id)
    return db.session.get_one(Redemption, redemption_id).state, payment.state


def codes_of(redemption_id: str) -> list[str]:
    """What happened, as its steps tell."""
    steps = select(RedemptionStep).where(RedemptionStep.redemption_id == redemption_id).order_by(RedemptionStep.id)
    return [step.code or step.to_state for step in db.session.scalars(steps)]


def money(stripe: Telling) -> tuple[int, int]:
    """What Stripe has taken, and what it has given back."""
    taken = sum(intent["amount"] for intent in stripe.server.all_of("/v1/payment_intents"))
    return taken, sum(refund["amount"] for refund in stripe.server.all_of("/v1/refunds"))


def cancel(redemption: Redemption) -> None:
    with unit_of_work():
        redeeming.cancel(db.session.get_one(Redemption, redemption.id), now=clock.now())


def it_was_given_back(redemption: Redemption) -> None:
    assert balances(redemption.person_id) == Balances(available=100, pending=0, reserved=0, debt=0)
    assert (redemption.reward.stock, codes_in_pool(redemption.reward_id)) == (3, (3, 3))
    assert audit_ledger()["violations"] == []


def it_is_had(redemption: Redemption) -> None:
    assert balances(redemption.person_id) == Balances(available=0, pending=0, reserved=0, debt=0)
    assert (redemption.reward.stock, codes_in_pool(redemption.reward_id)) == (2, (2, 3))
    assert audit_ledger()["violations"] == []


def test_points_and_code_are_held_until_stripe_says_that_it_is_paid(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.DUE)
    assert balances(mine.person_id).reserved == 100
    stripe.pay(mine.id)
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.OPEN)  # paid at Stripe, and nobody has told us
    stripe.tell()
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)
    assert codes_of(mine.id) == ["reserved", "awaiting_payment", "paid", "fulfilled"]
    it_is_had(mine)
    stripe.pass_time(minutes=31)
    jobs.run_due()
    it_is_had(mine)
    assert money(stripe) == (1060, 0)


def test_what_is_not_paid_in_half_an_hour_goes_back_and_can_not_be_paid_any_more(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    url = stripe.address_to_pay(mine.id)
    stripe.pass_time(minutes=29)
    jobs.run_due()
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.OPEN)
    stripe.pass_time(minutes=1)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)
    it_was_given_back(mine)
    with pytest.raises(AssertionError, match="410"):
        stripe.server.pay(url)
    stripe.tell()
    assert codes_of(mine.id) == ["reserved", "awaiting_payment", "not_paid_in_time"]
    assert [each["status"] for each in stripe.server.all_of(SESSIONS)] == ["expired"]


def test_who_never_went_to_pay_gets_everything_back(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.pass_time(minutes=30)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)
    it_was_given_back(mine)
    assert stripe.server.requests() == []


def test_paid_in_the_last_second_with_the_news_lost_is_paid(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    stripe.lose()
    stripe.pass_time(minutes=30)
    jobs.run_due()
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)
    it_is_had(mine)


def test_lost_news_is_asked_for_within_minutes(app: Flask, stripe: Telling) -> None:
    mine, other = redeemed(a_fleece()), redeemed(a_fleece())
    for each in (mine, other):
        stripe.pay(each.id)
    stripe.lose()
    jobs.keep_recurring_scheduled()
    stripe.pass_time(minutes=5)
    jobs.run_due()
    assert [state_of(each.id) for each in (mine, other)] == [(S.FULFILLED, P.PAID)] * 2


def test_told_twice_late_and_in_the_wrong_order_changes_nothing(app: Flask, stripe: Telling) -> None:
    mine, other = redeemed(a_fleece()), redeemed(a_fleece())
    url = stripe.address_to_pay(other.id)
    stripe.pay(mine.id)
    stripe.pass_time(minutes=31)
    jobs.run_due()  # both are settled by asking; now the news comes, the oldest last, each twice
    events = stripe.events()
    assert [event["type"] for event in events] == ["checkout.session.completed", "checkout.session.expired"]
    assert url
    for event in [*reversed(events), *events]:
        assert stripe.post(event).status_code == 200
        jobs.run_due()
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)
    assert state_of(other.id) == (S.CANCELLED, P.CLOSED)
    assert codes_of(mine.id).count("paid") == 1
    assert money(stripe) == (1060, 0)
    assert audit_ledger()["violations"] == []


def test_cancelled_by_its_owner_the_page_closes(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.address_to_pay(mine.id)
    cancel(mine)
    assert state_of(mine.id) == (S.CANCELLED, P.OPEN)
    it_was_given_back(mine)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)
    assert [each["status"] for each in stripe.server.all_of(SESSIONS)] == ["expired"]


@pytest.mark.parametrize("news_is_lost", [True, False])
def test_paid_while_it_is_cancelled_the_money_goes_back_once(app: Flask, stripe: Telling, news_is_lost: bool) -> None:
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    cancel(mine)
    if news_is_lost:
        stripe.lose()
    stripe.tell()
    stripe.tell()
    assert state_of(mine.id) == (S.CANCELLED, P.RETURNED)
    it_was_given_back(mine)
    assert money(stripe) == (1060, 1060)
    assert codes_of(mine.id)[-2:] == ["paid_too_late", "money_back"]
    told = select(OutboxEvent.kind).where(OutboxEvent.kind == "reward.payment_returned")
    assert len(list(db.session.scalars(told))) == 1


def test_undone_within_ten_minutes_points_and_money_go_back(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    stripe.tell()
    stripe.pass_time(minutes=9)
    cancel(mine)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.RETURNED)
    it_was_given_back(mine)
    assert money(stripe) == (1060, 1060)


def test_what_staff_refund_is_told_with_their_reason_however_soon_the_money_is_back(
    app: Flask, stripe: Telling, client_of: Any
) -> None:
    mine, staff = redeemed(a_fleece()), a_marketer()
    stripe.pay(mine.id)
    stripe.tell()
    with unit_of_work():
        order = db.session.get_one(Redemption, mine.id)
        payment = db.session.get_one(CashPayment, mine.id)
        orders.refund(order, why="It has a hole", back_in_stock=True, actor=staff, now=clock.now())
        paying.money_went_back(order.id, str(payment.payment_id), "re_1", now=clock.now())
    jobs.run_due()
    assert codes_of(mine.id)[-1] == "money_back"
    person = client_of(db.session.get_one(Person, mine.person_id))
    inbox = person.get("/inbox").text
    assert inbox.count("Your payment is on its way back") == inbox.count("Your points are back") == 1
    assert "Staff wrote: “It has a hole”" in inbox
    back = person.get("/points").text.partition("Given back: ")[2].partition("</th>")[0]
    assert "The team wrote: “It has a hole”" in back


def test_another_amount_is_for_a_person_to_decide_and_stays_held(app: Flask, stripe: Telling, client_of: Any) -> None:
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    with unit_of_work():
        db.session.get_one(CashPayment, mine.id).amount_minor = 2000
    stripe.tell()
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.ODD)
    stripe.pass_time(minutes=31)
    jobs.run_due()
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.ODD)
    assert codes_of(mine.id)[-1] == "other_amount"
    staff = client_of(a_marketer())
    assert "Accept this payment" in staff.get(f"/staff/orders/{mine.id}").text
    assert staff.post(f"/staff/orders/{mine.id}/payment", data={"why": "A penny is a penny"}).status_code == 303
    assert staff.post(f"/staff/orders/{mine.id}/payment", data={"why": "Again"}).status_code == 409
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)
    it_is_had(mine)


def test_a_bank_that_takes_days_keeps_it_held_until_it_is_paid(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.server.pay(stripe.address_to_pay(mine.id), "later")
    stripe.tell()
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.ODD)
    stripe.pass_time(hours=30)
    jobs.run_due()
    session_id = stripe.server.all_of(SESSIONS)[0]["id"]
    stripe.server.settle(session_id, succeeded=True)
    stripe.tell()
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)


# The way to the page


def test_the_same_page_however_often_one_asks(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    first = stripe.address_to_pay(mine.id)
    assert stripe.address_to_pay(mine.id) == first
    with unit_of_work():  # as if the answer had been lost with the process that waited for it
        payment = db.session.get_one(CashPayment, mine.id)
        payment.session_id = payment.url = None
        payment.state = P.DUE
    stripe.server.forget_idempotency_keys()
    assert stripe.address_to_pay(mine.id) == first
    assert len(stripe.server.all_of(SESSIONS)) == 1


TROUBLE: list[dict[str, Any]] = [
    {"mode": "act_then_drop"}, {"mode": "act_then_hang", "seconds": 2}, {"mode": "drop"},
    {"mode": "status", "status": 500},
]  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLE)
def test_an_answer_that_got_lost_makes_no_second_page(app: Flask, stripe: Telling, trouble: dict[str, Any]) -> None:
    mine = redeemed(a_fleece())
    stripe.server.fail(SESSIONS, **trouble)
    with pytest.raises(StripeUnknown), stripe.losing_patience():
        stripe.address_to_pay(mine.id)
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.DUE)
    stripe.server.pay(stripe.address_to_pay(mine.id))
    assert len(stripe.server.all_of(SESSIONS)) == 1
    stripe.tell()
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)


def ask_in_vain(stripe: Telling, mine: Redemption, how: str = "act_then_drop", **trouble: Any) -> None:
    """Its owner wants to pay, and learns nothing; by default Stripe made a page all the same."""
    stripe.server.fail(SESSIONS, how, **trouble)
    with pytest.raises(StripeUnknown):
        stripe.address_to_pay(mine.id)


def test_a_page_whose_answer_got_lost_is_closed_in_time(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    ask_in_vain(stripe, mine)
    stripe.pass_time(minutes=30)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)
    assert [each["status"] for each in stripe.server.all_of(SESSIONS)] == ["expired"]


def test_a_page_whose_answer_got_lost_is_closed_when_its_owner_cancels(app: Flask, stripe: Telling) -> None:
    """Nobody has its address yet, but whoever sent the lost request may: it must not stay open."""
    mine = redeemed(a_fleece())
    ask_in_vain(stripe, mine)
    cancel(mine)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)
    assert [each["status"] for each in stripe.server.all_of(SESSIONS)] == ["expired"]


def test_while_stripe_is_away_nothing_goes_back(app: Flask, stripe: Telling) -> None:
    """Nobody can say whether it is paid, so the thing stays held: it could be somebody's who paid."""
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    stripe.server.fail(f"{SESSIONS}/.*", "status", method="GET", status=503, times=50)
    stripe.pass_time(minutes=30)
    for _ in range(30):
        jobs.run_due()
        stripe.pass_time(minutes=1)
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.OPEN)
    for _ in range(30):
        jobs.run_due()
        stripe.pass_time(minutes=1)
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)


def test_nothing_is_paid_for_what_is_over(app: Flask, stripe: Telling) -> None:
    paid, over = redeemed(a_fleece()), redeemed(a_fleece())
    stripe.pay(paid.id)
    stripe.tell()
    stripe.pass_time(minutes=30)  # and the job that gives back has not run yet
    for each in (paid, over):
        with pytest.raises(NotPayable):
            stripe.address_to_pay(each.id)
    assert len(stripe.server.all_of(SESSIONS)) == 1


def test_what_stripe_refuses_to_return_is_tried_again_and_then_shown_to_staff(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    cancel(mine)
    stripe.server.fail("/v1/refunds", "status", status=400, type="invalid_request_error", times=10)
    for _ in range(12):
        stripe.tell()
        stripe.pass_time(hours=1)
    assert state_of(mine.id) == (S.CANCELLED, P.ODD)
    assert codes_of(mine.id)[-1] == "money_not_back"
    it_was_given_back(mine)
    assert [job.kind for job in jobs.failed_jobs()] == [paying.RETURN]
    jobs_left = jobs.failed_jobs()
    with unit_of_work():
        jobs.retry_failed(jobs_left[0].id)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.RETURNED)
    assert money(stripe) == (1060, 1060)


def test_a_second_page_that_is_paid_too_is_returned(app: Flask, stripe: Telling) -> None:
    """Stripe may forget an idempotency key after a day; whatever it then makes twice is paid for once."""
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    stripe.tell()
    price = {"currency": "gbp", "unit_amount": 1060, "product_data": {"name": "x"}}
    second = stripe.server.ask(
        "POST", SESSIONS, mode="payment", client_reference_id=mine.id, success_url="http://127.0.0.1:1/",
        line_items=[{"price_data": price, "quantity": 1}],
    )  # fmt: skip
    stripe.server.pay(second["url"])
    with unit_of_work():
        known = app.extensions["portal_stripe"]
    session = known.session(second["id"])
    for _ in range(2):
        with unit_of_work():
            paying.hear(mine.id, session, now=clock.now())
        jobs.run_due()
    assert state_of(mine.id) == (S.FULFILLED, P.PAID)
    assert money(stripe) == (2120, 1060)
    it_is_had(mine)


def test_two_payments_for_what_went_back_are_both_returned(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.pay(mine.id)
    stripe.tell()
    price = {"currency": "gbp", "unit_amount": 1060, "product_data": {"name": "x"}}
    second = stripe.server.ask(
        "POST", SESSIONS, mode="payment", client_reference_id=mine.id, success_url="http://127.0.0.1:1/",
        line_items=[{"price_data": price, "quantity": 1}],
    )  # fmt: skip
    stripe.server.pay(second["url"])
    session = sqlite_app.extensions["portal_stripe"].session(second["id"])
    with unit_of_work():
        paying.hear(mine.id, session, now=clock.now())
    cancel(mine)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.RETURNED)
    assert money(stripe) == (2120, 2120)


def test_a_page_that_was_asked_for_again_in_vain_is_closed_all_the_same(sqlite_app: Flask, stripe: Telling) -> None:
    """It is as old as the first asking, whose answer got lost."""
    mine = redeemed(a_fleece())
    ask_in_vain(stripe, mine)
    stripe.pass_time(minutes=10)
    ask_in_vain(stripe, mine, "status", method="GET", status=503)
    stripe.pass_time(minutes=20)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)
    assert [each["status"] for each in stripe.server.all_of(SESSIONS)] == ["expired"]


def test_a_page_that_stripe_never_heard_of_is_over_with_its_redemption(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    ask_in_vain(stripe, mine, "drop")
    stripe.pass_time(minutes=30)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)


def test_a_page_that_a_restored_database_forgot_is_the_one_that_is_paid(sqlite_app: Flask, stripe: Telling) -> None:
    """Stripe knows the key with what it was first asked for, and refuses anything else."""
    mine = redeemed(a_fleece())
    first = stripe.address_to_pay(mine.id)
    with unit_of_work():
        payment = db.session.get_one(CashPayment, mine.id)
        payment.session_id = payment.url = payment.asked_at = None
        payment.state, payment.title = P.DUE, "As it was called before"
    assert stripe.address_to_pay(mine.id) == first
    assert len(stripe.server.all_of(SESSIONS)) == 1


def test_a_page_of_another_account_is_nobodys_to_judge(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.address_to_pay(mine.id)
    with unit_of_work():
        db.session.get_one(CashPayment, mine.id).session_id = "cs_test_elsewhere"
    with pytest.raises(StripeUnknown, match="page_of_another_account"):
        payment_page.close(mine.id)
    assert state_of(mine.id) == (S.AWAITING_PAYMENT, P.OPEN)


def test_the_last_one_is_held_for_who_pays(app: Flask, stripe: Telling) -> None:
    fleece = a_fleece(codes=1)
    redeemed(fleece)
    late = a_person_with_points(100)
    with pytest.raises(Exception, match="last one is gone"), unit_of_work():
        redeeming.redeem(fleece, late, now=clock.now())
    stripe.pass_time(minutes=30)
    jobs.run_due()
    assert redeemed(fleece, late).state == S.AWAITING_PAYMENT


def test_stripes_own_end_of_a_page_gives_back(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    stripe.address_to_pay(mine.id)
    page = stripe.server.all_of(SESSIONS)[0]
    stripe.server.ask("POST", f"{SESSIONS}/{page['id']}/expire")  # by hand, in the dashboard
    stripe.tell()
    assert state_of(mine.id) == (S.CANCELLED, P.CLOSED)
    it_was_given_back(mine)
    assert clock.now() + timedelta(minutes=30) > mine.reserved_at
    with pytest.raises((NotPayable, StripeFailed)):
        stripe.address_to_pay(mine.id)
    assert payment_page.ask(mine.id) == paying.Heard.NOTHING


def test_a_payment_that_arrives_twice_makes_one_step(sqlite_app: Flask, now: Any) -> None:
    mine = redeemed(a_fleece())
    for _time in range(2):
        with unit_of_work():
            redeeming.payment_arrived(db.session.get_one(Redemption, mine.id), now=now)
    assert codes_of(mine.id) == ["reserved", "awaiting_payment", "paid", "fulfilled"]


def test_stripe_is_asked_only_where_it_may_know_more(sqlite_app: Flask, now: Any) -> None:
    """Pages that were asked for and are not over, and what is odd because nobody knows whether it was paid."""
    fleece, asked = a_fleece(codes=7).id, {}
    kinds = {
        "never asked for": (P.DUE, None, None), "asked for": (P.DUE, now, None), "open": (P.OPEN, now, None),
        "pending": (P.ODD, now, None), "another amount": (P.ODD, now, "pi_1"), "paid": (P.PAID, now, "pi_2"),
        "closed": (P.CLOSED, now, None),
    }  # fmt: skip
    for name, (state, asked_at, payment_id) in kinds.items():
        asked[redeemed(db.session.get_one(Reward, fleece)).id] = name
        with unit_of_work():
            payment = db.session.get_one(CashPayment, list(asked)[-1])
            payment.session_id = name if state == P.OPEN else None
            payment.state, payment.asked_at, payment.payment_id = state, asked_at, payment_id
            payment.paid_minor, payment.paid_at = (1060, now) if payment_id else (None, None)
    found = {asked[each] for each in db.session.scalars(unsettled_payments())}
    assert found == {"asked for", "open", "pending"}
