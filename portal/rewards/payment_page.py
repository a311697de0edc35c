"""Stripe's payment page of a redemption, from its opening to its end.

These functions speak to Stripe: they are called at the edge, with no transaction open, and open their own before and
after. Before the first word to Stripe it is written down that it was asked (`asked_at`), so that whoever comes after a
crash looks for the page before asking for one (PROMISES P-27).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, url_for

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.rewards import paying
from portal.rewards.models import RedemptionState
from portal.rewards.paying import Heard
from portal.rewards.stripe import stripe_now
from portal.rewards.stripe.answers import Session
from portal.rewards.stripe.failures import StripeRefused, StripeUnknown
from portal.rewards.stripe.models import CashPayment, PaymentState
from portal.rewards.stripe.patience import ANOTHER_ACCOUNT


class NotPayable(Exception):
    """Nothing is to be paid for this redemption (any more)."""


@dataclass(frozen=True)
class Wanted:
    """What Stripe is asked for; the same each time, or its idempotency key would not fit."""

    redemption_id: str
    title: str
    amount_minor: int
    currency: str
    closes_at: datetime
    was_asked_at: datetime | None


def address_to_pay(redemption_id: str) -> str:
    """Where the browser goes to pay; opens the page where there is none yet.

    Raises NotPayable, and the port's StripeRefused, StripeUnknown, StripeMisconfigured.
    """
    known, wanted = _prepare(redemption_id)
    if known is not None:
        return known
    session = _find(wanted) or _open(wanted)
    with unit_of_work():
        paying.hear(redemption_id, session, now=clock.now())
    if session.url is None:
        raise NotPayable(redemption_id)
    return session.url


def _prepare(redemption_id: str) -> tuple[str | None, Wanted]:
    now = clock.now()
    with unit_of_work():
        redemption, payment = paying.hold(redemption_id)
        if redemption.state != RedemptionState.AWAITING_PAYMENT or payment.state not in paying.PAYABLE:
            raise NotPayable(redemption_id)
        if redemption.awaits_until is None or redemption.awaits_until <= now:
            raise NotPayable(redemption_id)
        wanted = Wanted(
            redemption_id, payment.title, payment.amount_minor, payment.currency, payment.page_closes_at,
            payment.asked_at,
        )  # fmt: skip
        payment.asked_at = payment.asked_at or now
        return payment.url, wanted


def _find(wanted: Wanted) -> Session | None:
    """The page that Stripe may have made when it was asked before, and whose answer never came."""
    if wanted.was_asked_at is None:
        return None
    return stripe_now().find_session(wanted.redemption_id, opened_after=wanted.was_asked_at)


def _open(wanted: Wanted) -> Session:
    portal = current_app.config["SETTINGS"].public_url
    here = portal + url_for("rewards.redemption", redemption_id=wanted.redemption_id)
    try:
        return stripe_now().open_session(
            reference=wanted.redemption_id, name=wanted.title, amount_minor=wanted.amount_minor,
            currency=wanted.currency, expires_at=wanted.closes_at, success_url=f"{here}?from=payment", cancel_url=here,
        )  # fmt: skip
    except StripeRefused:
        # Its key may have been used with something else, which is then the page.
        found = stripe_now().find_session(wanted.redemption_id, opened_after=clock.now() - paying.PAGE_LASTS)
        if found is None:
            raise
        return found


def ask(redemption_id: str) -> Heard:
    """Ask Stripe how the page stands, and act on it. Raises the port's StripeUnknown, StripeMisconfigured."""
    session = _session_of(redemption_id)
    if session is None:
        return Heard.NOTHING
    with unit_of_work():
        return paying.hear(redemption_id, session, now=clock.now())


def close(redemption_id: str) -> PaymentState:
    """Close the page: nobody can pay any more, and who has paid meanwhile has paid.

    What is known of the payment afterwards. Raises the port's StripeUnknown, StripeMisconfigured.
    """
    session = _session_of(redemption_id)
    if session is not None and session.is_open:
        session = stripe_now().expire(session.id)
    with unit_of_work():
        if session is not None:
            paying.hear(redemption_id, session, now=clock.now())
        return _as_known(redemption_id, is_at_stripe=session is not None)


def _as_known(redemption_id: str, *, is_at_stripe: bool) -> PaymentState:
    _redemption, payment = paying.hold(redemption_id)
    if not is_at_stripe and payment.state in (PaymentState.DUE, PaymentState.OPEN):
        payment.state, payment.url = PaymentState.CLOSED, None
    return PaymentState(payment.state)


def _session_of(redemption_id: str) -> Session | None:
    """The page as it stands at Stripe; None where Stripe has none."""
    payment = db.session.get(CashPayment, redemption_id, populate_existing=True)
    session_id = payment.session_id if payment else None
    asked_at = payment.asked_at if payment else None
    end_reading()
    if session_id is None:
        return stripe_now().find_session(redemption_id, opened_after=asked_at) if asked_at else None
    try:
        return stripe_now().session(session_id)
    except StripeRefused as refusal:
        if refusal.code in ("resource_missing", "invalid_request"):
            # The key belongs to another account than the page: whether it is paid can't be known from here.
            raise StripeUnknown(ANOTHER_ACCOUNT) from refusal
        raise
