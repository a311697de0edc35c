"""Promotion codes of redemptions: drawn here, made at Stripe by the worker, switched off where the points went back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.crypto import Box, box_for
from portal.rewards import steps
from portal.rewards.models import Redemption
from portal.rewards.stripe.answers import PromotionCode, Terms
from portal.rewards.stripe.models import CodeState, PromotionGiven, PromotionTerms

SWITCH_OFF = "switch_promotion_off"
PURPOSE = "promotion-code"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look like another."""
GROUPS, GROUP_LENGTH = 3, 4
"""Sixty bits: nobody guesses a code that works."""
IN_FLIGHT = timedelta(minutes=1)
"""A request that a crashed worker sent may still arrive at Stripe so much later."""


@dataclass(frozen=True)
class Brief:
    """What Stripe is asked for; plain data, for no transaction is open then."""

    redemption_id: str
    code: str
    coupon_id: str
    terms: Terms | None
    """None: the coupon is the brand's own, and exists."""
    name: str
    expires_at: datetime
    email: str | None
    """Whose customer's the code shall be, where Stripe knows one by it."""


def box() -> Box:
    """What promotion codes are sealed with at rest."""
    return box_for(PURPOSE)


def draw(redemption: Redemption, *, now: datetime) -> None:
    """A code for this redemption, which nobody knows yet."""
    terms = db.session.get_one(PromotionTerms, redemption.reward_id)
    code = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    # Stripe counts whole seconds.
    expires_at = (now + timedelta(days=terms.valid_days)).replace(microsecond=0)
    db.session.add(
        PromotionGiven(
            redemption_id=redemption.id, sealed=box().seal(code), digest=box().digest(code), expires_at=expires_at,
            state=CodeState.WANTED,
        )
    )  # fmt: skip
    db.session.flush()


def brief(redemption: Redemption) -> Brief:
    """Read what the code shall be."""
    given = db.session.get_one(PromotionGiven, redemption.id)
    terms = db.session.get_one(PromotionTerms, redemption.reward_id)
    person_email = _email_of(redemption) if terms.for_customer else None
    ours = Terms(terms.percent_off, terms.amount_off_minor, terms.currency)
    return Brief(
        redemption.id, box().open(given.sealed), terms.coupon_id or _coupon_of(redemption.reward_id, ours),
        None if terms.coupon_id else ours, redemption.reward.name, given.expires_at, person_email,
    )  # fmt: skip


def _email_of(redemption: Redemption) -> str | None:
    from portal.accounts.models import Person

    return db.session.get_one(Person, redemption.person_id).email


def _coupon_of(reward_id: str, terms: Terms) -> str:
    """A coupon can't be changed at Stripe: other terms, another coupon."""
    gives = f"{terms.percent_off}pc" if terms.percent_off else f"{terms.amount_off_minor}{terms.currency}"
    return f"portal-{reward_id}-{gives}"


def works(redemption: Redemption, made: PromotionCode) -> None:
    """Stripe has it."""
    given = db.session.get_one(PromotionGiven, redemption.id)
    given.promotion_id, given.state = made.id, CodeState.WORKS
    db.session.flush()


def came_too_late(redemption: Redemption, made: PromotionCode, *, now: datetime) -> None:
    """It was made while its points went back."""
    given = db.session.get_one(PromotionGiven, redemption.id)
    given.promotion_id, given.state = made.id, CodeState.OFF_DUE
    db.session.flush()
    jobs.schedule(SWITCH_OFF, redemption.id, due_at=now)


def take_back(redemption: Redemption, *, now: datetime) -> None:
    """Its points go back, so it has to stop working, also where nobody knows whether it was made."""
    given = db.session.get(PromotionGiven, redemption.id)
    if given is None or given.state not in (CodeState.WANTED, CodeState.WORKS):
        return
    due_at = now + IN_FLIGHT if given.state == CodeState.WANTED else now
    given.state = CodeState.OFF_DUE
    db.session.flush()
    jobs.schedule(SWITCH_OFF, redemption.id, due_at=due_at)


def to_switch_off(redemption_id: str) -> str | None:
    """The code in clear; None when there is nothing to switch off (any more)."""
    given = db.session.get(PromotionGiven, redemption_id)
    return box().open(given.sealed) if given is not None and given.state == CodeState.OFF_DUE else None


def switched_off(redemption_id: str, found: PromotionCode | None, *, now: datetime) -> None:
    """It works no more, or was never made, or had been used."""
    redemption = steps.hold(db.session.get_one(Redemption, redemption_id))
    given = db.session.get_one(PromotionGiven, redemption_id)
    if given.state != CodeState.OFF_DUE:
        return
    if found is None or not found.times_used:
        given.state = CodeState.OFF
        return
    given.promotion_id, given.state = found.id, CodeState.USED
    steps.note(redemption, actor_id=None, now=now, code="code_was_used")


def code_of(redemption_id: str) -> str:
    """The code in clear, for its owner's eyes. Raises LookupError without one, crypto.Unsealable without its key."""
    given = db.session.get(PromotionGiven, redemption_id)
    if given is None or given.state != CodeState.WORKS:
        raise LookupError(redemption_id)
    return box().open(given.sealed)
