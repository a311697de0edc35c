"""What people say is wrong with something they redeemed, and what staff answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where
from portal.rewards.models import Redemption


class ProblemState(StrEnum):
    OPEN = "open"
    REPLACED = "replaced"
    REFUNDED = "refunded"
    REFUSED = "refused"
    OVER = "over"
    """The order's points went back before anybody answered."""


class Problem(PublicId, Base):
    """One thing that is wrong, as its owner says it."""

    __tablename__ = "redemption_problem"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default=ProblemState.OPEN)
    opened_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    redemption: Mapped[Redemption] = relationship()

    __table_args__ = (
        one_of("state", ProblemState),
        CheckConstraint("(state IN ('open', 'over')) = (decided_by_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_a_moment"),
        Index("one_open_problem", "redemption_id", unique=True, **where("state = 'open'")),
        Index("ix_redemption_problem_open", "opened_at", "id", **where("state = 'open'")),
    )
