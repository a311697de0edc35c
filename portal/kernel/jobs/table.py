"""The rows behind `jobs`: work that is due, and the lanes that some of it waits in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, one_of, where

LANE_NAME_LENGTH_MAX = 300


class JobState(StrEnum):
    """A job that is done has no row any more."""

    WAITING = "waiting"
    FAILED = "failed"


class Job(PublicId, Base):
    """One piece of work that is due at a time; at most one per kind and key."""

    __tablename__ = "job"

    kind: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), default=JobState.WAITING)
    round: Mapped[int] = mapped_column(default=1)
    """Counts `schedule` calls, so that work asked for while a worker is at it is done again afterwards."""
    lane: Mapped[str | None] = mapped_column(String(LANE_NAME_LENGTH_MAX))
    """Work that can wait has one; jobs of one lane run one after the other. None: urgent."""
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("kind", "key"),
        one_of("state", JobState),
        Index("ix_job_due", "due_at", **where("state = 'waiting' AND lane IS NULL")),
        Index("ix_job_due_in_lane", "lane", "due_at", "id", **where("state = 'waiting' AND lane IS NOT NULL")),
        Index("ix_job_held_in_lane", "lane", "leased_until", **where("lane IS NOT NULL AND leased_until IS NOT NULL")),
    )


class JobLane(Base):
    """A queue of its own for work that shares something slow, like one server that is read from."""

    __tablename__ = "job_lane"

    name: Mapped[str] = mapped_column(String(LANE_NAME_LENGTH_MAX), primary_key=True)
    closed_until: Mapped[datetime | None]
    """Nothing of it is begun before."""
