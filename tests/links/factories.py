"""Links for tests."""

from __future__ import annotations

from portal.campaigns.models import Campaign
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.links.making import link_for_campaign
from portal.links.models import TrackedLink
from tests.campaigns.factories import a_campaign

TARGET = "https://hollinfell.example/repairs"


def a_link(*, campaign: Campaign | None = None, target: str = TARGET) -> TrackedLink:
    """A campaign's general link."""
    campaign = campaign or a_campaign()
    with unit_of_work():
        return link_for_campaign(campaign.id, target=target, now=clock.now())
