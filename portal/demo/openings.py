"""What people earned before the season that is told: one award each, so that the ledger says where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _

from portal.accounts.models import Person
from portal.campaigns.queries import always_on
from portal.points import awards, budgets
from portal.points.explaining import Explained, explains
from portal.points.ledger import Cause

KIND = "opening"
POINTS_PER_TEN_DAYS = 80


def bring_along(person: Person, *, days_before_season: int, now: datetime) -> None:
    """Pay `person` for the time before the season, from always-on's budget."""
    points = days_before_season // 10 * POINTS_PER_TEN_DAYS
    if points <= 0:
        return
    cause, campaign = Cause(KIND, person.id), always_on()
    budgets.reserve(cause, campaign.id, points, now=now)
    awards.award(cause, campaign_id=campaign.id, person_id=person.id, points_now=points, points_held=0, now=now)


@explains(KIND)
def explain(person_ids: Sequence[str]) -> Mapping[str, Explained]:
    """The same words for everybody."""
    return {person_id: Explained(_("missions before this season")) for person_id in person_ids}
