"""The part of a reward that is paid in money through Stripe Checkout, whatever its owner gets for it.

Points and thing are held for half an hour. Then the page is closed at Stripe, and only after that they go back: nobody
pays for what somebody else has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.formatting import money
from portal.rewards import paying, payment_page
from portal.rewards.fulfilment import Fulfilment, Next, Payment
from portal.rewards.models import Redemption, RedemptionState, Reward
from portal.rewards.stripe import stripe_now
from portal.rewards.stripe.failures import StripeFailed, StripeMisconfigured, StripeUnknown
from portal.rewards.stripe.models import CashPayment, PaymentState
from portal.rewards.stripe.patience import ODD_SECONDS, later


class WithCash(Fulfilment):
    """Stands before the kind of what is given in a class's bases: first the payment, then that kind's own way."""

    can_be_given = False  # its owner would have to pay the rest

    def missing(self, reward: Reward) -> LazyString | None:
        if reward.cash_minor is None:
            return lazy_gettext("Say first how much is paid in money, then list it.")
        if not stripe_now().has_key:
            return lazy_gettext("No Stripe account is set up, so nothing can be paid. Ask who runs the portal.")
        return super().missing(reward)

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        from portal.rewards.terms_forms import CashForm

        return {
            **super().staff_shown(reward),
            "cash_form": CashForm.showing(reward),
            "stripe_ready": stripe_now().has_key,
        }

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        came_back = request.args.get("from") == "payment"
        return {
            **super().shown(redemption),
            "payment": db.session.get(CashPayment, redemption.id),
            "is_waiting": came_back and redemption.state == RedemptionState.AWAITING_PAYMENT,
        }

    def status(self, redemption: Redemption) -> str:
        payment = db.session.get(CashPayment, redemption.id)
        if payment is not None and redemption.state == RedemptionState.AWAITING_PAYMENT:
            amount = money(payment.amount_minor, payment.currency)
            if payment.state == PaymentState.ODD:
                return _("We can’t tell yet what became of your payment. Somebody looks at it; it stays held for you.")
            return _("It is held for you until %(amount)s is paid.", amount=amount)
        if payment is not None and payment.state == PaymentState.RETURN_DUE:
            return _("Your points are back, and your payment is on its way back to your card.")
        if payment is not None and payment.state == PaymentState.RETURNED:
            return _("Your points are back, and your payment was returned. Banks take up to ten days to show it.")
        return super().status(redemption)

    def reserve(self, redemption: Redemption, details: Mapping[str, Any], *, now: datetime) -> None:
        super().reserve(redemption, details, now=now)
        paying.expect(redemption, now=now)

    def next_step(self, redemption: Redemption) -> Next:
        return Next.PAYMENT if redemption.state == RedemptionState.RESERVED else super().next_step(redemption)

    def cancel(self, redemption: Redemption, *, now: datetime) -> None:
        super().cancel(redemption, now=now)
        paying.stop(redemption, now=now)

    def payment(self, brief: str) -> Payment:
        """Close the page first: if somebody paid in the last second, then it is paid."""
        try:
            known = payment_page.close(brief)
        except (StripeUnknown, StripeMisconfigured) as nobody_knows:
            raise later(nobody_knows) from nobody_knows
        if known == PaymentState.ODD:
            raise jobs.RetryLater("payment: odd", seconds=ODD_SECONDS, free=True)
        return Payment.PAID if known == PaymentState.PAID else Payment.NOT_PAID

    def way_on(self, redemption_id: str) -> str | None:
        """Straight to the payment page. Where it does not open, the redemption's page offers it again."""
        try:
            return payment_page.address_to_pay(redemption_id)
        except (payment_page.NotPayable, StripeFailed):
            return None


def cash_of(reward: Reward) -> str:
    """What is paid besides the points, in words."""
    return money(reward.cash_minor or 0, reward.cash_currency or "")
