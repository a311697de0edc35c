"""How one season goes: its goal against an even pace, its shares, its points and its days.

Read from what the rooms below keep; nothing is counted here a second time. Visits are counted by the UTC day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from portal.campaigns.models import Campaign
from portal.extensions import db
from portal.links.models import ClickDay, Conversion, TrackedLink
from portal.missions.models import Mission
from portal.points import ledger
from portal.points.postings import campaign_account
from portal.shares.models import Share

DAYS_SHOWN = 14


@dataclass(frozen=True)
class Day:
    """A UTC day's visits through the season's links."""

    day: date
    visitors: int
    clicks: int


@dataclass(frozen=True)
class Budget:
    """A season's points; the three parts are the whole."""

    planned: int
    paid: int
    reserved: int
    left: int


@dataclass(frozen=True)
class SeasonFigures:
    day: int
    """Of `days`, counted from 1; 0 before the start. `days` is 0 for a season that never ends."""
    days: int
    visitors: int
    """People who followed a link of the season, each counted once a link and day."""
    clicks: int
    conversions: int
    """Purchases and sign-ups, as the shop tells them."""
    planned_by_now: int | None
    """Of the target, spread evenly over the season; None without a target."""
    shares: dict[str, int]
    budget: Budget
    latest: Sequence[Day]
    """The latest days on which somebody came, the newest first."""


def season_figures(season: Campaign, *, now: datetime) -> SeasonFigures:
    """Six questions, whatever the season's size; reads days of links, not clicks."""
    day, days = place_in(season, now)
    visitors, clicks = _visits(season.id)
    return SeasonFigures(
        day=day, days=days, visitors=visitors, clicks=clicks, conversions=_conversions(season.id),
        planned_by_now=round(season.target * day / days) if season.target and days else None,
        shares=_shares_by_state(season.id), budget=_budget(season), latest=_latest_days(season.id),
    )  # fmt: skip


def place_in(season: Campaign, now: datetime) -> tuple[int, int]:
    """Which day of how many it is. Pure."""
    if season.ends_at is None:
        return 0, 0
    days = max(1, (season.ends_at - season.starts_at).days)
    return (0 if now < season.starts_at else min(days, (now - season.starts_at).days + 1)), days


def _visits(season_id: str) -> tuple[int, int]:
    counted = db.session.execute(
        select(func.sum(ClickDay.visitors), func.sum(ClickDay.clicks))
        .join(TrackedLink, TrackedLink.id == ClickDay.link_id)
        .where(TrackedLink.campaign_id == season_id)
    ).one()
    return int(counted[0] or 0), int(counted[1] or 0)


def _conversions(season_id: str) -> int:
    """What the shop told of the season's links and did not take back. Leans on both indexes of links."""
    standing = (
        select(func.count()).select_from(Conversion)
        .join(TrackedLink, TrackedLink.id == Conversion.link_id)
        .where(TrackedLink.campaign_id == season_id, Conversion.taken_back_at.is_(None))
    )  # fmt: skip
    return db.session.scalar(standing) or 0


def _shares_by_state(season_id: str) -> dict[str, int]:
    rows = db.session.execute(
        select(Share.state, func.count())
        .join(Mission, Mission.id == Share.mission_id)
        .where(Mission.campaign_id == season_id)
        .group_by(Share.state)
    )
    return dict(rows.all())


def _budget(season: Campaign) -> Budget:
    """The ledger knows what is left and what is set aside; the rest of the plan was paid."""
    left, reserved = campaign_account(season.id, "budget"), campaign_account(season.id, "reserved")
    held = ledger.balances([left, reserved])
    return Budget(season.points_budget, season.points_budget - held[left] - held[reserved], held[reserved], held[left])


def _latest_days(season_id: str) -> list[Day]:
    rows = db.session.execute(
        select(ClickDay.day, func.sum(ClickDay.visitors), func.sum(ClickDay.clicks))
        .join(TrackedLink, TrackedLink.id == ClickDay.link_id)
        .where(TrackedLink.campaign_id == season_id)
        .group_by(ClickDay.day)
        .order_by(ClickDay.day.desc())
        .limit(DAYS_SHOWN)
    )
    return [Day(day, int(visitors), int(clicks)) for day, visitors, clicks in rows]
