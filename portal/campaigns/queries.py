"""What pages and other rooms ask about campaigns. There are few of them: dozens, never thousands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, case, select

from portal.campaigns.models import ALWAYS_ON, Campaign, CampaignState
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.pages import Page, page_of
from portal.kernel.rows import rows_of

SEASONS_MAX = 200


def always_on() -> Campaign:
    """The campaign of missions outside any season; the first migration makes it."""
    return db.session.scalars(select(Campaign).where(Campaign.slug == ALWAYS_ON)).one()


def current_season() -> Campaign | None:
    """The season that a page speaks of when it has room for one: the running one that ends first.

    Leans on `ix_campaign_live`.
    """
    return db.session.scalars(_running(Campaign)).first()


def current_name() -> Row[str, str] | None:
    """The id and the name of that season."""
    return rows_of(_running(Campaign.id, Campaign.name)).first()


@cache
def _running(*shown: Any) -> Select[*tuple[Any, ...]]:
    """Put together once for what is shown: most pages speak of the season."""
    return (
        select(*shown)
        .where(Campaign.state == CampaignState.RUNNING, Campaign.slug != ALWAYS_ON)
        .order_by(Campaign.ends_at)
        .limit(1)
    )


def campaign_by_id(campaign_id: str) -> Campaign | None:
    return db.session.get(Campaign, campaign_id)


def newest_names() -> dict[str, str]:
    """How the newest seasons are called, by id."""
    named = select(Campaign.id, Campaign.name).order_by(Campaign.starts_at.desc()).limit(SEASONS_MAX)
    return {row.id: row.name for row in db.session.execute(named)}


def open_for_missions() -> list[Campaign]:
    """Campaigns that a mission can be put into: always-on first, then the seasons that aren't over."""
    return list(
        db.session.scalars(
            select(Campaign)
            .where(Campaign.state.in_([CampaignState.PLANNED, CampaignState.RUNNING]))
            .order_by(case((Campaign.slug == ALWAYS_ON, 0), else_=1), Campaign.starts_at.desc())
            .limit(SEASONS_MAX)
        )
    )


def seasons_page(cursor: str | None) -> Page[Campaign]:
    """Every campaign for staff, the latest start first."""
    return page_of(select(Campaign), by=[Campaign.starts_at, Campaign.id], cursor=cursor)


def due_to_move(now: datetime | None = None) -> Sequence[Campaign]:
    """Seasons whose dates may ask for another state."""
    now = now or clock.now()
    return db.session.scalars(
        select(Campaign)
        .where(
            Campaign.state != CampaignState.CLOSED,
            Campaign.slug != ALWAYS_ON,
            (Campaign.starts_at <= now) | (Campaign.ends_at <= now),
        )
        .order_by(Campaign.id)
        .limit(SEASONS_MAX)
    ).all()
