"""Tiers: what staff set, what somebody earned on each day, where they stand, and how that changed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, one_of


class TierPlan(PublicId, Base):
    """The tiers as staff set them; the newest holds, older ones are kept."""

    __tablename__ = "tier_plan"

    number: Mapped[int] = mapped_column(unique=True)
    """Counts the plans: two people who save at once can't both be the next."""
    window_months: Mapped[int]
    """How far back earned points count."""
    grace_days: Mapped[int]
    """How long a tier is kept after its points are no longer there."""
    levels: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """From the lowest up: `name`, `points`, `early_hours`, `extra_percent`."""
    why: Mapped[str] = mapped_column(String(300))
    set_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("window_months BETWEEN 1 AND 36", name="window_makes_sense"),
        CheckConstraint("grace_days BETWEEN 0 AND 366", name="grace_makes_sense"),
    )


class PointsDay(Base):
    """What one person earned on one day (UTC) and nobody took back; kept in the transaction of each movement."""

    __tablename__ = "points_day"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    points: Mapped[int]

    __table_args__ = (CheckConstraint("points >= 0", name="earned_not_negative"),)


class Standing(Base):
    """Where a person stands, as of the last weighing; nobody has a row who never earned anything."""

    __tablename__ = "tier_standing"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int]
    """Of the levels, counted from 1; 0: none at present."""
    since: Mapped[datetime]
    points: Mapped[int]
    """Earned within the window."""
    sure_until: Mapped[date | None] = mapped_column(Date)
    """The first day on which they are too few for the tier, if nothing more is earned; None without a tier."""
    drops_at: Mapped[datetime | None]
    """When the grace ends; None while the points are there."""
    due_at: Mapped[datetime | None]
    """When to look again, if nothing happens before: some points count no more, or the grace ends."""

    __table_args__ = (
        CheckConstraint('"rank" >= 0', name="rank_not_negative"),
        CheckConstraint("drops_at IS NULL OR due_at IS NOT NULL", name="grace_is_ended"),
        Index("ix_tier_standing_due", "due_at"),
    )


class TierMove(StrEnum):
    """Raised; warned that the grace began; kept after all; eased to a lower tier when the grace was over."""

    RAISED = "raised"
    WARNED = "warned"
    KEPT = "kept"
    EASED = "eased"


class TierChange(PublicId, Base):
    """One change of somebody's standing; written only by the weighing itself."""

    __tablename__ = "tier_change"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    move: Mapped[str] = mapped_column(String(16))
    from_rank: Mapped[int]
    to_rank: Mapped[int]
    points: Mapped[int]
    """In the window, when it was weighed."""
    at: Mapped[datetime]

    __table_args__ = (one_of("move", TierMove), Index("ix_tier_change_person", "person_id", "at"))
