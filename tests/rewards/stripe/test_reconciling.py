"""`rewards reconcile` finds what lost webhooks would have said; `probe-stripe` tries all of it in a test account."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.points.audit import audit_ledger
from portal.rewards import redeeming
from portal.rewards.models import Redemption
from portal.rewards.stripe.models import CashPayment, CodeState, PaymentState, PromotionGiven
from portal.rewards.stripe.port import Stripe
from tests.rewards.stripe.factories import a_fleece, a_promotion, redeemed
from tests.rewards.stripe.telling import Telling


def run(app: Flask, *command: str) -> tuple[int, str]:
    db.session.remove()
    ran = app.test_cli_runner().invoke(args=["rewards", *command])
    return ran.exit_code, ran.output


def cancel(redemption_id: str) -> None:
    with unit_of_work():
        redeeming.cancel(db.session.get_one(Redemption, redemption_id), now=clock.now())


def test_where_all_agrees_there_is_nothing_to_say(app: Flask, stripe: Telling) -> None:
    paid, open_, code = redeemed(a_fleece()).id, redeemed(a_fleece()).id, redeemed(a_promotion()).id
    stripe.pay(paid)
    stripe.address_to_pay(open_)
    stripe.tell()
    assert run(app, "reconcile") == (0, "0 differences, 0 left.\n")
    assert code


def test_what_lost_webhooks_would_have_said_is_found_and_mended(app: Flask, stripe: Telling) -> None:
    paid, over, late, code = (
        redeemed(a_fleece()).id, redeemed(a_fleece()).id, redeemed(a_fleece()).id, redeemed(a_promotion()).id,
    )  # fmt: skip
    stripe.pay(paid)
    stripe.address_to_pay(over)
    stripe.server.ask("POST", f"/v1/checkout/sessions/{db.session.get_one(CashPayment, over).session_id}/expire")
    stripe.pay(late)
    cancel(late)
    stripe.pass_time(minutes=3)
    status, said = run(app, "reconcile")
    assert status == 1, said
    assert f"{paid}: we had awaiting_payment, payment open; Stripe: fulfilled, payment paid: mended" in said
    assert f"{over}: we had awaiting_payment, payment open; Stripe: cancelled, payment closed: mended" in said
    assert f"{late}: we had cancelled, payment open; Stripe: cancelled, payment returned: mended" in said
    assert f"{code}: we had code wanted; Stripe: no such code; now works: mended" in said
    assert said.count("not heard") == 3
    assert "7 differences, 0 left." in said
    assert run(app, "reconcile")[0] == 0
    stripe.tell()  # and now they come after all
    assert run(app, "reconcile")[0] == 0
    assert sum(each["amount"] for each in stripe.server.all_of("/v1/refunds")) == 1060
    assert audit_ledger()["violations"] == []


def test_what_people_did_at_stripe_by_hand_is_told_and_left_to_people(sqlite_app: Flask, stripe: Telling) -> None:
    paid, code, off = redeemed(a_fleece()).id, redeemed(a_promotion()).id, redeemed(a_promotion()).id
    stripe.pay(paid)
    stripe.tell()
    cancel(off)
    jobs.run_due()
    payment_id = db.session.get_one(CashPayment, paid).payment_id
    stripe.server.ask("POST", "/v1/refunds", payment_intent=payment_id)
    by_code = {each["metadata"]["redemption"]: each["id"] for each in stripe.server.all_of("/v1/promotion_codes")}
    stripe.server.ask("POST", f"/v1/promotion_codes/{by_code[code]}", active=False)
    stripe.server.ask("POST", f"/v1/promotion_codes/{by_code[off]}", active=True)
    status, said = run(sqlite_app, "reconcile")
    assert status == 2
    assert f"{paid}: we had fulfilled, payment paid; Stripe: 1060 returned: NOT MENDED" in said
    assert f"{code}: we had code works; Stripe: switched off: NOT MENDED" in said
    assert f"{off}: we had code off; Stripe: works; now off: mended" in said
    assert db.session.get_one(PromotionGiven, off).state == CodeState.OFF


def test_what_happened_just_now_is_on_its_way_and_not_lost(sqlite_app: Flask, stripe: Telling) -> None:
    paid = redeemed(a_fleece()).id
    stripe.pay(paid)
    assert "not heard" not in run(sqlite_app, "reconcile")[1]
    stripe.pass_time(minutes=3)
    assert "not heard" in run(sqlite_app, "reconcile")[1]


def test_money_that_never_came_back_is_told(sqlite_app: Flask, stripe: Telling) -> None:
    """A bank may refuse a refund days after Stripe took it on."""
    paid = redeemed(a_fleece()).id
    stripe.pay(paid)
    stripe.tell()
    with unit_of_work():
        payment = db.session.get_one(CashPayment, paid)
        payment.state, payment.refund_id, payment.returned_at = PaymentState.RETURNED, "re_1", clock.now()
    status, said = run(sqlite_app, "reconcile")
    assert (status, f"{paid}: we had fulfilled, payment returned; Stripe: 0 returned: NOT MENDED" in said) == (2, True)


def test_another_amount_needs_a_person(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece()).id
    stripe.pay(mine)
    with unit_of_work():
        db.session.get_one(CashPayment, mine).amount_minor = 99
    assert run(sqlite_app, "reconcile")[0] == 1  # found out
    status, said = run(sqlite_app, "reconcile")
    assert (status, "needs a person: NOT MENDED" in said) == (2, True)
    assert db.session.get_one(CashPayment, mine).state == PaymentState.ODD


def test_what_is_odd_stays_a_matter_for_a_person_however_old_it_is(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece()).id
    stripe.pay(mine)
    with unit_of_work():
        db.session.get_one(CashPayment, mine).amount_minor = 99
    stripe.tell()
    stripe.pass_time(days=40)
    status, said = run(sqlite_app, "reconcile")
    assert (status, f"{mine}: we had awaiting_payment, payment odd; Stripe: needs a person" in said) == (2, True)


def test_a_code_that_nobody_switched_off_is_switched_off(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion()).id
    jobs.run_due()
    cancel(mine)
    with unit_of_work():
        db.session.query(jobs.Job).delete()
    status, said = run(sqlite_app, "reconcile")
    assert (status, f"{mine}: we had code off_due; Stripe: works; now off: mended" in said) == (1, True)
    assert [each["active"] for each in stripe.server.all_of("/v1/promotion_codes")] == [False]


def test_what_other_programs_of_the_account_sell_is_no_difference(sqlite_app: Flask, stripe: Telling) -> None:
    price = {"currency": "gbp", "unit_amount": 500, "product_data": {"name": "Tea"}}
    theirs = stripe.server.ask(
        "POST", "/v1/checkout/sessions", mode="payment", client_reference_id="shop-1",
        success_url="http://127.0.0.1:1/", line_items=[{"price_data": price, "quantity": 1}],
    )  # fmt: skip
    stripe.server.pay(theirs["url"])
    stripe.pass_time(minutes=3)
    assert run(sqlite_app, "reconcile") == (0, "0 differences, 0 left.\n")


def test_what_stripe_refuses_to_tell_is_said_and_the_rest_is_asked(sqlite_app: Flask, stripe: Telling) -> None:
    first, second = sorted(redeemed(a_fleece()).id for _each in range(2))
    for each in (first, second):
        stripe.pay(each)
    stripe.server.fail("/v1/checkout/sessions/.*", "status", method="GET", status=402, type="card_error")
    status, said = run(sqlite_app, "reconcile")
    assert (status, f"{first}: we had ?; Stripe: could not be asked" in said) == (2, True)
    assert f"{second}: we had awaiting_payment, payment open; Stripe: fulfilled, payment paid: mended" in said


def test_what_can_not_be_asked_is_said(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_fleece()).id
    stripe.pay(mine)
    stripe.server.fail("/v1/.*", "status", method="GET", status=503, times=9)
    status, said = run(sqlite_app, "reconcile")
    assert (status, f"{mine}: we had ?; Stripe: could not be asked" in said) == (2, True)
    stripe.server.fail("/v1/.*", "status", method="GET", status=401, times=9)
    sqlite_app.extensions["portal_stripe"] = Stripe("", checkout="https://checkout.stripe.com")
    status, said = run(sqlite_app, "reconcile")
    assert (status, "PORTAL_STRIPE_KEY" in said) == (2, True)


def test_the_probe_tries_everything_and_leaves_nothing_that_works(sqlite_app: Flask, stripe: Telling) -> None:
    status, said = run(sqlite_app, "probe-stripe")
    assert status == 0, said
    assert said.count("ok  ") == 14
    assert [code["active"] for code in stripe.server.all_of("/v1/promotion_codes")] == [False]
    assert [page["status"] for page in stripe.server.all_of("/v1/checkout/sessions")] == ["expired"]
    assert stripe.server.all_of("/v1/coupons") == []


def test_the_probe_says_what_is_otherwise(sqlite_app: Flask, stripe: Telling) -> None:
    stripe.server.fail("/v1/promotion_codes", "status", status=400, type="invalid_request_error")
    status, said = run(sqlite_app, "probe-stripe")
    assert (status, "NO  StripeRefused" in said) == (1, True)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/customers"), ("POST", "/v1/refunds")])
def test_the_probe_finds_a_right_that_a_restricted_key_lacks(
    sqlite_app: Flask, stripe: Telling, method: str, path: str
) -> None:
    stripe.server.fail(path, "status", method=method, status=403, type="invalid_request_error")
    status, said = run(sqlite_app, "probe-stripe")
    assert (status, "look at its rights" in said) == (1, True)


def test_without_a_key_the_probe_says_what_to_set(sqlite_app: Flask, stripe: Telling) -> None:
    sqlite_app.extensions["portal_stripe"] = Stripe("", checkout=stripe.server.url)
    status, said = run(sqlite_app, "probe-stripe")
    assert (status, "set PORTAL_STRIPE_KEY" in said) == (2, True)


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_the_probe_refuses_live_keys(sqlite_app: Flask, stripe: Telling, key: str) -> None:
    sqlite_app.extensions["portal_stripe"] = Stripe(key, api=stripe.server.url, checkout=stripe.server.url)
    assert run(sqlite_app, "probe-stripe")[0] == 2
    assert stripe.server.requests() == []
