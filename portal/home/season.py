"""How the season goes, in figures that say what they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

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
    counts = _shares_by_state(season.id)
    visitors, mine = _visitors(season.id, person_id)
    return Progress(
        season=season,
        day=day,
        days=days,
        visitors=visitors,
        mine=mine,
        verified=sum(counts.get(state, 0) for state in COUNTED),
        declined=counts.get(ShareState.REJECTED, 0),
        planned_by_now=round(season.target * day / days) if season.target else None,
    )


def _shares_by_state(season_id: str) -> dict[str, int]:
    rows = db.session.execute(
        select(Share.state, func.count())
        .join(Mission, Mission.id == Share.mission_id)
        .where(Mission.campaign_id == season_id)
        .group_by(Share.state)
    )
    return dict(rows.all())


def _visitors(season_id: str, person_id: str) -> tuple[int, int]:
    """Whom the season's links brought in, and how many of them the links of one person."""
    everybody = func.sum(ClickDay.visitors)
    by_one = func.sum(case((TrackedLink.person_id == person_id, ClickDay.visitors), else_=0))
    counted = db.session.execute(
        select(everybody, by_one)
        .join(TrackedLink, TrackedLink.id == ClickDay.link_id)
        .where(TrackedLink.campaign_id == season_id)
    ).one()
    return int(counted[0] or 0), int(counted[1] or 0)


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
