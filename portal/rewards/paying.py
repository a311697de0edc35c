"""The money for a redemption of points plus cash: what follows from what Stripe says about its payment page.

Stripe is believed, and only Stripe: not the page that somebody comes back to, and not the order in which news arrives.
Whoever hears of a page (webhook, the end of the time to pay, the sweep, an operator's command) asks Stripe how it
stands now and tells `hear`; so what is heard twice, late or in the wrong order changes nothing. Money that came for
something its person does not get goes back.

Locks: the redemption's row, then the payment's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from flask_babel import lazy_gettext

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import events, jobs
from portal.kernel.audit import audit
from portal.rewards import redeeming, steps
from portal.rewards.events import PaymentReturned
from portal.rewards.models import GIVEN_BACK, Redemption, RedemptionState
from portal.rewards.refusals import OrderRefused, OwnOrder
from portal.rewards.stripe.answers import Session
from portal.rewards.stripe.models import CashPayment, PaymentState

log = structlog.get_logger()

CLOSE = "close_payment_page"
RETURN = "return_payment"
PAGE_LASTS = timedelta(minutes=60)
"""From the reservation. Stripe keeps a page open for half an hour at least, counted from when it is opened, and people
may open it as late as they can pay: so longer than points are held, and the portal closes it itself in time."""

P = PaymentState
PAYABLE = (P.DUE, P.OPEN)
HELD = (RedemptionState.RESERVED, RedemptionState.AWAITING_PAYMENT)


class Heard(StrEnum):
    """What came of what Stripe said."""

    NOTHING = "nothing"
    PAID = "paid"
    GIVEN_BACK = "given_back"
    MONEY_BACK = "money_back"
    ODD = "odd"


def expect(redemption: Redemption, *, now: datetime) -> None:
    """A new redemption whose rest is to be paid, as much as its reward says now."""
    reward = redemption.reward
    if reward.cash_minor is None or reward.cash_currency is None:
        raise AssertionError("A reward of points plus cash has a price in cash.")
    db.session.add(
        CashPayment(
            redemption_id=redemption.id, title=reward.name, amount_minor=reward.cash_minor,
            currency=reward.cash_currency, state=P.DUE, page_closes_at=now + PAGE_LASTS,
        )
    )  # fmt: skip
    db.session.flush()


def payment_of(redemption_id: str) -> CashPayment | None:
    return db.session.get(CashPayment, redemption_id)


def hold(redemption_id: str) -> tuple[Redemption, CashPayment]:
    """Lock both rows, in the room's order, and read them anew."""
    redemption = steps.hold(db.session.get_one(Redemption, redemption_id))
    payment = db.session.get_one(CashPayment, redemption_id)
    db.session.refresh(payment, with_for_update=True)
    return redemption, payment


def hear(redemption_id: str, session: Session, *, now: datetime) -> Heard:
    """Act on how a payment page of this redemption stands at Stripe. Heard again, nothing more happens."""
    redemption, payment = hold(redemption_id)
    if payment.session_id is None:  # its answer got lost, and here it is
        payment.session_id, payment.url = session.id, session.url
        if payment.state == P.DUE:
            payment.state = P.OPEN
    if payment.session_id != session.id:
        return _another_page(redemption, session, now=now)
    if session.is_paid:
        return _money_came(redemption, payment, session, now=now)
    if session.is_open:
        if redemption.state not in HELD and payment.state == P.OPEN:
            jobs.schedule(CLOSE, redemption.id, due_at=now)  # nobody should pay for what went back
        return Heard.NOTHING
    if session.is_complete:
        return _odd(redemption, payment, "payment_pending", now=now)
    return _nobody_paid(redemption, payment, now=now)


def _money_came(redemption: Redemption, payment: CashPayment, session: Session, *, now: datetime) -> Heard:
    if payment.state in (P.PAID, P.RETURN_DUE, P.RETURNED) or (payment.state == P.ODD and payment.payment_id):
        return Heard.NOTHING
    payment.payment_id, payment.paid_minor, payment.paid_at = session.payment_id, session.amount_minor, now
    payment.url = None
    if redemption.state in GIVEN_BACK:
        steps.note(redemption, actor_id=None, now=now, code="paid_too_late")
        give_money_back(payment, now=now)
        return Heard.MONEY_BACK
    if (session.amount_minor, session.currency) != (payment.amount_minor, payment.currency):
        return _odd(redemption, payment, "other_amount", now=now)
    payment.state = P.PAID
    db.session.flush()
    redeeming.payment_arrived(redemption, now=now)
    return Heard.PAID


