"""Seasons for the tests of every room. Each function commits."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from portal.accounts.models import Person
from portal.campaigns import queries
from portal.campaigns.models import Campaign, PrimaryGoal
from portal.campaigns.planning import SeasonPlan, create_season
from portal.campaigns.ports import budget_desk
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.factories import a_person

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run


def a_season_plan(**changes: Any) -> SeasonPlan:
    """A plan that runs from yesterday for sixty days, with 10,000 points."""
    now = clock.now()
    values: dict[str, Any] = {
        "name": f"Repair Autumn {next(_numbers)}",
        "summary": "Mend it, wear it, tell it.",
        "primary_goal": PrimaryGoal.COMMUNITY,
        "target": 900,
        "target_unit": "repairs booked",
        "starts_at": now - timedelta(days=1),
        "ends_at": now + timedelta(days=60),
        "points_budget": 10_000,
    }
    return SeasonPlan(**{**values, **changes})


def a_campaign(*, actor: Person | None = None, state: str | None = None, **changes: Any) -> Campaign:
    """A season that runs now and is funded; `state` puts it elsewhere without asking its dates."""
    actor = actor or a_person()
    with unit_of_work():
        campaign = create_season(a_season_plan(**changes), actor=actor, now=clock.now())
        if state is not None:
            campaign.state = state
    return campaign


def always_on(points_budget: int = 10_000) -> Campaign:
    """The campaign that exists from the start, with points to give."""
    with unit_of_work():
        campaign = queries.always_on()
        campaign.points_budget = points_budget
        budget_desk().fund(campaign.id, points_budget, now=clock.now())
    return campaign
