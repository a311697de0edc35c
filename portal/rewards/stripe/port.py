"""The port to Stripe: what the portal asks it for. What it answers is in `answers`, how it can fail in `failures`.

No transaction may be open while these methods run. Money is in the currency's smallest unit, as Stripe counts it.
Sources: docs.stripe.com/api/idempotent_requests, /api/checkout/sessions, /api/promotion_codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import stripe

from portal.rewards.stripe.answers import REFERENCE, PromotionCode, Session, Terms, promotion_code_of, session_of
from portal.rewards.stripe.failures import StripeMisconfigured, sorted_errors

CONNECT_SECONDS, READ_SECONDS = 4.0, 10.0
EVENTS_MAX = 10_000
LISTED_MAX = 1000
"""So many sessions are looked through for one; more than a shop opens in an hour."""
CLOCKS_APART = timedelta(minutes=5)
"""Stripe's clock may be so far from ours."""


class Stripe:
    """One Stripe account. `api` and `checkout` are origins: where it is asked, and where people pay."""

    def __init__(
        self,
        key: str,
        *,
        checkout: str,
        api: str | None = None,
        timeout_seconds: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        self.checkout = checkout
        self.address = api or "https://api.stripe.com"
        self.is_live = "_live_" in key
        self.has_key = bool(key)
        self._client = stripe.StripeClient(
            key or "none",
            base_addresses={"api": api} if api else {},
            max_network_retries=0,  # whether to try again is for the job to say, which asks first
            http_client=stripe.RequestsClient(timeout=timeout_seconds),
        )

    # Promotion codes

    def ensure_coupon(self, coupon_id: str, terms: Terms, *, name: str) -> None:
        """The coupon behind a reward's codes, made where it is missing; Stripe's codes all hang on one.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        wanted: dict[str, Any] = {"id": coupon_id, "duration": "once", "name": name[:40]}
        if terms.percent_off is not None:
            wanted["percent_off"] = terms.percent_off
        else:
            wanted |= {"amount_off": terms.amount_off_minor, "currency": terms.currency}
        with sorted_errors():
            self._in()
            try:
                self._client.v1.coupons.retrieve(coupon_id)
            except stripe.InvalidRequestError as missing:
                if missing.code != "resource_missing" and missing.http_status != 404:
                    raise
                self._client.v1.coupons.create(wanted, {"idempotency_key": f"coupon:{coupon_id}"})  # type: ignore[arg-type]

    def make_promotion_code(
        self, coupon_id: str, code: str, *, reference: str, expires_at: datetime, customer: str | None
    ) -> PromotionCode:
        """A code that works once, until `expires_at`; asked again with the same `reference`, the first answer.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        wanted: dict[str, Any] = {
            "promotion": {"type": "coupon", "coupon": coupon_id},
            "code": code,
            "max_redemptions": 1,
            "expires_at": int(expires_at.timestamp()),
            "metadata": {REFERENCE: reference},
        }
        if customer:
            wanted["customer"] = customer
        with sorted_errors():
            self._in()
            made = self._client.v1.promotion_codes.create(wanted, {"idempotency_key": f"promotion:{reference}"})  # type: ignore[arg-type]
            return promotion_code_of(made)

    def find_promotion_code(self, code: str) -> PromotionCode | None:
        """What Stripe knows by that code, active or not; the newest. Raises StripeUnknown, StripeMisconfigured."""
        with sorted_errors():
            self._in()
            listed = self._client.v1.promotion_codes.list({"code": code, "limit": 1}).data
            return promotion_code_of(listed[0]) if listed else None

    def switch_off(self, promotion_id: str) -> PromotionCode:
        """Let nobody use the code any more; as it is afterwards: `times_used` says whether somebody was faster.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        with sorted_errors():
            self._in()
            return promotion_code_of(self._client.v1.promotion_codes.update(promotion_id, {"active": False}))

    def find_customer(self, email: str) -> str | None:
        """The one customer with this address; None where Stripe knows none, or several.

        Raises StripeUnknown, StripeMisconfigured.
        """
        with sorted_errors():
            self._in()
            listed = self._client.v1.customers.list({"email": email, "limit": 2}).data
            return str(listed[0].id) if len(listed) == 1 else None

    # Checkout

    def open_session(
        self,
        *,
        reference: str,
        name: str,
        amount_minor: int,
        currency: str,
        expires_at: datetime,
        success_url: str,
        cancel_url: str,
    ) -> Session:
        """A page where `amount_minor` is paid by card; asked again with the same `reference`, the same page.

        Cards only: what a bank confirms days later does not fit a thing that is held for half an hour.
        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        price = {"currency": currency, "unit_amount": amount_minor, "product_data": {"name": name}}
        wanted: dict[str, Any] = {
            "mode": "payment",
            "payment_method_types": ["card"],
            "client_reference_id": reference,
            "metadata": {REFERENCE: reference},
            "payment_intent_data": {"metadata": {REFERENCE: reference}},
            "line_items": [{"price_data": price, "quantity": 1}],
            "expires_at": int(expires_at.timestamp()),
            "success_url": success_url,
            "cancel_url": cancel_url,
            "locale": "auto",
        }
        with sorted_errors():
            self._in()
            opened = self._client.v1.checkout.sessions.create(wanted, {"idempotency_key": f"checkout:{reference}"})  # type: ignore[arg-type]
        session = session_of(opened)
        if session.url is not None and _origin_of(session.url) != self.checkout:
            raise StripeMisconfigured("checkout_elsewhere")
        return session

    def session(self, session_id: str) -> Session:
        """The session as it is now. Raises StripeRefused, StripeUnknown, StripeMisconfigured."""
        with sorted_errors():
            self._in()
            return session_of(self._client.v1.checkout.sessions.retrieve(session_id))

    def find_session(self, reference: str, *, opened_after: datetime) -> Session | None:
        """The session that was opened for `reference`; Stripe can't be asked for it, so the list is looked through.

        Raises StripeUnknown, StripeMisconfigured.
        """
        since = int((opened_after - CLOCKS_APART).timestamp())
        with sorted_errors():
            self._in()
            listed = self._client.v1.checkout.sessions.list({"created": {"gte": since}, "limit": 100})
            for session in islice(listed.auto_paging_iter(), LISTED_MAX):
                if session.client_reference_id == reference:
                    return session_of(session)
        return None

    def expire(self, session_id: str) -> Session:
        """Close the page; as the session is afterwards. Somebody who paid meanwhile has paid: look at `is_paid`.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        with sorted_errors():
            self._in()
            try:
                return session_of(self._client.v1.checkout.sessions.expire(session_id))
            except stripe.InvalidRequestError:  # only an open one can be expired: complete or expired already
                return session_of(self._client.v1.checkout.sessions.retrieve(session_id))

    def refund(self, payment_id: str, *, reference: str) -> str:
        """Give all the money back; asked again, the first answer. The refund's id, or `charge_already_refunded`.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        wanted: dict[str, Any] = {"payment_intent": payment_id, "metadata": {REFERENCE: reference}}
        with sorted_errors():
            self._in()
            try:
                made = self._client.v1.refunds.create(wanted, {"idempotency_key": f"refund:{reference}"})  # type: ignore[arg-type]
            except stripe.InvalidRequestError as refusal:
                if refusal.code == "charge_already_refunded":
                    return "charge_already_refunded"
                raise
            return str(made.id)

    def returned_minor(self, payment_id: str) -> int:
        """How much of a payment went back. Raises StripeRefused, StripeUnknown, StripeMisconfigured."""
        with sorted_errors():
            self._in()
            made = self._client.v1.refunds.list({"payment_intent": payment_id, "limit": 100}).data
            return sum(refund.amount for refund in made if refund.status not in ("failed", "canceled"))

    def events(self, kinds: Sequence[str], *, since: datetime) -> Iterator[dict[str, Any]]:
        """What happened, newest first; Stripe keeps it for thirty days. Raises StripeUnknown, StripeMisconfigured."""
        asked: dict[str, Any] = {"types": list(kinds), "created": {"gte": int(since.timestamp())}, "limit": 100}
        with sorted_errors():
            self._in()
            listed = self._client.v1.events.list(asked)  # type: ignore[arg-type]
            for event in islice(listed.auto_paging_iter(), EVENTS_MAX):
                yield event.to_dict()

    def forget_coupon(self, coupon_id: str) -> None:
        """Delete a coupon; codes that hang on it work no more. Raises StripeRefused, StripeUnknown …"""
        with sorted_errors():
            self._in()
            self._client.v1.coupons.delete(coupon_id)

    def account(self) -> str:
        """One harmless question, to see whether the key is good. Raises StripeUnknown, StripeMisconfigured."""
        with sorted_errors():
            self._in()
            self._client.v1.promotion_codes.list({"limit": 1})
        return "live" if self.is_live else "test"

    def _in(self) -> None:
        if not self.has_key:
            raise StripeMisconfigured("no_key")


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
