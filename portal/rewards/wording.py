"""The words of the catalogue: stock, affordability, what became of an upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import LazyString, get_locale, lazy_gettext

from portal.accounts.models import Track
from portal.accounts.places import country_name
from portal.accounts.wording import TRACKS
from portal.kernel import clock
from portal.kernel.formatting import moment, number
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext
from portal.rewards.listed import Listed
from portal.rewards.models import GIVEN_BACK, Redemption, RedemptionState, RedemptionStep, Reward, RewardState
from portal.rewards.queries import FEW_LEFT, Filter, Offer
from portal.rewards.refusals import NotNow, RedemptionRefused, TierTooLow
from portal.rewards.stocking import CODE_LENGTH_MAX, LINES_MAX, LeftOut, Problem
from portal.rewards.stripe.models import CashPayment, PaymentState
from portal.rewards.who_may import begins_for, ends_for

FILTERS: dict[Filter, LazyString] = {
    Filter.EVERYTHING: lazy_gettext("Everything"),
    Filter.NOW: lazy_gettext("You can have now"),
    Filter.IN_STOCK: lazy_gettext("In stock"),
}

FIELDS: dict[str, LazyString] = {
    "name": lazy_gettext("Name"),
    "summary": lazy_gettext("In one sentence"),
    "description": lazy_gettext("Description"),
    "how_to_use": lazy_gettext("How to use it"),
    "price_points": lazy_gettext("Price in points"),
    "lowest_tier": lazy_gettext("Lowest tier"),
    "tier_prices": lazy_gettext("Prices by tier"),
    "per_person_max": lazy_gettext("How many per person"),
    "low_stock_at": lazy_gettext("Tell staff when so many are left"),
    "tracks": lazy_gettext("Who may have it"),
    "countries": lazy_gettext("In which countries"),
    "available_from": lazy_gettext("Available from"),
    "available_until": lazy_gettext("Available until"),
    "image_file": lazy_gettext("Picture"),
    "image_alt": lazy_gettext("What the picture shows"),
}


def stock_words(reward: Reward | Listed) -> tuple[str, str]:
    """Tone and words of the stock: "In stock", "2 left", "Gone", "Paused"."""
    if reward.state == RewardState.PAUSED:
        return "", _("Paused")
    if reward.is_unlimited:
        return "ok", _("Always there")
    if reward.stock == 0:
        return "", _("Gone")
    if reward.stock <= FEW_LEFT:
        return "warn", ngettext("%(num)d left", "%(num)d left", reward.stock)
    return "ok", _("In stock")


def stock_for(offer: Offer[Any]) -> tuple[str, str]:
    """The same for who looks at it: nothing is gone that is kept for them."""
    return ("ok", _("Held for you")) if offer.held else stock_words(offer.reward)


def affordability(offer: Offer[Any]) -> str:
    """What stands between the person and the reward; nothing when they can have it now."""
    if offer.refusal is not None:
        return left_out(offer.refusal)
    if offer.limit_reached:
        return _("You have it already")
    if offer.missing:
        return ngettext(
            "%(points)s point to go", "%(points)s points to go", offer.missing, points=number(offer.missing)
        )
    return ""


def left_out(refusal: RedemptionRefused) -> str:
    """Why somebody can't have a reward that others can, in few words."""
    if isinstance(refusal, TierTooLow):
        return ngettext(
            "From “%(tier)s” on: earn %(points)s more point", "From “%(tier)s” on: earn %(points)s more points",
            refusal.left, tier=refusal.tier, points=number(refusal.left),
        )  # fmt: skip
    if isinstance(refusal, NotNow):
        return _("From %(moment)s", moment=moment(refusal.begins, "short")) if refusal.begins else _("Its time is over")
    return _("Not for you right now")


def price_reason(offer: Offer[Any]) -> str:
    """Why the person pays less than others: "Gold price"; nothing where they don't."""
    return _("“%(tier)s” price", tier=offer.price.tier) if offer.price.tier else ""


def tier_prices(offer: Offer[Any]) -> list[tuple[str, int]]:
    """What it costs whom, from everybody up, where that differs: (whom, points)."""
    plan = offer.here.plan
    named = [
        (plan.levels[rank - 1].name, points)
        for rank, points in offer.reward.tier_prices.items()
        if plan and rank <= len(plan.levels)
    ]
    return [(_("Everybody"), offer.reward.price_points), *named] if named else []


