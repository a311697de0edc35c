"""Rewards that staff give by hand: a season's budget pays what they are worth, and no point of their owner moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext
from sqlalchemy import func, select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.folding import folded
from portal.rewards import redeeming
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.models import Redemption, Reward
from portal.rewards.refusals import OrderRefused

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
