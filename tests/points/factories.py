"""Points that people and campaigns have, for the tests of every room above the ledger. Each function commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from portal.accounts.models import Person
from portal.campaigns.models import Campaign, CampaignState, PrimaryGoal
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, budgets
from portal.points.ledger import Cause
from portal.points.models import Award

_numbers = count(1)


def a_funded_campaign(*, budget: int = 100_000, reserved: int = 50_000) -> Campaign:
    """A running season with points: `reserved` of its `budget` are set aside already."""
    number, now = next(_numbers), clock.now()
    with unit_of_work():
        campaign = Campaign(
            slug=f"funded-{number}", name=f"Funded season {number}", primary_goal=PrimaryGoal.AWARENESS,
            starts_at=now - timedelta(days=30), ends_at=now + timedelta(days=60), points_budget=budget,
            state=CampaignState.RUNNING, created_at=now,
        )  # fmt: skip
        db.session.add(campaign)
        db.session.flush()
        fund_and_reserve(campaign.id, budget=budget, reserved=reserved)
    return campaign


def fund_and_reserve(campaign_id: str, *, budget: int, reserved: int) -> None:
    """Give a campaign points, inside the caller's unit of work."""
    now = clock.now()
    budgets.fund(campaign_id, budget, now=now)
    budgets.reserve(Cause("claim", f"test-{next(_numbers)}"), campaign_id, reserved, now=now)


def an_award(
    person: Person,
    *,
    points_now: int = 100,
    points_held: int = 0,
    campaign: Campaign | None = None,
    cause: Cause | None = None,
    held_until: datetime | None = None,
) -> Award:
    """Something that `person` was paid for."""
    campaign = campaign or a_funded_campaign()
    with unit_of_work():
        return awards.award(
            cause or Cause("share", f"test-{next(_numbers)}"),
            campaign_id=campaign.id, person_id=person.id, points_now=points_now, points_held=points_held,
            now=clock.now(), held_until=held_until,
        )  # fmt: skip


def a_person_has(person: Person, points: int) -> Person:
    """Give `person` points to spend, as one award."""
    an_award(person, points_now=points, campaign=a_funded_campaign(budget=points, reserved=points))
    return person
