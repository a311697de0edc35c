"""The catalogue, its stock, and redemptions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where


class RewardKind(StrEnum):
    CODE = "code"
    PROMOTION = "promotion"
    PHYSICAL = "physical"
    DOWNLOAD = "download"
    EXPERIENCE = "experience"
    DONATION = "donation"
    POINTS_PLUS_CASH = "points_plus_cash"
    PARCEL_PLUS_CASH = "parcel_plus_cash"


ARE_SENT = (RewardKind.PHYSICAL, RewardKind.PARCEL_PLUS_CASH)
COST_CASH = (RewardKind.POINTS_PLUS_CASH, RewardKind.PARCEL_PLUS_CASH)


class RewardState(StrEnum):
    DRAFT = "draft"
    LISTED = "listed"
    PAUSED = "paused"
    RETIRED = "retired"


class RedemptionState(StrEnum):
    RESERVED = "reserved"
    AWAITING_PAYMENT = "awaiting_payment"
    APPROVED = "approved"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    FAILED = "failed"


GIVEN_BACK = (RedemptionState.CANCELLED, RedemptionState.FAILED)
"""Over: points and stock went back."""


LOW_STOCK_AT = 5
"""At how many left staff are told, unless they say otherwise."""


class Reward(PublicId, Base):
    """Something that points are redeemed for."""

    __tablename__ = "reward"

    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text, default="")
    """Markdown, as typed."""
    how_to_use: Mapped[str] = mapped_column(Text, default="")
    """What the owner of a code reads beside it."""
    price_points: Mapped[int]
    """Everybody's; who stands in a tier may pay less (`TierPrice`)."""
    lowest_tier: Mapped[int] = mapped_column(default=0)
    """Rank of the tier from which on it can be had; 0: everybody."""
    per_person_max: Mapped[int] = mapped_column(default=1)
    stock: Mapped[int] = mapped_column(default=0)
    """What is left; for codes, as many as are free in the pool."""
    low_stock_at: Mapped[int] = mapped_column(default=LOW_STOCK_AT)
    """Staff are told when so many are left, and again when none is; 0: only then."""
    is_unlimited: Mapped[bool] = mapped_column(default=False)
    """Nothing runs out: `stock` is neither looked at nor changed."""
    tracks: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Who may have it; empty: everybody. The same holds for `countries`, of people and of the addresses it goes to."""
    countries: Mapped[list[str]] = mapped_column(JSON, default=list)
    available_from: Mapped[datetime | None]
    available_until: Mapped[datetime | None]
    cash_minor: Mapped[int | None]
    """What is paid besides the points, in the currency's smallest unit; `COST_CASH` alone."""
    cash_currency: Mapped[str | None] = mapped_column(String(3))
    image_file: Mapped[str | None] = mapped_column(String(120))
    image_alt: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(16), default=RewardState.DRAFT)
    created_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    lock_version: Mapped[int] = mapped_column(default=1)

    tier_price_rows: Mapped[list[TierPrice]] = relationship(order_by="TierPrice.rank", viewonly=True)

    __table_args__ = (
        one_of("kind", RewardKind),
        one_of("state", RewardState),
        CheckConstraint("price_points > 0", name="costs_something"),
        CheckConstraint("lowest_tier >= 0", name="tier_not_negative"),
        CheckConstraint("stock >= 0", name="never_oversold"),
        CheckConstraint("low_stock_at >= 0", name="low_stock_not_negative"),
        CheckConstraint(
            "cash_minor IS NULL OR (cash_minor > 0 AND cash_currency IS NOT NULL "
            "AND kind IN ('points_plus_cash', 'parcel_plus_cash'))",
            name="cash_of_its_kind",
        ),
        Index("ix_reward_catalogue", "price_points", "id", **where("state = 'listed'")),
    )

    @property
    def tier_prices(self) -> dict[int, int]:
        """What it costs from a tier's rank on, where that differs from `price_points`."""
        return {row.rank: row.price_points for row in self.tier_price_rows}


class TierPrice(Base):
    """What a reward costs for whoever stands in a tier of that rank or higher."""

    __tablename__ = "reward_tier_price"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    price_points: Mapped[int]

    __table_args__ = (
        CheckConstraint("rank > 0", name="of_a_tier"),
        CheckConstraint("price_points > 0", name="costs_something"),
    )


class RewardCode(PublicId, Base):
    """One single-use code of a pool; sealed at rest, its digest finds duplicates."""

    __tablename__ = "reward_code"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"))
    sealed: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    redemption_id: Mapped[str | None] = mapped_column(ForeignKey("redemption.id"))

    __table_args__ = (
        UniqueConstraint("reward_id", "digest"),
        Index("ix_reward_code_free", "reward_id", "id", **where("redemption_id IS NULL")),
        # A whole one would answer for free codes too, and SQLite would hold them for one row and sort them all.
        Index("one_code_per_redemption", "redemption_id", unique=True, **where("redemption_id IS NOT NULL")),
    )


class Redemption(PublicId, Base):
    """One person's order of one reward."""

    __tablename__ = "redemption"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    price_points: Mapped[int]
    """As it was when redeemed."""
    state: Mapped[str] = mapped_column(String(24), default=RedemptionState.RESERVED)
    state_changed_at: Mapped[datetime]
    reserved_at: Mapped[datetime]
    fulfilled_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it was cancelled or failed, for the person to read."""
    revealed_at: Mapped[datetime | None]
    variant_id: Mapped[str | None] = mapped_column(ForeignKey("reward_variant.id"))
    """Which sort of it, where it has several."""
    awaits_until: Mapped[datetime | None]
    """Until when points and stock are held for a payment."""

    reward: Mapped[Reward] = relationship()

    __table_args__ = (
        one_of("state", RedemptionState),
        CheckConstraint(
            "(state = 'fulfilled') = (fulfilled_at IS NOT NULL)",
            name="fulfilled_has_moment",
        ),
        CheckConstraint("(state = 'awaiting_payment') = (awaits_until IS NOT NULL)", name="awaits_until_a_moment"),
        Index("ix_redemption_person", "person_id", "reserved_at"),
        Index("ix_redemption_reward", "reward_id", "person_id"),
        Index("ix_redemption_state", "state", "reserved_at", "id"),
        Index("ix_redemption_reserved", "reserved_at", "id"),
    )


class RedemptionStep(PublicId, Base):
    """One step of a redemption: who, from what to what, when and why. Written only by `steps`.

    One that leaves the state as it is notes what happened meanwhile: sent, delivered, came back.
    """

    __tablename__ = "redemption_step"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id", ondelete="CASCADE"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(24))
    to_state: Mapped[str] = mapped_column(String(24))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """None: the portal itself."""
    at: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(64), default="")
    """What happened, where the states alone don't say it."""
    message: Mapped[str] = mapped_column(Text, default="")
    """What staff wrote, for the owner to read."""
