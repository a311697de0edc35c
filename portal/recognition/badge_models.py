"""Badges that people have, or had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.kernel.base import Base, PublicId, where


class HeldBadge(PublicId, Base):
    """One badge of one person, what earned it, and whether they show it to the world."""

    __tablename__ = "held_badge"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    badge: Mapped[str] = mapped_column(String(40))
    cause_kind: Mapped[str] = mapped_column(String(32))
    cause_id: Mapped[str] = mapped_column(String(80))
    """What earned it; for one given by hand, who gave it."""
    reason: Mapped[str] = mapped_column(String(300), default="")
    """Of one given by hand: what for, as its bearer reads it."""
    awarded_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
    taken_back_why: Mapped[str] = mapped_column(String(300), default="")
    share_token: Mapped[str | None] = mapped_column(String(32), unique=True)
    """Of its public page, made when its bearer wants one; None: there is none."""

    person: Mapped[Person] = relationship()

    __table_args__ = (
        Index("a_badge_is_held_once", "person_id", "badge", unique=True, **where("taken_back_at IS NULL")),
        Index("ix_held_badge_cause", "cause_kind", "cause_id"),
        CheckConstraint("taken_back_at IS NULL OR share_token IS NULL", name="shown_only_while_held"),
    )
