"""Who may have a reward, and when: its tracks, its countries, its tier, its time."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.points.tiers import Stands
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.listed import Listed
from portal.rewards.models import Reward
from portal.rewards.refusals import NotForYou, NotNow, RedemptionRefused, TierTooLow
from portal.rewards.tier_terms import missing_tier


def refusal(reward: Reward | Listed, person: Person, here: Stands, *, now: datetime) -> RedemptionRefused | None:
    """Why `person`, whose tier is `here`, may not have it now; None when they may.

    What a person can change least comes first, and the time last: whoever will never have it need not wait for it.
    """
    if reward.tracks and person.track not in reward.tracks:
        return NotForYou(reward, "track")
    if reward.countries and person.country not in reward.countries:
        return NotForYou(reward, "country")
    if (higher := missing_tier(reward, here)) is not None:
        return TierTooLow(reward, tier=higher.level.name, left=higher.left)
    begins = begins_for(reward, here)
    if begins is not None and now < begins:
        return NotNow(reward, begins)
    ends = ends_for(reward)
    return NotNow(reward, None) if ends is not None and now >= ends else None


def ends_for(reward: Reward | Listed) -> datetime | None:
    """Until when anybody may have it; a list has asked the kind already."""
    return reward.available_until if isinstance(reward, Listed) else fulfilment_of(reward.kind).ends_at(reward)


def begins_for(reward: Reward | Listed, here: Stands) -> datetime | None:
    """From when on somebody who stands `here` may have it: sooner than others where their tier says so."""
    return None if reward.available_from is None else reward.available_from - here.early