def for_whom(offer: Offer[Any]) -> str:
    """Who may have it, where, and when; nothing where that is everybody, everywhere, always."""
    reward, here = offer.reward, offer.here
    said = []
    if reward.tracks:
        said.append(_("For: %(tracks)s.", tracks=", ".join(str(TRACKS[Track(each)]) for each in reward.tracks)))
    if reward.countries:
        names = [country_name(each, str(get_locale())) for each in reward.countries]
        said.append(_("In: %(countries)s.", countries=", ".join(names)))
    if here.plan and (level := here.plan.level(reward.lowest_tier)):
        said.append(_("For people from the tier “%(tier)s” on.", tier=level.name))
    said += _from_when(offer)
    if (ends := ends_for(reward)) is not None:
        said.append(_("Until %(moment)s.", moment=moment(ends, "short")))
    if reward.per_person_max > 1:
        said.append(_("%(max)s per person.", max=number(reward.per_person_max)))
    return " ".join(said)


def _from_when(offer: Offer[Any]) -> list[str]:
    """Until it begins for everybody: when it does, and when it does for the reader's tier."""
    reward, here = offer.reward, offer.here
    begins = begins_for(reward, here)
    if begins is None or reward.available_from is None or reward.available_from <= clock.now():
        return []
    said = [_("From %(moment)s.", moment=moment(reward.available_from, "short"))]
    if begins < reward.available_from and here.level:
        said.append(
            _("Your tier “%(tier)s” lets you have it early: from %(moment)s on.", tier=here.level.name,
              moment=moment(begins, "short"))
        )  # fmt: skip
    return said


def problem_sentence(problem: Problem) -> str:
    """What is wrong with one line of an upload, and what to do."""
    where = _("Line %(line)s:", line=number(problem.line))
    what = {
        LeftOut.BLANK: _("is blank."),
        LeftOut.TOO_LONG: _("is longer than %(max)s characters. Is it really one code?", max=number(CODE_LENGTH_MAX)),
        LeftOut.UNPRINTABLE: _("has characters that can’t be typed."),
        LeftOut.TWICE: _("is the same code as line %(first)s.", first=number(problem.first or 0)),
        LeftOut.KNOWN: _("is in the pool already."),
        LeftOut.TOO_MANY: _("and all after it: upload at most %(max)s codes at a time.", max=number(LINES_MAX)),
    }[problem.reason]
    return f"{where} {what}"


PAYMENT_STATES: dict[PaymentState, LazyString] = {
    PaymentState.DUE: lazy_gettext("Not paid yet"),
    PaymentState.OPEN: lazy_gettext("The payment page is open"),
    PaymentState.PAID: lazy_gettext("Paid"),
    PaymentState.CLOSED: lazy_gettext("Not paid, and can’t be any more"),
    PaymentState.RETURN_DUE: lazy_gettext("On its way back"),
    PaymentState.RETURNED: lazy_gettext("Returned"),
    PaymentState.ODD: lazy_gettext("Needs a decision: compare it with Stripe’s dashboard"),
}

ODD_ADVICE: dict[str, LazyString] = {
    "other_amount": lazy_gettext(
        "Another amount came than was asked for. Compare it in Stripe’s dashboard, then accept it below with a reason, "
        "or give the points back: the money follows them."
    ),
    "payment_pending": lazy_gettext(
        "The bank has not confirmed the payment yet. Look at it in Stripe’s dashboard: when it is confirmed, this goes "
        "on by itself; if it never will be, give the points back."
    ),
    "money_not_back": lazy_gettext(
        "Stripe would not return the money: the account may be empty, or the charge disputed. Settle that in Stripe’s "
        "dashboard, then press “Start again” under “Failed jobs”."
    ),
}
"""What staff do about an odd payment, by the step that says what is odd."""


def payment_advice(payment: CashPayment, steps: Sequence[RedemptionStep]) -> str:
    """What to do about a payment that needs a decision; empty for any other."""
    if payment.state != PaymentState.ODD:
        return ""
    last = next((step.code for step in reversed(steps) if step.code in ODD_ADVICE), "other_amount")
    return str(ODD_ADVICE[last])


