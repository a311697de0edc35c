"""The port against a Stripe that remembers: what it asks, what it is told, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from portal.rewards.stripe.answers import Session, Terms
from portal.rewards.stripe.failures import StripeMisconfigured, StripeRefused, StripeUnknown
from portal.rewards.stripe.port import Stripe
from tests.servers.stripe import KEY, StripeServer

TWENTY_OFF = Terms(percent_off=20, amount_off_minor=None, currency="gbp")
SHORT = (1.0, 0.5)


def port_to(server: StripeServer, key: str = KEY, **more: Any) -> Stripe:
    return Stripe(key, api=server.url, checkout=server.url, **more)


def soon(**after: int) -> datetime:
    return datetime.now(UTC) + timedelta(**(after or {"minutes": 60}))


def open_session(stripe: Stripe, reference: str = "R1", **changes: Any) -> Session:
    asked: dict[str, Any] = {
        "name": "Mended one-off fleece", "amount_minor": 1060, "currency": "gbp",
        "expires_at": soon(), "success_url": "http://127.0.0.1:1/back", "cancel_url": "http://127.0.0.1:1/redemptions",
    }  # fmt: skip
    return stripe.open_session(reference=reference, **{**asked, **changes})


# Promotion codes


def test_a_promotion_code_works_once_for_one_customer(stripe_server: StripeServer) -> None:
    stripe = port_to(stripe_server)
    ada, bo = stripe_server.add_customer(email="ada@example.org"), stripe_server.add_customer(email="bo@example.org")
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="Twenty per cent off")
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="Twenty per cent off")
    made = stripe.make_promotion_code("twenty", "MEND-7KQ2", reference="R1", expires_at=soon(days=30), customer=ada)
    assert (made.code, made.is_active, made.times_used, made.reference) == ("MEND-7KQ2", True, 0, "R1")

    with pytest.raises(requests.HTTPError):
        stripe_server.use_promotion_code(made.id, customer=bo)
    stripe_server.use_promotion_code(made.id, customer=ada)
    with pytest.raises(requests.HTTPError):
        stripe_server.use_promotion_code(made.id, customer=ada)
    found = stripe.find_promotion_code("mend-7kq2")
    assert found is not None
    assert (found.id, found.is_active, found.times_used) == (made.id, False, 1)


def test_asked_twice_stripe_makes_one_code(stripe_server: StripeServer) -> None:
    stripe, expires_at = port_to(stripe_server), soon(days=30)
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="x")
    codes = [
        stripe.make_promotion_code("twenty", "MEND-1", reference="R1", expires_at=expires_at, customer=None)
        for _ in range(2)
    ]
    assert codes[0] == codes[1]
    assert len(stripe_server.all_of("/v1/promotion_codes")) == 1
    with pytest.raises(StripeRefused, match="idempotency"):
        stripe.make_promotion_code("twenty", "MEND-2", reference="R1", expires_at=expires_at, customer=None)


def test_a_code_that_is_switched_off_works_no_more_and_says_whether_somebody_was_faster(
    stripe_server: StripeServer,
) -> None:
    stripe = port_to(stripe_server)
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="x")
    unused, used = (
        stripe.make_promotion_code("twenty", code, reference=code, expires_at=soon(days=3), customer=None)
        for code in ("MEND-1", "MEND-2")
    )
    stripe_server.use_promotion_code(used.id)
    assert stripe.switch_off(unused.id).times_used == 0
    assert stripe.switch_off(used.id).times_used == 1
    with pytest.raises(requests.HTTPError):
        stripe_server.use_promotion_code(unused.id)


def test_a_fixed_amount_off_names_its_currency(stripe_server: StripeServer) -> None:
    terms = Terms(percent_off=None, amount_off_minor=500, currency="gbp")
    port_to(stripe_server).ensure_coupon("five", terms, name="Five pounds off")
    coupon = stripe_server.ask("GET", "/v1/coupons/five")
    assert (coupon["amount_off"], coupon["currency"], coupon["percent_off"]) == (500, "gbp", None)


def test_two_workers_that_miss_a_coupon_at_once_make_one(stripe_server: StripeServer) -> None:
    stripe = port_to(stripe_server)
    for _worker in range(2):
        stripe_server.fail("/v1/coupons/twenty", "status", method="GET", status=404, type="invalid_request_error")
        stripe.ensure_coupon("twenty", TWENTY_OFF, name="x")
    assert len(stripe_server.all_of("/v1/coupons")) == 1


def test_what_stripe_refuses_is_refused(stripe_server: StripeServer) -> None:
    stripe = port_to(stripe_server)
    with pytest.raises(StripeRefused, match="resource_missing"):
        stripe.make_promotion_code("nothing", "MEND-1", reference="R1", expires_at=soon(days=3), customer=None)
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="x")
    stripe.make_promotion_code("twenty", "MEND-1", reference="R1", expires_at=soon(days=3), customer=None)
    with pytest.raises(StripeRefused, match="resource_already_exists"):
        stripe.make_promotion_code("twenty", "mend-1", reference="R2", expires_at=soon(days=3), customer=None)


# Checkout


def test_a_session_is_paid_on_its_page_and_nowhere_else(stripe_server: StripeServer) -> None:
    stripe = port_to(stripe_server)
    session = open_session(stripe)
    assert (session.is_open, session.is_paid, session.amount_minor, session.currency) == (True, False, 1060, "gbp")
    assert session.url is not None
    assert stripe_server.pay(session.url, "poor_card").startswith("/c/pay/")
    assert not stripe.session(session.id).is_complete
    assert stripe_server.pay(session.url) == "http://127.0.0.1:1/back"
    paid = stripe.session(session.id)
    assert (paid.is_open, paid.is_paid, paid.url, paid.reference) == (False, True, None, "R1")
    assert stripe.find_session("R1", opened_after=soon(minutes=-1)) == paid
    assert stripe.find_session("R2", opened_after=soon(minutes=-1)) is None


def test_a_page_takes_cards_only_and_its_payment_names_the_redemption(
    stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    really = requests.Session.request

    def request(session: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
        sent.append(str(more.get("data")))
        return really(session, method, url, **more)

    monkeypatch.setattr(requests.Session, "request", request)
    open_session(port_to(stripe_server))
    (asked,) = (parse_qs(each) for each in sent if "line_items" in each)
    assert [value for name, value in asked.items() if name.startswith("payment_method_types")] == [["card"]]
    assert asked["payment_intent_data[metadata][redemption]"] == ["R1"]


@pytest.mark.parametrize(("minutes", "is_found"), [(4, True), (6, False)])
def test_a_page_is_found_though_stripes_clock_is_minutes_behind_ours(
    stripe_server: StripeServer, minutes: int, is_found: bool
) -> None:
    stripe = port_to(stripe_server)
    open_session(stripe)
    assert (stripe.find_session("R1", opened_after=soon(minutes=minutes)) is not None) == is_found


def test_a_refund_that_failed_has_returned_nothing(
    stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Source: docs.stripe.com/api/refunds/object, `status`; the imitation's refunds all succeed."""
    stripe = port_to(stripe_server)
    made = [(1000, "failed"), (200, "canceled"), (30, "pending"), (4, "succeeded")]
    listed = SimpleNamespace(data=[SimpleNamespace(amount=amount, status=status) for amount, status in made])
    monkeypatch.setattr(type(stripe._client.v1.refunds), "list", lambda _refunds, _asked: listed)
    assert stripe.returned_minor("pi_1") == 34


