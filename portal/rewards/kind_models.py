"""Tables that only some kinds of rewards need: sorts, parcels, tickets, files, causes, and gifts of staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, case, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where
from portal.rewards.models import Redemption, Reward


class RewardVariant(PublicId, Base):
    """One sort of a reward, like “M, blue”; the reward's own stock is the sum of its variants'."""

    __tablename__ = "reward_variant"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"))
    name: Mapped[str] = mapped_column(String(60))
    stock: Mapped[int]
    added_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("reward_id", "name"),
        CheckConstraint("stock >= 0", name="never_oversold"),
    )


class ParcelState(StrEnum):
    TO_PACK = "to_pack"
    SENT = "sent"
    DELIVERED = "delivered"
    RETURNED = "returned"


class Parcel(Base):
    """What is sent to somebody: where to, and where it is. The address is sealed, and gone some days after delivery."""

    __tablename__ = "parcel"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default=ParcelState.TO_PACK)
    country: Mapped[str] = mapped_column(String(2))
    """Where to; kept for the figures when the address is gone."""
    sealed_address: Mapped[str | None] = mapped_column(Text)
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking: Mapped[str] = mapped_column(String(80), default="")
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was delivered, came back, or was cancelled."""

    redemption: Mapped[Redemption] = relationship()

    __table_args__ = (
        one_of("state", ParcelState),
        CheckConstraint("length(country) = 2", name="country_is_iso"),
        CheckConstraint("state NOT IN ('sent', 'delivered') OR sent_at IS NOT NULL", name="sent_has_moment"),
        CheckConstraint("state NOT IN ('delivered', 'returned') OR ended_at IS NOT NULL", name="ended_has_moment"),
        CheckConstraint("sealed_address IS NOT NULL OR ended_at IS NOT NULL", name="address_until_it_ended"),
        Index("ix_parcel_tracking", "tracking", **where("tracking <> ''")),
        Index("ix_parcel_address_to_erase", "ended_at", **where("sealed_address IS NOT NULL AND ended_at IS NOT NULL")),
    )


class Event(Base):
    """When and where an experience is."""

    __tablename__ = "reward_event"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    starts_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(200))


ENDS_AT: ColumnElement[datetime | None] = case(
    (or_(Reward.available_until.is_(None), Event.starts_at < Reward.available_until), Event.starts_at),
    else_=Reward.available_until,
)
"""Until when anybody may have a reward, in a query that joins its event if it has one."""


class Ticket(Base):
    """What lets its owner in, once; `code` is typed or read from a picture."""

    __tablename__ = "ticket"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    checked_in_at: Mapped[datetime | None]
    checked_in_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))

    redemption: Mapped[Redemption] = relationship()

    __table_args__ = (
        CheckConstraint("(checked_in_at IS NULL) = (checked_in_by_id IS NULL)", name="checked_in_by_somebody"),
    )


FILE_NAME_LENGTH_MAX = 120


class Download(Base):
    """The file that a reward is."""

    __tablename__ = "reward_download"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    file_key: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(FILE_NAME_LENGTH_MAX))
    size_bytes: Mapped[int]


class DownloadCount(Base):
    """How often its owner took the file along."""

    __tablename__ = "download_count"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), primary_key=True)
    times: Mapped[int]
    last_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("times > 0", name="counts_something"),)


class Cause(Base):
    """What points are given to, and how many were."""

    __tablename__ = "donation_cause"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    points_total: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint("points_total >= 0", name="total_not_negative"),)


class Gift(Base):
    """A reward that staff gave: a season's budget pays for it, no point of its owner moves."""

    __tablename__ = "reward_gift"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    worth_points: Mapped[int]
    given_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (CheckConstraint("worth_points > 0", name="worth_something"),)