def _nobody_paid(redemption: Redemption, payment: CashPayment, *, now: datetime) -> Heard:
    """The page is over, and it was never paid."""
    if payment.state not in (P.DUE, P.OPEN):
        return Heard.NOTHING
    payment.state, payment.url = P.CLOSED, None
    db.session.flush()
    if redemption.state not in HELD:
        return Heard.NOTHING
    steps.move(redemption, RedemptionState.CANCELLED, actor_id=None, now=now, code="not_paid_in_time")
    return Heard.GIVEN_BACK


def _odd(redemption: Redemption, payment: CashPayment, code: str, *, now: datetime) -> Heard:
    """Points and thing stay held until somebody of the staff has looked."""
    if payment.state == P.ODD:
        return Heard.NOTHING
    payment.state = P.ODD
    db.session.flush()
    steps.note(redemption, actor_id=None, now=now, code=code)
    log.warning("payment_odd", redemption_id=redemption.id, code=code)
    return Heard.ODD


def _another_page(redemption: Redemption, session: Session, *, now: datetime) -> Heard:
    """Stripe made two pages for one redemption, and we know the first. If this one is paid, its money goes back."""
    if not session.is_paid or session.payment_id is None:
        return Heard.NOTHING
    steps.note(redemption, actor_id=None, now=now, code="paid_twice")
    jobs.schedule(RETURN, session.payment_id, {"redemption": redemption.id}, due_at=now)
    return Heard.MONEY_BACK


def give_money_back(payment: CashPayment, *, now: datetime) -> None:
    """What was paid has to go back; the job asks Stripe for it until it is done."""
    if payment.payment_id is None:
        raise AssertionError("Only what was paid can go back.")
    payment.state = P.RETURN_DUE
    db.session.flush()
    jobs.schedule(RETURN, payment.payment_id, {"redemption": payment.redemption_id}, due_at=now)


def stop(redemption: Redemption, *, now: datetime) -> None:
    """The redemption is given back: close its page, or send back what was paid."""
    payment = db.session.get(CashPayment, redemption.id, with_for_update=True, populate_existing=True)
    if payment is None:
        return
    if payment.payment_id is not None and payment.state in (P.PAID, P.ODD):
        give_money_back(payment, now=now)
    elif payment.state == P.DUE and payment.asked_at is None:
        payment.state = P.CLOSED
    elif payment.state in (P.DUE, P.OPEN, P.ODD):
        jobs.schedule(CLOSE, redemption.id, due_at=now)
    db.session.flush()


def money_went_back(redemption_id: str, payment_id: str, refund_id: str, *, now: datetime) -> None:
    """Stripe returned it; its person is told once."""
    redemption, payment = hold(redemption_id)
    if payment.payment_id == payment_id:
        if payment.state == P.RETURNED:
            return
        payment.state, payment.refund_id, payment.returned_at = P.RETURNED, refund_id, now
    steps.note(redemption, actor_id=None, now=now, code="money_back")
    events.record(PaymentReturned(redemption.id, redemption.reward_id, redemption.person_id))


def money_stays_out(redemption_id: str, payment_id: str, *, now: datetime) -> None:
    """Stripe won't return it, though it was asked again and again: a person has to, also where it was paid twice."""
    redemption, payment = hold(redemption_id)
    if payment.payment_id == payment_id and payment.state != P.RETURN_DUE:
        return
    if payment.payment_id == payment_id:
        payment.state = P.ODD
    steps.note(redemption, actor_id=None, now=now, code="money_not_back")


def accept(redemption: Redemption, *, why: str, actor: Person, now: datetime) -> None:
    """Staff take another amount for good: its owner gets the thing.

    Raises OrderRefused where nothing is held so, OwnOrder.
    """
    if redemption.person_id == actor.id:
        raise OwnOrder
    redemption, payment = hold(redemption.id)
    if not can_be_accepted(redemption, payment):
        raise OrderRefused(lazy_gettext("This payment needs no decision any more. Below is how it stands."))
    audit(
        "redemption.payment_accepted", ("redemption", redemption.id), actor_id=actor.id, why=why,
        before={"asked_minor": payment.amount_minor}, after={"paid_minor": payment.paid_minor},
    )  # fmt: skip
    payment.state = P.PAID
    db.session.flush()
    redeeming.payment_arrived(redemption, now=now)


def can_be_accepted(redemption: Redemption, payment: CashPayment) -> bool:
    """Something was paid, it is not what was asked for, and the thing is still held."""
    return payment.state == P.ODD and payment.payment_id is not None and redemption.state in HELD
