"""Points plus cash and promotions as people meet them: price, payment, waiting, and what staff say about them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import jobs
from portal.points.queries import balances
from portal.rewards.models import Redemption, Reward
from portal.rewards.stripe.models import CashPayment, PromotionTerms
from portal.rewards.stripe.port import Stripe
from tests.accounts.factories import a_marketer
from tests.rewards.factories import ADDRESS, a_person_with_points
from tests.rewards.stripe.factories import a_blanket, a_fleece, a_promotion, redeemed
from tests.rewards.stripe.telling import Telling

pytestmark = pytest.mark.usefixtures("sqlite_app")


def hidden(page: str) -> dict[str, str]:
    """What the confirmation sends unseen."""
    return dict(re.findall(r'name="(idempotency_key|price_points|cash_minor)"[^>]*value="([^"]*)"', page))


def redeem(browser: FlaskClient, reward: Reward, **changes: str) -> str:
    page = browser.get(f"/rewards/{reward.id}/redeem").text
    answer = browser.post(f"/rewards/{reward.id}/redeem", data={**hidden(page), **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_the_price_is_said_in_both_before_anything_is_taken(client_of, stripe: Telling) -> None:
    ada, fleece = a_person_with_points(150), a_fleece()
    browser = client_of(ada)
    assert "+ £10.60" in browser.get("/rewards").text
    assert "+ £10.60" in browser.get(f"/rewards/{fleece.id}").text
    page = browser.get(f"/rewards/{fleece.id}/redeem").text
    assert "Pay £10.60 and redeem" in page
    assert "held for you for 30 minutes" in page
    assert stripe.server.requests() == []


def test_where_it_is_sent_is_asked_before_anything_is_paid(client_of, stripe: Telling) -> None:
    ada, blanket = a_person_with_points(150), a_blanket()
    browser, at = client_of(ada), f"/rewards/{blanket.id}/redeem"
    page = browser.get(at).text
    assert "Street and number" in page
    refused = browser.post(at, data={**hidden(page), **ADDRESS, "postcode": "nowhere"})
    assert refused.status_code == 422
    assert "This is no postcode of that country" in refused.text
    assert stripe.server.requests() == []
    assert balances(ada.id).available == 150

    pay_at = redeem(browser, blanket, **ADDRESS)
    stripe.server.pay(pay_at)
    stripe.tell()
    jobs.run_due()
    mine = db.session.scalars(select(Redemption)).one()
    page = browser.get(f"/redemptions/{mine.id}").text
    assert "It waits to be packed" in page
    assert "4 Example Row" in page
    assert "give my points and my money back" in page
    desk = client_of(a_marketer())
    assert "4 Example Row" in desk.post("/staff/orders/packing.csv").text
    assert browser.post(f"/redemptions/{mine.id}/cancel").status_code == 303
    jobs.run_due()
    payment = db.session.get_one(CashPayment, mine.id)
    db.session.refresh(payment)
    assert (payment.state, balances(ada.id).available) == ("returned", 150)
    assert "4 Example Row" not in desk.post("/staff/orders/packing.csv").text


def test_redeeming_leads_to_stripe_and_the_way_back_waits(client_of, stripe: Telling) -> None:
    ada, fleece = a_person_with_points(150), a_fleece()
    browser = client_of(ada)
    pay_at = redeem(browser, fleece)
    assert pay_at.startswith(f"{stripe.server.url}/c/pay/")
    back = stripe.server.pay(pay_at)
    assert back.startswith("http://127.0.0.1:8000/redemptions/")
    mine = back.removeprefix("http://127.0.0.1:8000")
    page = browser.get(mine).text
    assert "We are waiting for the payment" in page
    assert 'http-equiv="refresh"' in page
    assert "FLEECE-" not in page
    piece = mine.partition("?")[0] + "/payment"
    assert "We are waiting" in browser.get(piece).text

    stripe.tell()
    answer = browser.get(piece)
    assert answer.headers["HX-Redirect"] == mine.partition("?")[0]
    page = browser.get(mine).text
    assert "Show my code" in page
    assert "We are waiting" not in page
    assert "FLEECE-" in browser.get(browser.post(mine.partition("?")[0] + "/reveal").location).text


def test_coming_back_proves_nothing(client_of, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    ada = db.session.get_one(Person, mine.person_id)
    page = client_of(ada).get(f"/redemptions/{mine.id}?from=payment&session_id=cs_test_1&paid=1").text
    assert "We are waiting for the payment" in page
    jobs.run_due()
    assert db.session.get_one(Redemption, mine.id).state == "awaiting_payment"


def test_without_paying_it_is_offered_again_and_can_be_given_back(client_of, stripe: Telling) -> None:
    mine = redeemed(a_fleece())
    browser = client_of(db.session.get_one(Person, mine.person_id))
    page = browser.get(f"/redemptions/{mine.id}").text
    assert "Pay £10.60" in page
    assert "Held for you" in page
    first = browser.post(f"/redemptions/{mine.id}/pay").location
    assert first == browser.post(f"/redemptions/{mine.id}/pay").location
    assert browser.post(f"/redemptions/{mine.id}/cancel").status_code == 303
    assert balances(mine.person_id).available == 100
    answer = browser.post(f"/redemptions/{mine.id}/pay")
    assert answer.status_code == 409
    assert "Nothing is to be paid here any more" in answer.text


def test_while_stripe_is_away_the_page_says_so_and_keeps_it(client_of, stripe: Telling) -> None:
    ada, fleece = a_person_with_points(100), a_fleece()
    stripe.server.fail("/v1/checkout/sessions", "status", status=503, times=2)
    browser = client_of(ada)
    mine = redeem(browser, fleece)
    assert mine.startswith("/redemptions/")  # not to Stripe: its page does not open
    answer = browser.post(f"{mine}/pay")
    assert answer.status_code == 503
    assert "The payment page does not open" in answer.text
    assert "Pay £10.60" in answer.text
    assert browser.post(f"{mine}/pay").status_code == 303


def test_the_form_may_lead_to_the_payment_page_and_nowhere_else(sqlite_app: Flask, client_of, stripe: Telling) -> None:
    policy = client_of(a_person_with_points(1)).get("/rewards").headers["Content-Security-Policy"]
    targets = re.search(r"form-action ([^;]*)", policy)
    assert targets
    assert sqlite_app.config["SETTINGS"].sandbox_url in targets[1].split()
    assert "https://checkout.stripe.com" not in targets[1]  # no key, so Stripe's part is the sandbox's


def test_a_new_price_in_money_is_shown_before_it_is_paid(client_of, stripe: Telling) -> None:
    ada, fleece, staff = a_person_with_points(100), a_fleece(), a_marketer()
    browser = client_of(ada)
    page = browser.get(f"/rewards/{fleece.id}/redeem").text
    client_of(staff).post(f"/staff/rewards/{fleece.id}/cash", data={"amount": "99"})
    answer = browser.post(f"/rewards/{fleece.id}/redeem", data=hidden(page))
    assert answer.status_code == 409
    assert "The price has changed" in answer.text
    assert "Pay £99.00 and redeem" in answer.text
    assert hidden(answer.text)["cash_minor"] == "9900"
    assert balances(ada.id).available == 100


def test_strangers_can_not_pay_or_watch(client_of, stripe: Telling) -> None:
    mine, stranger = redeemed(a_fleece()), client_of(a_person_with_points(1))
    assert stranger.post(f"/redemptions/{mine.id}/pay").status_code == 404
    assert stranger.get(f"/redemptions/{mine.id}/payment").status_code == 404
    assert stripe.server.requests() == []


def test_a_promotion_is_made_while_its_page_waits(client_of, stripe: Telling) -> None:
    ada, reward = a_person_with_points(100), a_promotion()
    browser = client_of(ada)
    mine = redeem(browser, reward)
    page = browser.get(mine).text
    assert "The shop is making your code" in page
    jobs.run_due()
    assert "Your code works once, until" in browser.get(mine).text
    (made,) = stripe.server.all_of("/v1/promotion_codes")
    assert made["code"] not in browser.get(mine).text
    assert made["code"] in browser.get(browser.post(f"{mine}/reveal").location).text


# Staff


def a_new(browser: FlaskClient, kind: str) -> str:
    form = {
        "kind": kind, "name": "A new one", "summary": "x", "price_points": "10", "per_person_max": "1",
        "idempotency_key": kind,
    }  # fmt: skip
    answer = browser.post("/staff/rewards/new", data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_staff_say_what_a_promotion_gives_before_it_is_listed(client_of, stripe: Telling) -> None:
    browser = client_of(a_marketer())
    reward = a_new(browser, "promotion")
    assert "Say first what the code gives" in browser.post(f"{reward}/list").text
    for wrong in ({}, {"percent_off": "10", "amount_off": "5"}, {"percent_off": "101"}, {"coupon_id": "a b"}):
        answer = browser.post(f"{reward}/promotion", data={"valid_days": "30", **wrong})
        assert answer.status_code == 422, wrong
    form = {"amount_off": "5.50", "valid_days": "30", "for_customer": "y"}
    assert browser.post(f"{reward}/promotion", data=form).status_code == 303
    terms = db.session.get_one(PromotionTerms, reward.rpartition("/")[2])
    assert (terms.amount_off_minor, terms.currency, terms.valid_days, terms.for_customer) == (550, "gbp", 30, True)
    assert 'value="5.50"' in browser.get(reward).text
    assert browser.post(f"{reward}/list").status_code == 303


def test_staff_say_what_is_paid_before_it_is_listed(client_of, stripe: Telling) -> None:
    browser = client_of(a_marketer())
    reward = a_new(browser, "points_plus_cash")
    assert "Say first how much is paid" in browser.post(f"{reward}/list").text
    for wrong in ("", "0.49", "10000", "ten", "1e400", "-5"):
        assert browser.post(f"{reward}/cash", data={"amount": wrong}).status_code == 422, wrong
    assert browser.post(f"{reward}/cash", data={"amount": "10.60"}).status_code == 303
    assert browser.post(f"{reward}/codes", data={"codes": "AAA-1"}).status_code == 303
    assert browser.post(f"{reward}/list").status_code == 303
    assert 'value="10.60"' in browser.get(reward).text


def test_without_stripe_neither_can_be_listed(sqlite_app: Flask, client_of, stripe: Telling) -> None:
    browser = client_of(a_marketer())
    promotion, fleece = a_new(browser, "promotion"), a_new(browser, "points_plus_cash")
    browser.post(f"{promotion}/promotion", data={"percent_off": "10", "valid_days": "30"})
    browser.post(f"{fleece}/cash", data={"amount": "10"})
    sqlite_app.extensions["portal_stripe"] = Stripe("", checkout="https://checkout.stripe.com")
    for reward in (promotion, fleece):
        assert "No Stripe account is set up" in browser.get(reward).text
        answer = browser.post(f"{reward}/list")
        assert answer.status_code == 409
        assert "No Stripe account is set up, so" in answer.text


def test_who_has_redeemed_pays_what_they_saw(client_of, stripe: Telling) -> None:
    fleece = a_fleece()
    mine = redeemed(fleece)
    client_of(a_marketer()).post(f"/staff/rewards/{fleece.id}/cash", data={"amount": "99"})
    assert db.session.get_one(CashPayment, mine.id).amount_minor == 1060
    stripe.pay(mine.id)
    stripe.tell()
    assert db.session.get_one(Redemption, mine.id).state == "fulfilled"
