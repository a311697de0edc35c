"""How the season goes, in figures that say what they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, case, func, literal, select

from portal.campaigns.models import Campaign
from portal.campaigns.queries import current_season
from portal.extensions import db
from portal.links.models import ClickDay, TrackedLink
from portal.missions.models import Mission
from portal.moderation.models import Case, Decision
from portal.shares.models import Share, ShareState

COUNTED = (ShareState.VERIFIED, ShareState.SETTLED)
WAITS_LOOKED_AT = 200
WAIT_WINDOW = timedelta(days=30)
WAITS_MIN = 5
"""Fewer decisions than these say nothing about the usual wait."""


@dataclass(frozen=True)
class Progress:
    """A running season and what it brought so far."""

    season: Campaign
    day: int
    days: int
    visitors: int
    """People who followed a fan's link, each counted once a link and day."""
    mine: int
    """Those of them whom the links of the person who asks brought in."""
    verified: int
    declined: int
    planned_by_now: int | None
    """Of the target, spread evenly over the season; None without a target."""


def progress(now: datetime, *, person_id: str = "") -> Progress | None:
    """Of the season that pages speak of; None when none runs. Reads days of links, not clicks."""
    season = current_season()
    if season is None or season.ends_at is None:
        return None
    days = max(1, (season.ends_at - season.starts_at).days)
    day = min(days, max(1, (now - season.starts_at).days + 1))
    brought = _brought(season.id, person_id)
    return Progress(
        season=season,
        day=day,
        days=days,
        visitors=int(brought.visitors or 0),
        mine=int(brought.mine or 0),
        verified=int(brought.verified or 0),
        declined=int(brought.declined or 0),
        planned_by_now=round(season.target * day / days) if season.target else None,
    )


def _brought(season_id: str, person_id: str) -> Row[int | None, int | None, int | None, int | None]:
    """Whom the season's links brought in, how many of them the links of one person, and how its shares ended.

    Sums: none is no number, and PostgreSQL's are decimals.
    """
    by_one = case((TrackedLink.person_id == person_id, ClickDay.visitors), else_=0)
    links = (
        select(func.sum(ClickDay.visitors).label("visitors"), func.sum(by_one).label("mine"))
        .join(TrackedLink, TrackedLink.id == ClickDay.link_id)
        .where(TrackedLink.campaign_id == season_id)
        .subquery()
    )
    shares = (
        select(
            func.sum(case((Share.state.in_(COUNTED), 1), else_=0)).label("verified"),
            func.sum(case((Share.state == ShareState.REJECTED, 1), else_=0)).label("declined"),
        )
        .join(Mission, Mission.id == Share.mission_id)
        .where(Mission.campaign_id == season_id)
        .subquery()
    )
    both = select(links.c.visitors, links.c.mine, shares.c.verified, shares.c.declined)
    return db.session.execute(both.select_from(links).join(shares, literal(True))).one()


def usual_wait(now: datetime) -> timedelta | None:
    """The median time that a case waited for a person, of the last decisions; None for too few to say."""
    waited = db.session.execute(
        select(Case.opened_at, Decision.decided_at)
        .join(Case, Case.id == Decision.case_id)
        .where(Decision.decided_at >= now - WAIT_WINDOW, Decision.undone_at.is_(None))
        .order_by(Decision.decided_at.desc())
        .limit(WAITS_LOOKED_AT)
    ).all()
    if len(waited) < WAITS_MIN:
        return None
    waits = sorted(decided_at - opened_at for opened_at, decided_at in waited)
    return waits[len(waits) // 2]
