"""Which steps a season can take, and which one its dates ask for. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta

from portal.campaigns.models import CampaignState

WRAP_UP = timedelta(days=14)
"""Between a season's end and its closing: claims that were made in it are handed in, checked and settled."""

NEXT_STEPS: dict[CampaignState, tuple[CampaignState, ...]] = {
    CampaignState.PLANNED: (CampaignState.RUNNING, CampaignState.CLOSED),
    CampaignState.RUNNING: (CampaignState.WRAPPING_UP,),
    CampaignState.WRAPPING_UP: (CampaignState.RUNNING, CampaignState.CLOSED),
    CampaignState.CLOSED: (),
}
"""By hand. A season that wraps up too early may run again; one that is closed stays closed."""

SLUG_LENGTH_MAX = 60


def due_state(state: CampaignState, starts_at: datetime, ends_at: datetime | None, now: datetime) -> CampaignState:
    """The state that the dates ask for at `now`; never one that lies behind `state`."""
    if state == CampaignState.PLANNED and starts_at <= now:
        state = CampaignState.RUNNING
    if ends_at is None:
        return state
    if state == CampaignState.RUNNING and ends_at <= now:
        state = CampaignState.WRAPPING_UP
    if state == CampaignState.WRAPPING_UP and ends_at + WRAP_UP <= now:
        state = CampaignState.CLOSED
    return state


def slug_of(name: str) -> str:
    """A name as part of an address: lower-case letters, digits and hyphens; "season" where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH_MAX].strip("-") or "season"
