"""The review queue: cases that need a person, and what was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.kernel.base import Base, PublicId, one_of, where
from portal.rewards.problem_models import Problem
from portal.shares.models import Share


class CaseKind(StrEnum):
    """Why a person is needed. Applications and reports get their own kinds when their rooms exist."""

    SHARE = "share"
    APPEAL = "appeal"
    PROBLEM = "problem"
    """Something is wrong with an order."""


class CaseState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    DROPPED = "dropped"
    """The fan withdrew, or the checks could tell after all."""


class Verdict(StrEnum):
    VERIFY = "verify"
    DECLINE = "decline"
    ASK_CHANGE = "ask_change"


WAITING = where("state = 'open'")
"""The queue's indexes hold what is open, so their size is that of the queue, whatever was decided before."""


class Case(PublicId, Base):
    """One thing that waits for a person."""

    __tablename__ = "review_case"

    kind: Mapped[str] = mapped_column(String(16))
    share_id: Mapped[str | None] = mapped_column(ForeignKey("share.id"), index=True)
    problem_id: Mapped[str | None] = mapped_column(ForeignKey("redemption_problem.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    """Whose case it is. Like mission and platform copied from the share, which never changes them: the queue filters by
    them along its own indexes."""
    mission_id: Mapped[str | None] = mapped_column(ForeignKey("mission.id"))
    platform: Mapped[str | None] = mapped_column(String(32))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("review_case.id"))
    """The case of the same share before this one; an undone decision re-opens its own instead."""
    state: Mapped[str] = mapped_column(String(16), default=CaseState.OPEN)
    why: Mapped[str] = mapped_column(String(64))
    """Code of the doubt: could_not_tell, checks_broke, network_gone, appealed …"""
    appeal_text: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """By when the fan was promised an answer."""
    ranked_at: Mapped[datetime]
    """Where it stands in the queue: when it is due, earlier for what weighs more (`rules.ranked_at`)."""
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
    problem: Mapped[Problem | None] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)
    taken_by: Mapped[Person | None] = relationship(foreign_keys=taken_by_id)
    handed_to: Mapped[Person | None] = relationship(foreign_keys=handed_to_id)
    decisions: Mapped[list[Decision]] = relationship(order_by="Decision.decided_at, Decision.id", back_populates="case")

    __table_args__ = (
        one_of("kind", CaseKind),
        one_of("state", CaseState),
        CheckConstraint("(share_id IS NULL) <> (problem_id IS NULL)", name="exactly_one_subject"),
        CheckConstraint("(kind = 'problem') = (problem_id IS NOT NULL)", name="subject_of_its_kind"),
        CheckConstraint("(taken_by_id IS NULL) = (taken_until IS NULL)", name="taken_has_end"),
        CheckConstraint("taken_by_id IS NULL OR state = 'open'", name="only_open_ones_are_taken"),
        Index("one_open_case_per_share", "share_id", unique=True, **WAITING),
        Index("one_open_case_per_problem", "problem_id", unique=True, **WAITING),
        Index("ix_review_case_queue", "ranked_at", "id", **WAITING),
        Index("ix_review_case_kind", "kind", "ranked_at", "id", **WAITING),
        Index("ix_review_case_platform", "platform", "ranked_at", "id", **WAITING),
        Index("ix_review_case_mission", "mission_id", "ranked_at", "id", **WAITING),
        Index("ix_review_case_why", "why", "ranked_at", "id", **WAITING),
        Index("ix_review_case_opened", "opened_at", **WAITING),
        Index("ix_review_case_later", "later_until", **where("state = 'open' AND later_until IS NOT NULL")),
        Index("ix_review_case_handed", "handed_to_id", **where("handed_to_id IS NOT NULL")),
        Index("ix_review_case_taken", "taken_by_id", **where("taken_by_id IS NOT NULL")),
    )
    __mapper_args__ = {"version_id_col": lock_version}


IN_FORCE = where("undone_at IS NULL")


class Decision(PublicId, Base):
    """A moderator's answer, with the reason that the fan reads; undone within ten minutes or by a later one."""

    __tablename__ = "decision"

    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    moderator_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime]
    in_time: Mapped[bool]
    """Not later than the fan was promised."""
    change_id: Mapped[str] = mapped_column(ForeignKey("share_change.id"))
    """What it did to the share; undone, that change no longer holds."""
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))

    case: Mapped[Case] = relationship(back_populates="decisions")
    moderator: Mapped[Person] = relationship(foreign_keys=moderator_id)

    __table_args__ = (
        one_of("verdict", Verdict),
        Index("one_decision_in_force", "case_id", unique=True, **IN_FORCE),
        Index("ix_decision_moderator", "moderator_id", "decided_at"),
        Index("ix_decision_in_time", "decided_at", "in_time", **IN_FORCE),
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_by_somebody"),
    )
