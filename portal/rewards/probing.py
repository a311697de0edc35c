"""Everything that the portal does at Stripe, once, in a test account: what no imitation of it can prove."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta

from config import Settings
from portal.kernel import clock
from portal.rewards.stripe.answers import Terms
from portal.rewards.stripe.failures import StripeRefused
from portal.rewards.stripe.port import Stripe

AMOUNT_MINOR = 1060


class ProbeFailed(Exception):
    """Stripe answered otherwise than the portal expects; the message says how."""


def probe(stripe: Stripe, settings: Settings) -> Iterator[str]:
    """What was tried and went as it should, one sentence each. Leaves nothing that works behind.

    Raises ProbeFailed, and the port's StripeRefused, StripeUnknown, StripeMisconfigured.
    """
    name = f"portal-probe-{secrets.token_hex(4)}"
    yield f"the key is let in ({stripe.account()} mode)"
    yield from _promotion(stripe, name, settings.currency)
    yield from _checkout(stripe, name, settings)
    yield from _rights(stripe, name)


def _promotion(stripe: Stripe, name: str, currency: str) -> Iterator[str]:
    stripe.ensure_coupon(name, Terms(10, None, currency), name="Portal probe")
    stripe.ensure_coupon(name, Terms(10, None, currency), name="Portal probe")
    yield "a coupon is made once"
    code, expires_at = name.upper(), clock.now().replace(microsecond=0) + timedelta(days=2)
    made = stripe.make_promotion_code(name, code, reference=name, expires_at=expires_at, customer=None)
    try:
        again = stripe.make_promotion_code(name, code, reference=name, expires_at=expires_at, customer=None)
        _same("the same request makes the same promotion code", again.id, made.id)
        yield "the same request makes the same promotion code"
        later = expires_at + timedelta(days=1)
        _refused(
            lambda: stripe.make_promotion_code(name, code, reference=name, expires_at=later, customer=None),
            what="another request with the same idempotency key",
        )
        yield "another request with the same key is refused"
        found = stripe.find_promotion_code(code)
        _same("the code is found by its letters", found and (found.id, found.reference), (made.id, name))
        yield "the code is found by its letters"
    finally:
        off = stripe.switch_off(made.id)
        stripe.forget_coupon(name)
    _same("a code that is switched off is not active", (off.is_active, off.times_used), (False, 0))
    yield "a code that is switched off is not active"


def _checkout(stripe: Stripe, name: str, settings: Settings) -> Iterator[str]:
    began, closes_at = clock.now(), clock.now().replace(microsecond=0) + timedelta(minutes=60)

    def open_page() -> str:
        return stripe.open_session(
            reference=name, name="Portal probe", amount_minor=AMOUNT_MINOR, currency=settings.currency,
            expires_at=closes_at, success_url=f"{settings.public_url}/", cancel_url=f"{settings.public_url}/",
        ).id  # fmt: skip

    page = open_page()
    yield f"a payment page opens at {stripe.checkout}"
    _same("the same request gives the same page", open_page(), page)
    yield "the same request gives the same page"
    found = stripe.find_session(name, opened_after=began)
    _same("the page is found by what it is for", found and found.id, page)
    yield "the page is found by what it is for"
    known = stripe.session(page)
    _same(
        "it asks for the right amount", (known.amount_minor, known.currency, known.is_open),
        (AMOUNT_MINOR, settings.currency, True),
    )  # fmt: skip
    yield "it asks for the right amount"
    closed, again = stripe.expire(page), stripe.expire(page)
    _same("it is closed, also twice", (closed.is_open, again.is_open, again.is_paid), (False, False, False))
    yield "it is closed, also twice"
    events = list(stripe.events(("checkout.session.expired",), since=began))
    if not any(event["data"]["object"]["id"] == page for event in events):
        raise ProbeFailed("The events don't tell that the page was closed.")
    yield "its end is among the events"


def _rights(stripe: Stripe, name: str) -> Iterator[str]:
    """What a restricted key may do that the others have not shown. A right that is missing is a StripeMisconfigured."""
    _same("nobody is found by a made-up address", stripe.find_customer(f"{name}@example.com"), None)
    yield "customers can be looked up"
    _refused(
        lambda: stripe.refund(f"pi_{name.replace('-', '')}", reference=name), what="a refund of a payment nobody made"
    )
    yield "money can be given back: a payment that nobody made is unknown, not forbidden"


def _same(what: str, given: object, wanted: object) -> None:
    if given != wanted:
        raise ProbeFailed(f"Not so: {what}. Stripe says {given!r}, and we expected {wanted!r}.")


def _refused(ask: Callable[[], object], *, what: str) -> None:
    try:
        ask()
    except StripeRefused:
        return
    raise ProbeFailed(f"Not so: {what} is refused.")