def test_expiring_says_when_somebody_paid_meanwhile(stripe_server: StripeServer) -> None:
    stripe = port_to(stripe_server)
    abandoned, paid = open_session(stripe, "R1"), open_session(stripe, "R2")
    assert paid.url is not None
    stripe_server.pay(paid.url)
    assert not stripe.expire(abandoned.id).is_open
    assert not stripe.expire(abandoned.id).is_paid  # again: nothing new
    assert stripe.expire(paid.id).is_paid


def test_a_bank_that_takes_days_is_complete_and_not_paid(stripe_server: StripeServer) -> None:
    stripe = port_to(stripe_server)
    session = open_session(stripe)
    assert session.url is not None
    stripe_server.pay(session.url, "later")
    pending = stripe.session(session.id)
    assert (pending.is_complete, pending.is_paid) == (True, False)
    stripe_server.settle(session.id, succeeded=True)
    assert stripe.session(session.id).is_paid


def test_money_goes_back_once(stripe_server: StripeServer) -> None:
    stripe = port_to(stripe_server)
    session = open_session(stripe)
    assert session.url is not None
    stripe_server.pay(session.url)
    payment_id = stripe.session(session.id).payment_id
    assert payment_id is not None
    first = stripe.refund(payment_id, reference="R1")
    assert stripe.refund(payment_id, reference="R1") == first
    stripe_server.forget_idempotency_keys()
    assert stripe.refund(payment_id, reference="R1") == "charge_already_refunded"
    assert [refund["amount"] for refund in stripe_server.all_of("/v1/refunds")] == [1060]


