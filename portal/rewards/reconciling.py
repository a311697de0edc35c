"""What we know of payments and promotion codes against what Stripe knows: told, and mended where it can be.

Called at the edge, with no transaction open. Everything that a lost webhook would have said is found here, and what a
person did by hand at Stripe is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.rewards import paying, payment_page, promoting, redeeming
from portal.rewards.models import GIVEN_BACK, Redemption, RedemptionState
from portal.rewards.stripe import hearing, stripe_now
from portal.rewards.stripe.answers import PromotionCode
from portal.rewards.stripe.failures import StripeRefused, StripeUnknown
from portal.rewards.stripe.models import CashPayment, CodeState, PaymentState, PromotionGiven, StripeEvent

JUST_NOW = timedelta(minutes=2)
"""What happened so lately may be on its way to us."""
C, P = CodeState, PaymentState


@dataclass(frozen=True)
class Difference:
    """`about` a redemption: what we had, what Stripe says, and whether we have it now."""

    about: str
    ours: str
    theirs: str
    is_mended: bool


def differences(*, days: int) -> Iterator[Difference]:
    """All of them, in what is not settled and in the last `days`. Raises the port's StripeMisconfigured."""
    since = clock.now() - timedelta(days=days)
    for redemption_id in _payments(since):
        yield from _asked(redemption_id, _about_payment)
    for redemption_id in _promotions(since):
        yield from _asked(redemption_id, _about_promotion)
    yield from _asked("events", lambda _: _never_heard(since))


def _asked(about: str, look: Callable[[str], Iterator[Difference]]) -> Iterator[Difference]:
    try:
        yield from look(about)
    except (StripeUnknown, StripeRefused) as failed:
        yield Difference(about, "?", f"could not be asked ({failed.code})", is_mended=False)


# Payments


def _payments(since: datetime) -> list[str]:
    settled = (P.PAID, P.CLOSED, P.RETURNED)
    found = (
        select(CashPayment.redemption_id)
        .join(Redemption, Redemption.id == CashPayment.redemption_id)
        .where(
            CashPayment.asked_at.is_not(None), or_(CashPayment.state.not_in(settled), Redemption.reserved_at >= since)
        )
        .order_by(CashPayment.redemption_id)
    )
    return _listed(list(db.session.scalars(found)))


def _about_payment(redemption_id: str) -> Iterator[Difference]:
    before = _payment(redemption_id)
    payment_page.ask(redemption_id)
    _finish(redemption_id)
    after = _payment(redemption_id)
    if after.words != before.words:
        yield Difference(redemption_id, before.words, after.words, is_mended=True)
    elif after.state == P.ODD:
        yield Difference(redemption_id, after.words, "needs a person", is_mended=False)
    if after.payment_id is not None and after.state in (P.PAID, P.RETURNED):
        returned_minor = stripe_now().returned_minor(after.payment_id)
        if (returned_minor > 0) != (after.state == P.RETURNED):
            yield Difference(redemption_id, after.words, f"{returned_minor} returned", is_mended=False)


@dataclass(frozen=True)
class _Payment:
    words: str
    state: str
    payment_id: str | None
    is_given_back: bool


def _payment(redemption_id: str) -> _Payment:
    redemption = db.session.get_one(Redemption, redemption_id, populate_existing=True)
    payment = db.session.get_one(CashPayment, redemption_id, populate_existing=True)
    known = _Payment(
        f"{redemption.state}, payment {payment.state}", payment.state, payment.payment_id,
        redemption.state in GIVEN_BACK,
    )  # fmt: skip
    end_reading()
    return known


def _finish(redemption_id: str) -> None:
    """Do now what waits for the worker."""
    known = _payment(redemption_id)
    if known.state == P.RETURN_DUE and known.payment_id:
        _do(paying.RETURN, known.payment_id, redemption=redemption_id)
    elif known.is_given_back and known.state in paying.PAYABLE:
        _do(paying.CLOSE, redemption_id)


# Promotion codes


def _promotions(since: datetime) -> list[str]:
    given_late = and_(Redemption.reserved_at >= since, PromotionGiven.state.in_((C.WORKS, C.OFF)))
    found = (
        select(PromotionGiven.redemption_id)
        .join(Redemption, Redemption.id == PromotionGiven.redemption_id)
        .where(or_(PromotionGiven.state.in_((C.WANTED, C.OFF_DUE)), given_late))
        .order_by(PromotionGiven.redemption_id)
    )
    return _listed(list(db.session.scalars(found)))


def _about_promotion(redemption_id: str) -> Iterator[Difference]:
    redemption_state, state, code = _promotion(redemption_id)
    theirs = stripe_now().find_promotion_code(code)
    works_again = state == C.OFF and theirs is not None and theirs.is_active
    if redemption_state == RedemptionState.APPROVED and state == C.WANTED:
        _do(redeeming.FULFIL, redemption_id)
    if works_again:
        with unit_of_work():
            db.session.get_one(PromotionGiven, redemption_id).state = C.OFF_DUE
    if works_again or state == C.OFF_DUE:
        _do(promoting.SWITCH_OFF, redemption_id)
    _redemption_state, after, _code = _promotion(redemption_id)
    if works_again or after != state:
        yield Difference(redemption_id, f"code {state}", f"{_words(theirs)}; now {after}", is_mended=True)
    elif (after == C.WORKS and not _fits(theirs)) or after in (C.WANTED, C.OFF_DUE):
        yield Difference(redemption_id, f"code {after}", _words(theirs), is_mended=False)


def _promotion(redemption_id: str) -> tuple[str, str, str]:
    redemption = db.session.get_one(Redemption, redemption_id, populate_existing=True)
    given = db.session.get_one(PromotionGiven, redemption_id, populate_existing=True)
    known = redemption.state, given.state, promoting.box().open(given.sealed)
    end_reading()
    return known


def _fits(theirs: PromotionCode | None) -> bool:
    """A code that works with us is at Stripe: good, used up, or over by the clock."""
    return theirs is not None and (theirs.is_active or theirs.times_used > 0 or _is_over(theirs))


def _is_over(theirs: PromotionCode) -> bool:
    return theirs.expires_at is not None and theirs.expires_at <= clock.now()


def _words(theirs: PromotionCode | None) -> str:
    if theirs is None:
        return "no such code"
    return "works" if theirs.is_active else "used" if theirs.times_used else "switched off"


# Webhooks


def _never_heard(since: datetime) -> Iterator[Difference]:
    """What never came about pages of ours. What it would have said was asked above; here it is told that it is lost."""
    for event in map(hearing.event_in, stripe_now().events(hearing.ABOUT_PAGES, since=since)):
        is_known = db.session.get(StripeEvent, event.id) is not None
        is_ours = db.session.get(CashPayment, event.reference) is not None
        end_reading()
        if not is_ours or is_known or event.happened_at > clock.now() - JUST_NOW:
            continue
        with unit_of_work():
            hearing.hear(event, now=clock.now())
        yield Difference(event.reference, f"{event.id} not heard", event.kind, is_mended=True)


def _do(kind: str, key: str, **payload: str) -> None:
    """What the worker would do, now; left alone while a worker is at it."""
    with unit_of_work():
        job_id = jobs.schedule(kind, key, dict(payload), due_at=clock.now()).id
    jobs.run_job(job_id)


def _listed(found: list[str]) -> list[str]:
    end_reading()
    return found
