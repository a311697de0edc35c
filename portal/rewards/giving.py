"""Rewards that staff give by hand: a season's budget pays what they are worth, and no point of their owner moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import LazyString, lazy_gettext, lazy_ngettext
from sqlalchemy import func, select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.folding import folded
from portal.rewards import redeeming
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.models import Redemption, Reward
from portal.rewards.refusals import LimitReached, OrderRefused, OutOfStock, RedemptionRefused, RewardPaused

LOOKED_AT_MAX = 200
"""Names that look like the one that was typed."""


def people_called(typed: str) -> Sequence[Person]:
    """Active people with this very name or e-mail address, at most two: one is meant, or it is not clear.

    Capitals don't count, in any alphabet; SQLite by itself knows those of English only.
    """
    who = typed.strip().casefold()
    alike = (Person.name_key == folded(typed)) | (func.lower(Person.email) == who)
    found = db.session.scalars(select(Person).where(alike, Person.state == PersonState.ACTIVE).limit(LOOKED_AT_MAX))
    return [each for each in found if who in (each.display_name.casefold(), (each.email or "").casefold())][:2]


def give(reward: Reward, person: Person, *, campaign_id: str, why: str, actor: Person, now: datetime) -> Redemption:
    """Give `person` one of `reward`; they read `why`.

    Raises OrderRefused for oneself and for a kind that its owner must say something to, points.BudgetExhausted, and the
    refusals of `redeem` that are about the reward.
    """
    if person.id == actor.id:
        raise OrderRefused(lazy_gettext("Nobody gives something to themselves. Ask a colleague."))
    if not fulfilment_of(reward.kind).can_be_given:
        raise OrderRefused(
            lazy_gettext(
                "This kind can’t be given by hand: what is sent needs its owner’s address, and a donation is their own."
            )
        )
    redemption = redeeming.give(reward, person, campaign_id=campaign_id, why=why, actor=actor, now=now)
    audit(
        "reward.given", ("redemption", redemption.id), actor_id=actor.id, why=why,
        after={"reward": reward.id, "person": person.id, "campaign": campaign_id, "points": reward.price_points},
    )  # fmt: skip
    return redemption


def why_not_given(refusal: RedemptionRefused, reward: Reward, name: str) -> LazyString:
    """The sentence of `refusal` speaks to who redeems; this one to who would give it to somebody of that `name`."""
    match refusal:
        case LimitReached():
            return lazy_ngettext(
                "%(name)s has it already, and one person can have it %(num)d time. Raise “How many per person” first.",
                "%(name)s has it already, and one person can have it %(num)d times. Raise “How many per person” first.",
                reward.per_person_max, name=name,
            )  # fmt: skip
        case OutOfStock():
            return lazy_gettext("None is left to give. Add to the stock first.")
        case RewardPaused():
            return lazy_gettext("Only what stands in the catalogue can be given. List it first.")
        case _:
            return lazy_gettext(
                "%(name)s can’t have this: look at “Who may have it”, the countries and the time below.",
                name=name,
            )  # fmt: skip
