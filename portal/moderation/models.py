"""The review queue: cases that need a person, and what was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where
from portal.shares.models import Share


class CaseKind(StrEnum):
    """Why a person is needed. Applications and reports get their own kinds when their rooms exist."""

    SHARE = "share"
    APPEAL = "appeal"


class CaseState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    DROPPED = "dropped"
    """The fan withdrew, or the checks could tell after all."""


class Verdict(StrEnum):
    VERIFY = "verify"
    DECLINE = "decline"
    ASK_CHANGE = "ask_change"


class Case(PublicId, Base):
    """One thing that waits for a person."""

    __tablename__ = "review_case"

    kind: Mapped[str] = mapped_column(String(16))
    share_id: Mapped[str | None] = mapped_column(ForeignKey("share.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default=CaseState.OPEN)
    why: Mapped[str] = mapped_column(String(64))
    """Code of the doubt: could_not_tell, risky, sampled, appealed …"""
    appeal_text: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    later_until: Mapped[datetime | None]
    """Put off by a moderator until then."""
    taken_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    taken_until: Mapped[datetime | None]
    """A colleague who has it open; an idle lease falls back."""
    handed_to_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    handed_note: Mapped[str] = mapped_column(Text, default="")
    not_for_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """Whose decision is appealed: an appeal goes to somebody else."""
    lock_version: Mapped[int] = mapped_column(default=1)

    share: Mapped[Share | None] = relationship()
    decisions: Mapped[list[Decision]] = relationship(order_by="Decision.decided_at", back_populates="case")

    __table_args__ = (
        one_of("kind", CaseKind),
        one_of("state", CaseState),
        CheckConstraint("share_id IS NOT NULL", name="exactly_one_subject"),
        Index(
            "one_open_case_per_share",
            "share_id",
            unique=True,
            **where("state = 'open'"),
        ),
        Index("ix_review_case_queue", "due_at", "id", **where("state = 'open'")),
    )
    __mapper_args__ = {"version_id_col": lock_version}


class Decision(PublicId, Base):
    """A moderator's answer, with the reason that the fan reads; undone within ten minutes or by a later one."""

    __tablename__ = "decision"

    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    moderator_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))

    case: Mapped[Case] = relationship(back_populates="decisions")

    __table_args__ = (
        one_of("verdict", Verdict),
        Index(
            "one_decision_in_force",
            "case_id",
            unique=True,
            **where("undone_at IS NULL"),
        ),
        Index("ix_decision_moderator", "moderator_id", "decided_at"),
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_by_somebody"),
    )
