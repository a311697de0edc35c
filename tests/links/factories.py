"""Links for tests."""

from __future__ import annotations

from portal.campaigns.models import Campaign
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.links.making import new_code
from portal.links.models import TrackedLink
from tests.campaigns.factories import a_campaign

TARGET = "https://hollinfell.example/repairs"


def a_link(*, campaign: Campaign | None = None, target: str = TARGET) -> TrackedLink:
    """A link that belongs to a campaign and to nobody."""
    campaign = campaign or a_campaign()
    link = TrackedLink(code=new_code(), target=target, campaign_id=campaign.id, created_at=clock.now())
    with unit_of_work():
        db.session.add(link)
    return link
