"""What the worker does about Stripe: hear webhooks, close pages, return money, switch codes off, ask what got lost."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, and_, delete, or_, select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import end_reading
from portal.rewards import paying, payment_page, promoting
from portal.rewards.stripe import stripe_now
from portal.rewards.stripe.hearing import HEAR
from portal.rewards.stripe.models import CashPayment, PaymentState, StripeEvent
from portal.rewards.stripe.patience import patient

ASK = "ask_about_payment"
ASKED_EVERY = timedelta(minutes=5)
ASKED_AT_ONCE_MAX = 200
EVENTS_KEPT_FOR = timedelta(days=60)
"""Stripe tells an event again for three days, and by hand for thirty."""


@jobs.outside(HEAR)
@patient
def hear_stripe(lease: jobs.Lease) -> jobs.Record | None:
    """A webhook says that something happened to a page: ask how it stands now, whatever came in between."""
    event = db.session.get(StripeEvent, lease.key)
    redemption_id = _redemption_of(event) if event else None
    end_reading()
    if redemption_id is None:
        return lambda: _handled(lease.key)
    payment_page.ask(redemption_id)
    return lambda: _handled(lease.key)


def _redemption_of(event: StripeEvent) -> str | None:
    """Whose page it is; None where another program of the same account opened it."""
    by_page = select(CashPayment.redemption_id).where(CashPayment.session_id == event.about_id)
    by_reference = select(CashPayment.redemption_id).where(CashPayment.redemption_id == event.reference)
    return db.session.scalar(by_page) or db.session.scalar(by_reference)


def _handled(event_id: str) -> None:
    event = db.session.get(StripeEvent, event_id)
    if event is not None:
        event.handled_at = clock.now()


@jobs.outside(ASK)
@patient
def ask_about_payment(lease: jobs.Lease) -> jobs.Record | None:
    """The news may have been lost on its way."""
    payment_page.ask(lease.key)
    return None


@jobs.outside(paying.CLOSE)
@patient
def close_payment_page(lease: jobs.Lease) -> jobs.Record | None:
    """A redemption was given back: nobody should pay for it any more, and who has gets their money back."""
    payment_page.close(lease.key)
    return None


def _money_stays_out(lease: jobs.Lease) -> None:
    paying.money_stays_out(lease.payload["redemption"], lease.key, now=clock.now())


@jobs.outside(paying.RETURN, gave_up=_money_stays_out)
@patient
def return_payment(lease: jobs.Lease) -> jobs.Record | None:
    """Ask Stripe to return it all. A refusal is tried again like any error: the account may be empty today."""
    payment_id, redemption_id = lease.key, lease.payload["redemption"]
    refund_id = stripe_now().refund(payment_id, reference=payment_id)
    return lambda: paying.money_went_back(redemption_id, payment_id, refund_id, now=clock.now())


@jobs.outside(promoting.SWITCH_OFF)
@patient
def switch_code_off(lease: jobs.Lease) -> jobs.Record | None:
    """The points went back, so the code stops working; if somebody used it before, staff see that."""
    wanted = promoting.to_switch_off(lease.key)
    end_reading()
    if wanted is None:
        return None
    found = stripe_now().find_promotion_code(wanted)
    ours = found is not None and found.reference == lease.key
    off = stripe_now().switch_off(found.id) if found is not None and ours else None
    return lambda: promoting.switched_off(lease.key, off, now=clock.now())


@jobs.every(ASKED_EVERY, "look_after_stripe")
def look_after_stripe(_lease: jobs.Lease) -> None:
    """Ask about pages that somebody may have paid without our hearing of it; forget old events.

    Leans on `ix_redemption_payment_open` and `ix_stripe_event_heard_at`.
    """
    now = clock.now()
    for redemption_id in db.session.scalars(unsettled_payments().limit(ASKED_AT_ONCE_MAX)):
        jobs.schedule(ASK, redemption_id, due_at=now)
    db.session.execute(delete(StripeEvent).where(StripeEvent.heard_at < now - EVENTS_KEPT_FOR))


def unsettled_payments() -> Select[str]:
    """Redemptions whose page Stripe may know more about than we do."""
    may_be_open = and_(CashPayment.state.in_((PaymentState.DUE, PaymentState.OPEN)), CashPayment.asked_at.is_not(None))
    return (
        select(CashPayment.redemption_id)
        .where(or_(may_be_open, and_(CashPayment.state == PaymentState.ODD, CashPayment.payment_id.is_(None))))
        .order_by(CashPayment.redemption_id)
    )
