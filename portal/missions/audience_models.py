"""What protects fans' audiences: limits, what somebody likes to share, what they passed by, how they rate content."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, one_of

EVERYBODY = "everybody"


class AudienceLimit(Base):
    """The limit that staff set: one row, or none while the default holds."""

    __tablename__ = "audience_limit"

    scope: Mapped[str] = mapped_column(String(16), primary_key=True, default=EVERYBODY)
    week_max: Mapped[int]
    month_max: Mapped[int]
    gap_hours: Mapped[int]
    changed_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(f"scope = '{EVERYBODY}'", name="one_for_all"),
        CheckConstraint("week_max > 0 AND month_max >= week_max AND gap_hours >= 0", name="limits_make_sense"),
    )


class AudienceChoice(Base):
    """What a person chose for their own audience. None: nothing beyond what staff set."""

    __tablename__ = "audience_choice"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    week_max: Mapped[int | None]
    month_max: Mapped[int | None]
    gap_hours: Mapped[int | None]
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What they like to speak about, in lower case; empty: anything."""
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("week_max IS NULL OR week_max > 0", name="week_makes_sense"),
        CheckConstraint("month_max IS NULL OR month_max > 0", name="month_makes_sense"),
        CheckConstraint("gap_hours IS NULL OR gap_hours >= 0", name="gap_makes_sense"),
    )


class PassReason(StrEnum):
    """Why a mission is not for somebody, in one tap."""

    NOT_MY_TOPIC = "not_my_topic"
    NOT_MY_FOLLOWERS = "not_my_followers"
    NOT_MY_STYLE = "not_my_style"
    TOO_MUCH_WORK = "too_much_work"
    TOO_OFTEN = "too_often"


class MissionPass(Base):
    """ "Not for me": the mission is hidden from this person's board until they want it back."""

    __tablename__ = "mission_pass"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    mission_id: Mapped[str] = mapped_column(ForeignKey("mission.id", ondelete="CASCADE"), primary_key=True)
    why: Mapped[str | None] = mapped_column(String(24))
    passed_at: Mapped[datetime]

    __table_args__ = (one_of("why", PassReason), Index("ix_mission_pass_mission", "mission_id", "why"))


class Liking(StrEnum):
    """Would my friends like it?"""

    YES = "yes"
    UNSURE = "unsure"
    NO = "no"


class ContentRating(Base):
    """What somebody who shared a mission's content thinks of it; one for each claim, and it can be changed."""

    __tablename__ = "content_rating"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    mission_id: Mapped[str] = mapped_column(ForeignKey("mission.id", ondelete="CASCADE"))
    answer: Mapped[str] = mapped_column(String(8))
    said_at: Mapped[datetime]

    __table_args__ = (one_of("answer", Liking), Index("ix_content_rating_mission", "mission_id", "answer"))
