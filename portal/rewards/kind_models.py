"""Tables that only some kinds of rewards need: sorts of one thing, and parcels."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where
from portal.rewards.models import Redemption


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
        Index("ix_parcel_address_to_erase", "ended_at", **where("sealed_address IS NOT NULL AND ended_at IS NOT NULL")),
    )
