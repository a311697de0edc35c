"""The port to Stripe: what the portal asks for, what it is told, and the three ways in which that can fail.

Stripe's own exceptions end here. *Refused*: Stripe says no, and nothing was done. *Unknown*: nobody can say whether it
was done (time ran out, the connection broke, Stripe was down or busy); it is asked before it is tried again (PROMISES
P-27). *Misconfigured*: the key, its rights or the address are wrong; people wait until the operator has mended it.

No transaction may be open while these methods run. Money is in the currency's smallest unit, as Stripe counts it.
Sources: docs.stripe.com/api/errors, /api/idempotent_requests, /api/checkout/sessions, /api/promotion_codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

import stripe

CONNECT_SECONDS, READ_SECONDS = 4.0, 10.0
EVENTS_MAX = 10_000
LISTED_MAX = 1000
"""So many sessions are looked through for one; more than a shop opens in an hour."""
CLOCKS_APART = timedelta(minutes=5)
"""Stripe's clock may be so far from ours."""
REFERENCE = "redemption"
"""Metadata under which Stripe keeps our redemption's id."""

Found = TypeVar("Found")


class StripeFailed(Exception):
    """Stripe could not be used; `code` is for logs and pages of staff, and holds nothing secret."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StripeRefused(StripeFailed):
    """Stripe said no: nothing was done, and asking again changes nothing."""


class StripeUnknown(StripeFailed):
    """Nobody can say whether it was done."""


class StripeMisconfigured(StripeFailed):
    """The portal is not let in, or has no key at all."""


@dataclass(frozen=True)
class Terms:
    """What a promotion code gives: one of the two, and how long it works."""

    percent_off: int | None
    amount_off_minor: int | None
    currency: str


@dataclass(frozen=True)
class PromotionCode:
    """A code of the brand's shop as Stripe has it."""

    id: str
    code: str
    is_active: bool
    """It is switched on, unused, and has not run out."""
    times_used: int
    reference: str
    """The redemption that it was made for; empty for codes that the portal did not make."""
    expires_at: datetime | None


