"""Tracked links, and how often people followed them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, where

CODE_LENGTH = 8


class TrackedLink(PublicId, Base):
    """A short address that goes to the one target stored with it."""

    __tablename__ = "tracked_link"

    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True)
    target: Mapped[str] = mapped_column(String(2000))
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    claim_ref: Mapped[str | None] = mapped_column(String(26), unique=True)
    """Public id of the claim it was made for; None for a campaign's general link. Claims live on a higher floor."""
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("target LIKE 'http://%' OR target LIKE 'https://%'", name="target_is_web"),)


class ClickDay(Base):
    """Clicks of one link on one day (UTC), rolled up from the spool."""

    __tablename__ = "click_day"

    link_id: Mapped[str] = mapped_column(ForeignKey("tracked_link.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    visitors: Mapped[int] = mapped_column(BigInteger, default=0)
    """Different visitors: the figure that counts."""
    clicks: Mapped[int] = mapped_column(BigInteger, default=0)


class VisitorDay(Base):
    """That a visitor of one day was counted: a keyed digest that nobody can trace to an address."""

    __tablename__ = "visitor_day"

    link_id: Mapped[str] = mapped_column(ForeignKey("tracked_link.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True, index=True)
    visitor: Mapped[str] = mapped_column(String(32), primary_key=True)
    connection: Mapped[str] = mapped_column(String(16), default="")
    """A keyed digest of the address alone: several browsers behind one."""
    minute: Mapped[int] = mapped_column(default=0)
    """Of the day, when they first came."""
    unlike_a_person: Mapped[bool] = mapped_column(default=False)
    """A browser's name without what such a browser sends, or an address of a data centre."""

    __table_args__ = (Index("ix_visitor_day_visitor", "day", "visitor"),)


class OwnVisitor(Base):
    """By which digests a person used the portal on a day: clicks on their own link are theirs. Forgotten like them."""

    __tablename__ = "own_visitor"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    visitor: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)


class ClickPattern(Base):
    """How the visitors of one link on one day came, in figures: kept when nobody can be told from them any more."""

    __tablename__ = "click_pattern"

    link_id: Mapped[str] = mapped_column(ForeignKey("tracked_link.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    clicks_seen: Mapped[int] = mapped_column(BigInteger)
    """Of `ClickDay`, when this was worked out."""
    visitors: Mapped[int]
    own: Mapped[int]
    """By the person whose link it is."""
    unlike_people: Mapped[int]
    connection_most: Mapped[int]
    """The most visitors behind one address."""
    on_many_links: Mapped[int]
    """Visitors who followed links of several fans that day."""
    burst_most: Mapped[int]
    """The most that came within ten minutes."""


class Conversion(PublicId, Base):
    """Something that the brand's shop says came of a link: a purchase, a sign-up. Nothing about who it was."""

    __tablename__ = "conversion"

    link_id: Mapped[str] = mapped_column(ForeignKey("tracked_link.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(64), unique=True)
    """The shop's own name for it: told again, it is the same one."""
    happened_at: Mapped[datetime]
    """As the shop says."""
    heard_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
    """When the shop said that it was cancelled or returned: from then on it counts no more, and never again."""

    __table_args__ = (Index("ix_conversion_link", "link_id", **where("taken_back_at IS NULL")),)


class SpoolRead(Base):
    """How far a spool file was rolled up, in the transaction that counted it: a crash counts nothing twice."""

    __tablename__ = "spool_read"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    bytes_read: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[datetime]