STEP_CODES: dict[str, LazyString] = {
    "paid": lazy_gettext("The rest is paid"),
    "not_paid_in_time": lazy_gettext("The rest was not paid in time: your points are back"),
    "sent": lazy_gettext("Sent"),
    "given": lazy_gettext("Given to you by the team"),
    "checked_in": lazy_gettext("You were there"),
    "problem": lazy_gettext("You said that something is wrong"),
    "problem_replaced": lazy_gettext("Replaced"),
    "problem_refused": lazy_gettext("Looked at, and left as it is"),
    "renumbered": lazy_gettext("The tracking number was changed"),
    "delivered": lazy_gettext("Arrived"),
    "returned": lazy_gettext("Came back to us"),
    "sent_again": lazy_gettext("Is packed once more"),
    "refunded": lazy_gettext("Points given back"),
    "broke": lazy_gettext("It could not be made ready: your points are back"),
    "stripe_refused": lazy_gettext("The shop could not make this code: your points are back"),
    "code_was_used": lazy_gettext("The code had been used before its points went back"),
    "paid_too_late": lazy_gettext("Paid after it was given back: the payment is returned"),
    "paid_twice": lazy_gettext("Paid twice: the second payment is returned"),
    "other_amount": lazy_gettext("Another amount was paid than asked for: somebody looks at it"),
    "payment_pending": lazy_gettext("The bank takes its time with the payment: it stays held"),
    "money_back": lazy_gettext("The payment was returned"),
    "money_not_back": lazy_gettext("The payment could not be returned yet: somebody looks at it"),
}
"""What happened, where the states alone don't say it; kinds add their own."""

_STEPS: dict[RedemptionState, LazyString] = {
    RedemptionState.RESERVED: lazy_gettext("Redeemed"),
    RedemptionState.AWAITING_PAYMENT: lazy_gettext("Held for you until the rest is paid"),
    RedemptionState.APPROVED: lazy_gettext("Being made ready"),
    RedemptionState.FULFILLED: lazy_gettext("Yours"),
    RedemptionState.CANCELLED: lazy_gettext("Cancelled: your points are back"),
    RedemptionState.FAILED: lazy_gettext("It did not work: your points are back"),
}


_OF_GIFTS: dict[str, LazyString] = {
    "cancelled": lazy_gettext("Given back"),
    "failed": lazy_gettext("It did not work"),
    "broke": lazy_gettext("It could not be made ready"),
    "refunded": lazy_gettext("Taken back"),
}
"""What has no points that could come back."""


def step_words(step: RedemptionStep, *, of_gift: bool = False) -> str:
    """One line of a redemption's timeline."""
    if of_gift and (words := _OF_GIFTS.get(step.code) or (not step.code and _OF_GIFTS.get(step.to_state))):
        return str(words)
    return str(STEP_CODES.get(step.code) or _STEPS[RedemptionState(step.to_state)])


def redemption_heading(redemption: Redemption, had: str) -> str:
    """What stands over a redemption's page; `had`: once its owner has it, as its kind says it."""
    if not redemption.price_points and redemption.state in GIVEN_BACK:
        return _("The gift went back")
    return str(
        {
            RedemptionState.RESERVED: _("Set aside for you"),
            RedemptionState.AWAITING_PAYMENT: _("Pay the rest"),
            RedemptionState.APPROVED: _("Being made ready for you"),
            RedemptionState.FULFILLED: had,
            RedemptionState.CANCELLED: _("Your points came back"),
            RedemptionState.FAILED: _("Your points came back"),
        }[RedemptionState(redemption.state)]
    )


@dataclass(frozen=True)
class Happened:
    """One line of a timeline, in words."""

    words: str
    tone: str
    icon: str
    at: datetime
    by_staff: bool
    message: str


_LOOKS: dict[str, tuple[str, str]] = {
    "reserved": ("points", "gift"),
    "awaiting_payment": ("wait", "clock"),
    "approved": ("wait", "package"),
    "fulfilled": ("ok", "package-check"),
    "cancelled": ("", "undo-2"),
    "failed": ("warn", "circle-alert"),
}


def timeline(steps: Sequence[RedemptionStep], owner_id: str) -> list[Happened]:
    """What happened to a redemption, newest first, from `steps` in the order of their happening."""
    of_gift = any(step.code == "given" for step in steps)
    return [
        Happened(
            step_words(step, of_gift=of_gift),
            *_LOOKS[step.to_state],
            at=step.at,
            by_staff=step.actor_id not in (None, owner_id) and step.code != "given",  # which says so itself
            message=step.message,
        )
        for step in reversed(steps)
    ]
