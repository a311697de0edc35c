"""Campaigns, which fans know as seasons."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, one_of, where

ALWAYS_ON = "always-on"
"""Slug of the campaign that exists from the start; missions outside any season belong to it."""


PERCENT_MAX = 300
"""The most that a season multiplies points by."""


class CampaignState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    WRAPPING_UP = "wrapping_up"
    CLOSED = "closed"


class PrimaryGoal(StrEnum):
    AWARENESS = "awareness"
    LEADS = "leads"
    SALES = "sales"
    RECRUITMENT = "recruitment"
    THOUGHT_LEADERSHIP = "thought_leadership"
    COMMUNITY = "community"


class Campaign(PublicId, Base):
    """A season with exactly one primary goal and a budget of points."""

    __tablename__ = "campaign"

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text, default="")
    primary_goal: Mapped[str] = mapped_column(String(24))
    target: Mapped[int | None]
    """How much of the goal is aimed at; None where the season only watches."""
    target_unit: Mapped[str] = mapped_column(String(60), default="")
    """What the target counts, in words: repairs booked."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """None only for always-on."""
    points_budget: Mapped[int]
    """As planned; what is left is the ledger's to say."""
    points_percent: Mapped[int] = mapped_column(default=100)
    """What its missions pay, in percent of what they say, their bonus with it; for places taken from then on."""
    state: Mapped[str] = mapped_column(String(16), default=CampaignState.PLANNED)
    created_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    lock_version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        one_of("state", CampaignState),
        one_of("primary_goal", PrimaryGoal),
        CheckConstraint("points_budget >= 0", name="budget_not_negative"),
        CheckConstraint(f"points_percent BETWEEN 100 AND {PERCENT_MAX}", name="percent_never_less"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(f"ends_at IS NOT NULL OR slug = '{ALWAYS_ON}'", name="seasons_end"),
        Index("ix_campaign_live", "starts_at", **where("state = 'running'")),
    )
    __mapper_args__ = {"version_id_col": lock_version}
