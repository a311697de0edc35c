"""Paying: the button that leads to Stripe's page, the page that waits for the news, and the door for webhooks."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_login import current_user

from portal.extensions import csrf, limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow, public
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.rewards import payment_page, queries
from portal.rewards.models import RedemptionState
from portal.rewards.redemption_views import redemption_page
from portal.rewards.refusals import RedemptionRefused
from portal.rewards.stripe import stripe_now, webhook_secrets
from portal.rewards.stripe.failures import StripeFailed
from portal.rewards.stripe.hearing import HeardMeanwhile, NotAnEvent, hear, read
from portal.rewards.stripe.signing import NotFromStripe, verify

bp = Blueprint("payments", __name__)
log = structlog.get_logger()

WEBHOOKS_PER_MINUTE = "6000 per minute"
BODY_BYTES_MAX = 256 * 1024


class PaymentPageAway(RedemptionRefused):
    """Stripe could not be asked; everything stays held."""

    status = 503
    title = lazy_gettext("The payment page does not open")

    def __init__(self) -> None:
        super().__init__(
            lazy_gettext("The fault is not yours. Everything stays held for you and nothing was paid; try again soon.")
        )


class PaidOrOver(RedemptionRefused):
    title = lazy_gettext("Nothing is to be paid here any more")

    def __init__(self) -> None:
        super().__init__(lazy_gettext("It was paid already, or the time to pay is over. Below is how it stands."))


@bp.post("/redemptions/<redemption_id>/pay")
@allow(Permission.TAKE_PART)
@limiter.limit("20 per minute")
def pay(redemption_id: str) -> ResponseReturnValue:
    """To Stripe's page; the same one, however often the button is pressed."""
    if queries.redemption_of(current_user.id, redemption_id) is None:
        abort(404)
    end_reading()
    refusal: RedemptionRefused
    try:
        return redirect(payment_page.address_to_pay(redemption_id), 303)
    except payment_page.NotPayable:
        refusal = PaidOrOver()
    except StripeFailed as failed:
        log.warning("payment_page_away", code=failed.code, kind=type(failed).__name__)
        refusal = PaymentPageAway()
    mine = queries.redemption_of(current_user.id, redemption_id)
    if mine is None:
        abort(404)
    return redemption_page(mine, refusal), refusal.status


@bp.get("/redemptions/<redemption_id>/payment")
@allow(Permission.TAKE_PART)
def waiting(redemption_id: str) -> ResponseReturnValue:
    """The piece of the page that waits; once the news is there, it asks for the whole page."""
    mine = queries.redemption_of(current_user.id, redemption_id)
    if mine is None:
        abort(404)
    if mine.state == RedemptionState.AWAITING_PAYMENT:
        return render_template("rewards/kinds/_waiting.html", redemption=mine)
    answer = Response(status=200)
    answer.headers["HX-Redirect"] = url_for("rewards.redemption", redemption_id=redemption_id)
    return answer


@bp.post("/webhooks/stripe")
@public
@csrf.exempt
@limiter.limit(WEBHOOKS_PER_MINUTE)
def stripe() -> ResponseReturnValue:
    """What Stripe tells: proved by its signature over the raw body, written down once, answered at once.

    400: not from Stripe. 404: no webhook is set up here. 2xx: heard, also what was heard before or is not ours.
    """
    secrets = webhook_secrets()
    if not secrets:
        abort(404)
    if request.content_length is None or request.content_length > BODY_BYTES_MAX:
        abort(413)
    body = request.get_data(cache=False)
    try:
        verify(body, request.headers.get("Stripe-Signature", ""), secrets, now=clock.now())
        event = read(body)
    except NotFromStripe as forged:
        log.warning("webhook_refused", reason=forged.reason)
        return {"error": forged.reason}, 400
    except NotAnEvent:
        log.warning("webhook_unreadable")
        return {"error": "unreadable"}, 400
    if event.is_live != stripe_now().is_live:
        log.warning("webhook_of_another_mode", is_live=event.is_live)
        return {"heard": False}, 200
    try:
        with unit_of_work():
            was_new = hear(event, now=clock.now())
    except HeardMeanwhile:
        was_new = False
    return {"heard": was_new}, 200