@dataclass(frozen=True)
class Session:
    """A Checkout session as Stripe has it."""

    id: str
    url: str | None
    """Where it is paid; None when it is over."""
    is_open: bool
    is_complete: bool
    is_paid: bool
    """The money is there. A complete session that is not paid waits for a bank."""
    amount_minor: int
    currency: str
    payment_id: str | None
    """The payment intent, once there is one: what a refund names."""
    reference: str
    """The redemption that it was opened for; empty for sessions that the portal did not open."""


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
        with _sorted_errors():
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
        with _sorted_errors():
            self._in()
            made = self._client.v1.promotion_codes.create(wanted, {"idempotency_key": f"promotion:{reference}"})  # type: ignore[arg-type]
            return _promotion_code(made)

    def find_promotion_code(self, code: str) -> PromotionCode | None:
        """What Stripe knows by that code, active or not; the newest. Raises StripeUnknown, StripeMisconfigured."""
        with _sorted_errors():
            self._in()
            listed = self._client.v1.promotion_codes.list({"code": code, "limit": 1}).data
            return _promotion_code(listed[0]) if listed else None

    def switch_off(self, promotion_id: str) -> PromotionCode:
        """Let nobody use the code any more; as it is afterwards: `times_used` says whether somebody was faster.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        with _sorted_errors():
            self._in()
            return _promotion_code(self._client.v1.promotion_codes.update(promotion_id, {"active": False}))

    def find_customer(self, email: str) -> str | None:
        """The one customer with this address; None where Stripe knows none, or several.

        Raises StripeUnknown, StripeMisconfigured.
        """
        with _sorted_errors():
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
        with _sorted_errors():
            self._in()
            opened = self._client.v1.checkout.sessions.create(wanted, {"idempotency_key": f"checkout:{reference}"})  # type: ignore[arg-type]
        session = _session(opened)
        if session.url is not None and _origin_of(session.url) != self.checkout:
            raise StripeMisconfigured("checkout_elsewhere")
        return session

    def session(self, session_id: str) -> Session:
        """The session as it is now. Raises StripeRefused, StripeUnknown, StripeMisconfigured."""
        with _sorted_errors():
            self._in()
            return _session(self._client.v1.checkout.sessions.retrieve(session_id))

    def find_session(self, reference: str, *, opened_after: datetime) -> Session | None:
        """The session that was opened for `reference`; Stripe can't be asked for it, so the list is looked through.

        Raises StripeUnknown, StripeMisconfigured.
        """
        since = int((opened_after - CLOCKS_APART).timestamp())
        with _sorted_errors():
            self._in()
            listed = self._client.v1.checkout.sessions.list({"created": {"gte": since}, "limit": 100})
            for session in islice(listed.auto_paging_iter(), LISTED_MAX):
                if session.client_reference_id == reference:
                    return _session(session)
        return None

    def expire(self, session_id: str) -> Session:
        """Close the page; as the session is afterwards. Somebody who paid meanwhile has paid: look at `is_paid`.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        with _sorted_errors():
            self._in()
            try:
                return _session(self._client.v1.checkout.sessions.expire(session_id))
            except stripe.InvalidRequestError:  # only an open one can be expired: complete or expired already
                return _session(self._client.v1.checkout.sessions.retrieve(session_id))

    def refund(self, payment_id: str, *, reference: str) -> str:
        """Give all the money back; asked again, the first answer. The refund's id, or `charge_already_refunded`.

        Raises StripeRefused, StripeUnknown, StripeMisconfigured.
        """
        wanted: dict[str, Any] = {"payment_intent": payment_id, "metadata": {REFERENCE: reference}}
        with _sorted_errors():
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
        with _sorted_errors():
            self._in()
            made = self._client.v1.refunds.list({"payment_intent": payment_id, "limit": 100}).data
            return sum(refund.amount for refund in made if refund.status not in ("failed", "canceled"))

    def events(self, kinds: Sequence[str], *, since: datetime) -> Iterator[dict[str, Any]]:
        """What happened, newest first; Stripe keeps it for thirty days. Raises StripeUnknown, StripeMisconfigured."""
        asked: dict[str, Any] = {"types": list(kinds), "created": {"gte": int(since.timestamp())}, "limit": 100}
        with _sorted_errors():
            self._in()
            listed = self._client.v1.events.list(asked)  # type: ignore[arg-type]
            for event in islice(listed.auto_paging_iter(), EVENTS_MAX):
                yield event.to_dict()

    def forget_coupon(self, coupon_id: str) -> None:
        """Delete a coupon; codes that hang on it work no more. Raises StripeRefused, StripeUnknown …"""
        with _sorted_errors():
            self._in()
            self._client.v1.coupons.delete(coupon_id)

    def account(self) -> str:
        """One harmless question, to see whether the key is good. Raises StripeUnknown, StripeMisconfigured."""
        with _sorted_errors():
            self._in()
            self._client.v1.promotion_codes.list({"limit": 1})
        return "live" if self.is_live else "test"

    def _in(self) -> None:
        if not self.has_key:
            raise StripeMisconfigured("no_key")


@contextmanager
def _sorted_errors() -> Iterator[None]:
    """Each of Stripe's errors as one of ours. Its text may quote what was sent, so only codes go on."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise StripeMisconfigured(_code_of(error, "not_let_in")) from None
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise StripeUnknown(_code_of(error, type(error).__name__)) from None
    except stripe.IdempotencyError as error:
        raise StripeRefused(_code_of(error, "idempotency_key_reused")) from None
    except stripe.InvalidRequestError as error:
        if error.http_status == 409 or error.code == "idempotency_key_in_use":
            raise StripeUnknown("in_progress") from None
        raise StripeRefused(_code_of(error, "invalid_request")) from None
    except stripe.StripeError as error:
        raise StripeRefused(_code_of(error, type(error).__name__)) from None


def _code_of(error: stripe.StripeError, otherwise: str) -> str:
    return str(error.code or otherwise)


def _promotion_code(made: Any) -> PromotionCode:
    return PromotionCode(
        id=made.id, code=made.code, is_active=bool(made.active), times_used=int(made.times_redeemed),
        reference=_reference(made.metadata),
        expires_at=datetime.fromtimestamp(made.expires_at, UTC) if made.expires_at else None,
    )  # fmt: skip


def _session(given: Any) -> Session:
    payment = given.payment_intent
    return Session(
        id=given.id, url=given.url, is_open=given.status == "open", is_complete=given.status == "complete",
        is_paid=given.status == "complete" and given.payment_status == "paid",
        amount_minor=int(given.amount_total or 0), currency=str(given.currency or "").lower(),
        payment_id=payment if isinstance(payment, str) or payment is None else payment.id,
        reference=given.client_reference_id or "",
    )  # fmt: skip


def _reference(metadata: Any) -> str:
    return str(metadata.to_dict().get(REFERENCE, "")) if metadata else ""


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
