"""What the portal keeps about Stripe: terms of rewards, promotion codes and payments of redemptions, events."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, one_of, where
from portal.rewards.models import Redemption

STRIPE_ID_LENGTH = 255


class PromotionTerms(Base):
    """What the codes of one reward give in the brand's shop."""

    __tablename__ = "reward_promotion"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    percent_off: Mapped[int | None]
    amount_off_minor: Mapped[int | None]
    coupon_id: Mapped[str | None] = mapped_column(String(STRIPE_ID_LENGTH))
    """A coupon of the brand's own, with whatever limits it has; the portal makes one for the other two."""
    currency: Mapped[str] = mapped_column(String(3))
    valid_days: Mapped[int]
    for_customer: Mapped[bool] = mapped_column(default=True)
    """Only for the customer that Stripe knows by the person's e-mail address, where there is one."""

    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN percent_off IS NULL THEN 0 ELSE 1 END) + (CASE WHEN amount_off_minor IS NULL THEN 0 ELSE 1 "
            "END) + (CASE WHEN coupon_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="gives_one_thing",
        ),
        CheckConstraint("percent_off BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("amount_off_minor > 0", name="takes_something_off"),
        CheckConstraint("valid_days > 0", name="works_for_a_while"),
    )


class CodeState(StrEnum):
    """What is known of a promotion code in the shop."""

    WANTED = "wanted"
    """Nobody can say yet whether Stripe has it."""
    WORKS = "works"
    OFF_DUE = "off_due"
    """Its points went back: it has to stop working."""
    OFF = "off"
    USED = "used"
    """It had been used when it should have been switched off."""


class PromotionGiven(Base):
    """The promotion code of one redemption; drawn by the portal, so that Stripe can be asked for it."""

    __tablename__ = "redemption_promotion"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default=CodeState.WANTED)
    promotion_id: Mapped[str | None] = mapped_column(String(STRIPE_ID_LENGTH), unique=True)

    redemption: Mapped[Redemption] = relationship()

    __table_args__ = (
        one_of("state", CodeState),
        CheckConstraint("state NOT IN ('works', 'used') OR promotion_id IS NOT NULL", name="works_at_stripe"),
        Index("ix_redemption_promotion_open", "state", **where("state IN ('wanted', 'off_due')")),
    )


class PaymentState(StrEnum):
    """What is known of the money for one redemption."""

    DUE = "due"
    """No payment page is known, though one may have been asked for (`asked_at`)."""
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    """It can't be paid any more, and was not."""
    RETURN_DUE = "return_due"
    """It was paid for something that its person does not get: the money has to go back."""
    RETURNED = "returned"
    ODD = "odd"
    """Another amount came than was asked for, or Stripe won't return it: a person has to look."""


class CashPayment(Base):
    """The money side of one redemption of points plus cash; its row is locked after the redemption's."""

    __tablename__ = "redemption_payment"

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    """As Stripe is told it, the same each time it is asked."""
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(16), default=PaymentState.DUE)
    asked_at: Mapped[datetime | None]
    """When Stripe was first asked for a page: from then on there may be one that we don't know."""
    page_closes_at: Mapped[datetime]
    session_id: Mapped[str | None] = mapped_column(String(STRIPE_ID_LENGTH), unique=True)
    url: Mapped[str | None] = mapped_column(Text)
    payment_id: Mapped[str | None] = mapped_column(String(STRIPE_ID_LENGTH), unique=True)
    paid_minor: Mapped[int | None]
    """What came, as Stripe says."""
    paid_at: Mapped[datetime | None]
    refund_id: Mapped[str | None] = mapped_column(String(STRIPE_ID_LENGTH))
    returned_at: Mapped[datetime | None]

    redemption: Mapped[Redemption] = relationship()

    __table_args__ = (
        one_of("state", PaymentState),
        CheckConstraint("amount_minor > 0", name="costs_money"),
        CheckConstraint(
            "state NOT IN ('paid', 'return_due', 'returned') OR payment_id IS NOT NULL", name="paid_by_a_payment"
        ),
        CheckConstraint("state <> 'open' OR session_id IS NOT NULL", name="open_at_a_page"),
        CheckConstraint("(state = 'returned') = (returned_at IS NOT NULL)", name="returned_has_moment"),
        Index("ix_redemption_payment_open", "state", **where("state IN ('due', 'open', 'return_due', 'odd')")),
    )


class StripeEvent(Base):
    """A webhook that was heard: its id is unique, so that what is told twice is heard once."""

    __tablename__ = "stripe_event"

    id: Mapped[str] = mapped_column(String(STRIPE_ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    about_id: Mapped[str] = mapped_column(String(STRIPE_ID_LENGTH))
    """The Checkout session."""
    reference: Mapped[str] = mapped_column(String(STRIPE_ID_LENGTH), default="")
    """What the session says it is for; a redemption's id where the portal opened it."""
    happened_at: Mapped[datetime]
    heard_at: Mapped[datetime] = mapped_column(index=True)
    handled_at: Mapped[datetime | None]
