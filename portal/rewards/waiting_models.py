"""Who would like a reward: those who wait until there is one again, and those who save for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where
from portal.rewards.models import Reward


class WaitState(StrEnum):
    WAITING = "waiting"
    HELD = "held"
    """One is out of the stock for them, until `held_until`."""
    TAKEN = "taken"
    MISSED = "missed"
    LEFT = "left"
    CLOSED = "closed"
    """The reward left the catalogue, and its line with it."""


class Wait(PublicId, Base):
    """One person's place in the line for a reward, or for one sort of it."""

    __tablename__ = "reward_wait"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"))
    variant_id: Mapped[str | None] = mapped_column(ForeignKey("reward_variant.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(16), default=WaitState.WAITING)
    joined_at: Mapped[datetime]
    held_until: Mapped[datetime | None]

    __table_args__ = (
        one_of("state", WaitState),
        CheckConstraint("(state = 'held') = (held_until IS NOT NULL)", name="held_until_a_moment"),
        Index("one_wait_per_person", "person_id", "reward_id", unique=True, **where("state IN ('waiting', 'held')")),
        Index("ix_reward_wait_line", "reward_id", "joined_at", "id", **where("state = 'waiting'")),
    )


class Wish(Base):
    """Something that somebody saves for."""

    __tablename__ = "reward_wish"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    added_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When its owner heard that they can have it, or could have it already when they wished it: told once."""

    reward: Mapped[Reward] = relationship()

    __table_args__ = (
        Index("ix_reward_wish_untold", "person_id", "reward_id", **where("told_at IS NULL")),
        Index("ix_reward_wish_reward_id", "reward_id"),
    )
