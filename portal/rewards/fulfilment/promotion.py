"""A promotion code, made in the brand's own Stripe account when somebody redeems; it works once.

Stripe is asked whether it knows the code before it is asked to make it, so that a lost answer never makes a second one
(PROMISES P-27).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from portal.extensions import db
from portal.kernel.formatting import day
from portal.rewards import promoting
from portal.rewards.fulfilment import UNDO_FOR, CannotBeHad, Fulfilment, Next, Undo
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind
from portal.rewards.promoting import Brief
from portal.rewards.stripe import stripe_now
from portal.rewards.stripe.answers import PromotionCode
from portal.rewards.stripe.failures import StripeMisconfigured, StripeRefused, StripeUnknown
from portal.rewards.stripe.models import PromotionGiven, PromotionTerms
from portal.rewards.stripe.patience import later

log = structlog.get_logger()


class Promotion(Fulfilment):
    KIND = RewardKind.PROMOTION
    icon = "tag"
    label = lazy_gettext("Promotion codes of the shop")
    explanation = lazy_gettext("Each redemption makes a code in your Stripe account that works once.")
    is_unlimited = True
    undo_for = UNDO_FOR
    template = "rewards/kinds/promotion.html"
    staff_template = "rewards/kinds/promotion_staff.html"

    def missing(self, reward: Reward) -> LazyString | None:
        if db.session.get(PromotionTerms, reward.id) is None:
            return lazy_gettext("Say first what the code gives in the shop, then list it.")
        if not stripe_now().has_key:
            return lazy_gettext("No Stripe account is set up, so no code can be made. Ask who runs the portal.")
        return None

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        from portal.rewards.terms_forms import PromotionForm

        terms = db.session.get(PromotionTerms, reward.id)
        form = PromotionForm.showing(terms)
        return {"promotion_form": form, "terms": terms, "stripe_ready": stripe_now().has_key}

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        given = db.session.get(PromotionGiven, redemption.id)
        is_seen = redemption.state == RedemptionState.FULFILLED and redemption.revealed_at is not None
        return {
            "code": promoting.code_of(redemption.id) if is_seen else None,
            "works_until": given and given.expires_at,
        }

    def what_next(self, reward: Reward) -> list[str]:
        return [
            _("We make a code for you in the shop, which takes a moment. It works once, and is shown to you alone."),
            _(
                "Changed your mind? Until you show the code, you can undo it for ten minutes, "
                "and your points come back."
            ),
        ]

    def status(self, redemption: Redemption) -> str:
        if redemption.state == RedemptionState.APPROVED:
            return _("The shop is making your code. This page shows it as soon as it is there.")
        if redemption.state == RedemptionState.FULFILLED:
            given = db.session.get_one(PromotionGiven, redemption.id)
            return _("Your code works once, until %(day)s.", day=day(given.expires_at))
        if redemption.state == RedemptionState.FAILED:
            return _("The shop could not make this code. Nothing was spent, and your points are back.")
        return super().status(redemption)

    def reserve(self, redemption: Redemption, details: Mapping[str, Any], *, now: datetime) -> None:
        promoting.draw(redemption, now=now)

    def next_step(self, redemption: Redemption) -> Next:
        return Next.WORK

    def undo(self, redemption: Redemption) -> Undo | None:
        """Also while Stripe doesn't answer: whatever it made meanwhile is switched off."""
        if redemption.state == RedemptionState.APPROVED:
            return Undo(None)
        return super().undo(redemption)

    def cancel(self, redemption: Redemption, *, now: datetime) -> None:
        promoting.take_back(redemption, now=now)

    def brief(self, redemption: Redemption) -> Brief:
        return promoting.brief(redemption)

    def carry_out(self, brief: Brief) -> PromotionCode:
        try:
            return _find(brief) or _make(brief)
        except (StripeUnknown, StripeMisconfigured) as nobody_knows:
            raise later(nobody_knows) from nobody_knows
        except StripeRefused as refusal:
            log.warning("promotion_refused", redemption_id=brief.redemption_id, code=refusal.code)
            raise CannotBeHad("stripe_refused") from refusal

    def record(self, redemption: Redemption, result: PromotionCode, *, now: datetime) -> None:
        promoting.works(redemption, result)

    def came_too_late(self, redemption: Redemption, result: PromotionCode, *, now: datetime) -> None:
        promoting.came_too_late(redemption, result, now=now)


def _find(brief: Brief) -> PromotionCode | None:
    """What an earlier try may have made."""
    found = stripe_now().find_promotion_code(brief.code)
    return found if found is not None and found.reference == brief.redemption_id else None


def _make(brief: Brief) -> PromotionCode:
    stripe = stripe_now()
    if brief.terms is not None:
        stripe.ensure_coupon(brief.coupon_id, brief.terms, name=brief.name)
    customer = stripe.find_customer(brief.email) if brief.email else None
    try:
        return stripe.make_promotion_code(
            brief.coupon_id, brief.code, reference=brief.redemption_id, expires_at=brief.expires_at, customer=customer
        )
    except StripeRefused:
        found = _find(brief)  # a try that was still on its way when we looked
        if found is None:
            raise
        return found


FULFILMENT = Promotion()
