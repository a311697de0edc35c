"""Teams, who is and was in them, and what they count in a season, added up as it happens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, where
from portal.kernel.folding import FOLDED_LENGTH_MAX
from portal.recognition.name_rules import NAME_LENGTH_MAX
from portal.recognition.team_rules import CODE_LENGTH, TEAM_MAX

HAS_ROOM = f"is_open AND closed_at IS NULL AND size < {TEAM_MAX}"


class Team(PublicId, Base):
    """A few people who compete as one. Its host is whoever has been in it longest."""

    __tablename__ = "team"

    name: Mapped[str] = mapped_column(String(NAME_LENGTH_MAX))
    name_key: Mapped[str] = mapped_column(String(FOLDED_LENGTH_MAX))
    """As the eye reads it."""
    is_open: Mapped[bool]
    """Anybody may join; else by invitation."""
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True)
    """The invitation, known to its members."""
    size: Mapped[int]
    founded_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str] = mapped_column(String(300), default="")
    """What staff gave as the reason; empty when everybody had left."""

    __table_args__ = (
        CheckConstraint(f"size BETWEEN 0 AND {TEAM_MAX}", name="small"),
        CheckConstraint("closed_at IS NOT NULL OR closed_why = ''", name="reason_of_closing"),
        CheckConstraint("name_key <> ''", name="name_says_something"),
        Index("a_team_name_is_ones_own", "name_key", unique=True, **where("closed_at IS NULL")),
        Index("ix_team_room", "founded_at", "id", **where(HAS_ROOM)),
        Index("ix_team_founded", "founded_at", "id"),
    )


class TeamMember(PublicId, Base):
    """One stay of one person in one team."""

    __tablename__ = "team_member"

    team_id: Mapped[str] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    slot: Mapped[int]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"slot BETWEEN 1 AND {TEAM_MAX}", name="slot_in_team"),
        Index("one_team_at_a_time", "person_id", unique=True, **where("left_at IS NULL")),
        Index("a_place_in_a_team_is_ones_own", "team_id", "slot", unique=True, **where("left_at IS NULL")),
        Index("ix_team_member_stay", "team_id", "left_at"),
        Index("ix_team_member_person", "person_id", "left_at"),
    )


class TeamEffect(Base):
    """What one person's shares did in a season while in this team; it stays with the team when they leave."""

    __tablename__ = "team_effect"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True, index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    effect: Mapped[int]
    shown: Mapped[bool]
    """They want to be on boards; if not, theirs counts on none."""

    __table_args__ = (
        CheckConstraint("effect >= 0", name="effect_not_negative"),
        Index("ix_team_effect_best", "campaign_id", "team_id", "effect", **where("shown")),
    )


class TeamSeason(Base):
    """What a team's board says, kept beside what it is made of."""

    __tablename__ = "team_season"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True, index=True)
    score: Mapped[int]
    tie: Mapped[str] = mapped_column(String(16))
    listed: Mapped[bool]
    """The team is not closed."""

    __table_args__ = (
        CheckConstraint("score >= 0", name="score_not_negative"),
        Index("ix_team_season_board", "campaign_id", "score", "tie", **where("listed")),
    )
