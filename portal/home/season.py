"""How the season goes, in figures that say what they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

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
    verified: int
    declined: int
    planned_by_now: int | None
    """Of the target, spread evenly over the season; None without a target."""


def progress(now: datetime) -> Progress | None:
    """Of the season that pages speak of; None when none runs. Reads days of links, not clicks."""
    season = current_season()
    if season is None or season.ends_at is None:
        return None
    days = max(1, (season.ends_at - season.starts_at).days)
    day = min(days, max(1, (now - season.starts_at).days + 1))
    counts = _shares_by_state(season.id)
    return Progress(
        season=season,
        day=day,
        days=days,
        visitors=_visitors(TrackedLink.campaign_id == season.id),
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


def visitors_of_person(person_id: str, season_id: str) -> int:
    """Whom this person's links brought in a season."""
    return _visitors(TrackedLink.person_id == person_id, TrackedLink.campaign_id == season_id)


def _visitors(*whose: object) -> int:
    total = select(func.coalesce(func.sum(ClickDay.visitors), 0)).join(TrackedLink, TrackedLink.id == ClickDay.link_id)
    return int(db.session.scalar(total.where(*whose)) or 0)  # type: ignore[arg-type]


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