def test_a_session_lasts_half_an_hour_at_least(stripe_server: StripeServer) -> None:
    with pytest.raises(StripeRefused):
        open_session(port_to(stripe_server), expires_at=soon(minutes=29))


def test_a_page_somewhere_else_is_not_followed(stripe_server: StripeServer) -> None:
    stripe = Stripe(KEY, api=stripe_server.url, checkout="https://checkout.stripe.com")
    with pytest.raises(StripeMisconfigured, match="checkout_elsewhere"):
        open_session(stripe)


# Trouble


NOBODY_CAN_TELL: list[dict[str, Any]] = [
    *[{"mode": "status", "status": status} for status in (429, 500, 503)],
    {"mode": "status", "status": 409, "more": {"code": "idempotency_key_in_use"}},
    {"mode": "drop"},
    {"mode": "late", "seconds": 2},
    {"mode": "act_then_drop"},
    {"mode": "act_then_hang", "seconds": 2},
]


@pytest.mark.parametrize("how", NOBODY_CAN_TELL)
def test_what_nobody_can_tell_is_unknown(stripe_server: StripeServer, how: dict[str, Any]) -> None:
    stripe_server.fail("/v1/checkout/sessions", **how)
    stripe = port_to(stripe_server, timeout_seconds=SHORT)
    with pytest.raises(StripeUnknown):
        open_session(stripe)
    arrived = stripe_server.requests("/v1/checkout/sessions", "POST")
    assert len(arrived) == 1  # the library did not try again by itself
    assert arrived[0]["idempotency_key"] == "checkout:R1"


def test_an_answer_that_got_lost_is_found_by_asking_or_by_its_key(stripe_server: StripeServer) -> None:
    stripe, expires_at = port_to(stripe_server), soon()
    stripe_server.fail("/v1/checkout/sessions", "act_then_drop")
    with pytest.raises(StripeUnknown):
        open_session(stripe, expires_at=expires_at)
    found = stripe.find_session("R1", opened_after=soon(minutes=-1))
    assert found == open_session(stripe, expires_at=expires_at)
    assert len(stripe_server.all_of("/v1/checkout/sessions")) == 1


def test_nobody_listening_is_unknown() -> None:
    with pytest.raises(StripeUnknown):
        open_session(Stripe(KEY, api="http://127.0.0.1:9", checkout="http://127.0.0.1:9", timeout_seconds=SHORT))


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_let_in_is_a_matter_of_settings(stripe_server: StripeServer, status: int) -> None:
    stripe_server.fail("/v1/checkout/sessions", "status", status=status)
    with pytest.raises(StripeMisconfigured):
        open_session(port_to(stripe_server))


@pytest.mark.parametrize("ask", [lambda s: s.session("cs_1"), lambda s: s.account(), open_session])
def test_without_a_key_stripe_is_not_asked(stripe_server: StripeServer, ask: Callable[[Stripe], object]) -> None:
    with pytest.raises(StripeMisconfigured, match="no_key"):
        ask(port_to(stripe_server, key=""))
    assert stripe_server.requests() == []


def test_live_keys_are_told_from_test_keys() -> None:
    keys = {"sk_test_1": False, "rk_test_1": False, "sk_live_1": True, "rk_live_1": True, "": False}
    assert {key: Stripe(key, checkout="https://c.example").is_live for key in keys} == keys
