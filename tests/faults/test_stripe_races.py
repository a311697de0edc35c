"""News of one payment that arrives in several ways at once, on both databases: one of them counts (P-18, P-23)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest
from flask import Flask

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.points.queries import balances
from portal.rewards import payment_page, redeeming
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.refusals import CancellationRefused
from portal.rewards.stripe.failures import StripeUnknown
from portal.rewards.stripe.models import CashPayment, PaymentState
from tests.faults.proof import the_ledger_is_right
from tests.rewards.stripe.factories import CASH_MINOR, a_fleece, redeemed
from tests.rewards.stripe.telling import Telling

pytestmark = pytest.mark.faults

ROUNDS = 3
S, P = RedemptionState, PaymentState


def at_once(app: Flask, acts: Sequence[Callable[[], object]]) -> None:
    """Each in a thread of its own, with connections of its own."""
    db.session.remove()
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        with app.app_context():
            ready.wait(30)
            act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for each in [pool.submit(run, act) for act in acts]:
            each.result()


def a_page(stripe: Telling, *, paid: bool) -> str:
    """Somebody's payment page; the redemption's id."""
    mine = redeemed(a_fleece()).id
    url = stripe.address_to_pay(mine)
    if paid:
        stripe.server.pay(url)
    return mine


def cancel(redemption_id: str) -> None:
    with suppress(CancellationRefused), unit_of_work():
        redeeming.cancel(db.session.get_one(Redemption, redemption_id), now=clock.now())


def settled(stripe: Telling, redemption_id: str) -> tuple[str, str]:
    """Once the worker has done all; points, money and state agree."""
    stripe.tell()
    stripe.pass_time(minutes=2)
    jobs.run_due()
    assert jobs.failed_jobs() == []
    db.session.rollback()
    mine, payment = db.session.get_one(Redemption, redemption_id), db.session.get_one(CashPayment, redemption_id)
    refunds = sum(
        each["amount"] for each in stripe.server.all_of("/v1/refunds") if each["payment_intent"] == payment.payment_id
    )
    is_had = mine.state == S.FULFILLED
    assert balances(mine.person_id).available == (0 if is_had else 100)
    assert refunds == (CASH_MINOR if payment.state == P.RETURNED else 0)
    the_ledger_is_right()
    return mine.state, payment.state


def test_the_webhook_twice_and_the_sweep_at_once(app: Flask, stripe: Telling) -> None:
    for _ in range(ROUNDS):
        mine = a_page(stripe, paid=True)
        (event,) = stripe.events()
        tell, ask = partial(stripe.post, event), partial(payment_page.ask, mine)
        at_once(app, [tell, tell, ask, ask])
        assert settled(stripe, mine) == (S.FULFILLED, P.PAID)


def test_the_news_and_the_end_of_the_half_hour_at_once(app: Flask, stripe: Telling) -> None:
    for _ in range(ROUNDS):
        mine = a_page(stripe, paid=True)
        at_once(app, [partial(payment_page.ask, mine), partial(payment_page.close, mine)])
        assert settled(stripe, mine) == (S.FULFILLED, P.PAID)


def test_paying_and_the_end_of_the_half_hour_at_once(app: Flask, stripe: Telling) -> None:
    """Whoever is first at Stripe decides; nobody pays for nothing, and nobody has it for nothing."""

    def pay(url: str) -> None:
        with suppress(AssertionError):  # the page is closed
            stripe.server.pay(url)

    for _ in range(ROUNDS):
        mine = redeemed(a_fleece()).id
        url = stripe.address_to_pay(mine)
        at_once(app, [partial(pay, url), partial(payment_page.close, mine)])
        assert settled(stripe, mine) in ((S.FULFILLED, P.PAID), (S.CANCELLED, P.CLOSED))


def test_the_news_and_giving_back_at_once(app: Flask, stripe: Telling) -> None:
    for _ in range(ROUNDS):
        mine = a_page(stripe, paid=True)
        at_once(app, [partial(payment_page.ask, mine), partial(cancel, mine)])
        # Undone after it came, or paid after it was given back: the same in the end.
        assert settled(stripe, mine) == (S.CANCELLED, P.RETURNED)


def test_paying_and_giving_back_at_once(app: Flask, stripe: Telling) -> None:
    for _ in range(ROUNDS):
        mine = redeemed(a_fleece()).id
        url = stripe.address_to_pay(mine)
        at_once(app, [partial(stripe.server.pay, url), partial(cancel, mine)])
        assert settled(stripe, mine) == (S.CANCELLED, P.RETURNED)


def test_the_button_pressed_many_times_at_once_opens_one_page(app: Flask, stripe: Telling) -> None:
    for _ in range(ROUNDS):
        mine = redeemed(a_fleece()).id
        at_once(app, [partial(_press, stripe, mine)] * 4)
        pages = stripe.server.all_of("/v1/checkout/sessions")
        assert [page["client_reference_id"] for page in pages].count(mine) == 1
        cancel(mine)
        jobs.run_due()


def _press(stripe: Telling, redemption_id: str) -> None:
    with suppress(StripeUnknown):  # Stripe is at the same request already: the page says to try again
        stripe.address_to_pay(redemption_id)
