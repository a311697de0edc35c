"""Moves seasons on when their dates ask for it."""

from __future__ import annotations

from datetime import timedelta

from portal.campaigns.models import CampaignState
from portal.campaigns.planning import move_season
from portal.campaigns.queries import due_to_move
from portal.campaigns.rules import due_state
from portal.kernel import clock, jobs


@jobs.every(timedelta(minutes=5), "advance_seasons")
def advance_seasons(_lease: jobs.Lease) -> None:
    now = clock.now()
    for campaign in due_to_move(now):
        to = due_state(CampaignState(campaign.state), campaign.starts_at, campaign.ends_at, now)
        if to != campaign.state:
            move_season(campaign, to, actor=None, why="dates", now=now)
