"""Monthly leagues, the effect that they are ranked by, and what people chose about being seen."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, where
from portal.kernel.folding import FOLDED_LENGTH_MAX
from portal.recognition.league_rules import LEAGUE_MAX


class LeagueChoice(Base):
    """What somebody chose; who chose nothing is seen by a short name."""

    __tablename__ = "league_choice"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    shown: Mapped[bool]
    pseudonym: Mapped[str] = mapped_column(String(40), default="")
    pseudonym_key: Mapped[str] = mapped_column(String(FOLDED_LENGTH_MAX), default="")
    """As the eye reads it; empty without a pseudonym."""
    changed_at: Mapped[datetime]

    __table_args__ = (
        Index("a_pseudonym_is_ones_own", "pseudonym_key", unique=True, **where("pseudonym_key <> ''")),
        CheckConstraint("(pseudonym = '') = (pseudonym_key = '')", name="pseudonym_has_key"),
    )


class EffectMonth(Base):
    """What somebody's shares did in one month, counted up as it happens."""

    __tablename__ = "effect_month"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    effect: Mapped[int]

    __table_args__ = (
        CheckConstraint("effect >= 0", name="effect_not_negative"),
        Index("ix_effect_month_pace", "month", "effect", "person_id"),
    )


class EffectSeason(Base):
    """What somebody's shares did in one season."""

    __tablename__ = "effect_season"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    effect: Mapped[int]
    tie: Mapped[str] = mapped_column(String(16))
    shown: Mapped[bool]

    __table_args__ = (
        CheckConstraint("effect >= 0", name="effect_not_negative"),
        Index("ix_effect_season_board", "campaign_id", "effect", "tie", **where("shown")),
    )


class CountedOutcome(Base):
    """That a share counts as an outcome, so that nothing which is told twice counts twice."""

    __tablename__ = "counted_outcome"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    month: Mapped[date] = mapped_column(Date)
    effect: Mapped[int]
    """What it counts now; 0 once it was taken back."""


class League(PublicId, Base):
    """Up to twelve people of similar pace, for one month."""

    __tablename__ = "league"

    month: Mapped[date] = mapped_column(Date)
    number: Mapped[int]
    size: Mapped[int]

    __table_args__ = (
        UniqueConstraint("month", "number"),
        CheckConstraint(f"size BETWEEN 1 AND {LEAGUE_MAX}", name="small"),
        Index("ix_league_room", "month", "number", **where(f"size < {LEAGUE_MAX}")),
    )


class LeaguePlace(Base):
    """One person in the one league of their month."""

    __tablename__ = "league_place"

    month: Mapped[date] = mapped_column(Date, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    league_id: Mapped[str] = mapped_column(ForeignKey("league.id", ondelete="CASCADE"))
    slot: Mapped[int]
    pace: Mapped[int]
    """The effect of the month before, by which they were put together."""
    effect: Mapped[int]
    shown: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        UniqueConstraint("league_id", "slot"),
        CheckConstraint(f"slot BETWEEN 1 AND {LEAGUE_MAX}", name="slot_in_league"),
        CheckConstraint("effect >= 0", name="effect_not_negative"),
    )


class LeagueMonth(Base):
    """How far the dealing of one month came; its row is what two jobs wait for each other at."""

    __tablename__ = "league_month"

    month: Mapped[date] = mapped_column(Date, primary_key=True)
    leagues: Mapped[int] = mapped_column(default=0)
    dealt_at: Mapped[datetime | None]
    """When everybody who was there had a place."""
    pace_after: Mapped[int | None]
    """Of the last who was dealt, with `person_after`; None: nobody yet. 0: everybody with an effect has a place."""
    person_after: Mapped[str | None] = mapped_column(String(26))
