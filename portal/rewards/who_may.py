"""Who may have a reward, and when: its tracks, its countries, its time."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.rewards.models import Reward
from portal.rewards.refusals import NotForYou, NotNow, RedemptionRefused


def refusal(reward: Reward, person: Person, *, now: datetime) -> RedemptionRefused | None:
    """Why `person` may not have it now; None when they may."""
    if reward.tracks and person.track not in reward.tracks:
        return NotForYou(reward)
    if reward.countries and person.country not in reward.countries:
        return NotForYou(reward)
    early = reward.available_from is not None and now < reward.available_from
    late = reward.available_until is not None and now >= reward.available_until
    return NotNow(reward) if early or late else None
