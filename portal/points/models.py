"""The ledger: accounts, transactions, entries, and the lots that points expire in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.kernel.base import Base, PublicId, one_of, where
from portal.kernel.database import make_append_only
from portal.points.guards import make_balanced

ENTRY_NUMBER = BigInteger().with_variant(db.Integer, "sqlite")


class Kind(StrEnum):
    """What a movement of points is."""

    AWARD = "award"
    SETTLE = "settle"
    REVOKE = "revoke"
    RESERVE = "reserve"
    REDEEM = "redeem"
    REFUND = "refund"
    EXPIRE = "expire"
    ADJUST = "adjust"
    BUDGET = "budget"


class Account(Base):
    """A named account with its cached balance, like `person/01…/available` or `program/issued`."""

    __tablename__ = "ledger_account"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    """Points; always the sum of the account's entries."""

    __table_args__ = (
        CheckConstraint(
            "balance >= 0 OR name NOT LIKE 'person/%' OR name LIKE 'person/%/debt'",
            name="person_never_below_zero",
        ),
        CheckConstraint("balance <= 0 OR name NOT LIKE 'person/%/debt'", name="debt_is_owed"),
        CheckConstraint(
            "balance >= 0 OR name NOT LIKE 'campaign/%'",
            name="campaign_never_below_zero",
        ),
        CheckConstraint(
            "name LIKE 'person/%' OR name LIKE 'campaign/%' OR name LIKE 'program/%'",
            name="owner_known",
        ),
    )


class Transaction(PublicId, Base):
    """One balanced movement."""

    __tablename__ = "ledger_transaction"

    key: Mapped[str] = mapped_column(String(160), unique=True)
    """Idempotency key, made from the evidence."""
    kind: Mapped[str] = mapped_column(String(16))
    cause_kind: Mapped[str] = mapped_column(String(32))
    cause_id: Mapped[str] = mapped_column(String(80))
    """Public id of what caused it: the ledger imports no room above it."""
    reason: Mapped[str] = mapped_column(String(64), default="")
    """Code of the sentence that explains it, where the kind alone doesn't."""
    content: Mapped[str] = mapped_column(String(64))
    """Digest of the postings: the same key with other content is an error."""
    entries_total: Mapped[int]
    """How many entries it has: with all of them it sums to zero, and takes no more."""
    posted_at: Mapped[datetime] = mapped_column(index=True)

    entries: Mapped[list[Entry]] = relationship(order_by="Entry.number", lazy="raise")

    __table_args__ = (
        one_of("kind", Kind),
        CheckConstraint("entries_total >= 2", name="has_two_sides"),
        Index("ix_ledger_transaction_cause", "cause_kind", "cause_id"),
    )


class Entry(Base):
    """One account's part in a transaction."""

    __tablename__ = "ledger_entry"

    number: Mapped[int] = mapped_column(ENTRY_NUMBER, Identity(always=False), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(ForeignKey("ledger_transaction.id"))
    account_name: Mapped[str] = mapped_column(ForeignKey("ledger_account.name"))
    amount: Mapped[int] = mapped_column(BigInteger)
    """Points; positive adds to the account."""
    balance_after: Mapped[int] = mapped_column(BigInteger)
    """The account's balance with this entry: a statement needs no sum."""

    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_moves_something"),
        UniqueConstraint("transaction_id", "account_name"),
        Index("ix_ledger_entry_account", "account_name", "number"),
    )


make_append_only(Transaction)
make_append_only(Entry)
make_balanced(Entry)


class AwardState(StrEnum):
    """Held: part of it still waits. Settled: all of it is available. Revoked: taken back."""

    HELD = "held"
    SETTLED = "settled"
    REVOKED = "revoked"


class Lot(PublicId, Base):
    """Points that became available together; the oldest is spent first."""

    __tablename__ = "points_lot"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    transaction_id: Mapped[str] = mapped_column(ForeignKey("ledger_transaction.id"), unique=True)
    """The movement that made them available."""
    amount: Mapped[int]
    left: Mapped[int]
    """How many of them are still available."""
    earned_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """From then on they may be taken; None for points that last."""
    warned: Mapped[int] = mapped_column(default=0)
    """How often their owner was told that they expire: only what was told twice is taken."""

    __table_args__ = (
        CheckConstraint("warned BETWEEN 0 AND 2", name="told_at_most_twice"),
        CheckConstraint('amount > 0 AND "left" >= 0 AND "left" <= amount', name="left_within_amount"),
        Index(
            "ix_points_lot_spendable",
            "person_id",
            "earned_at",
            "id",
            **where('"left" > 0'),
        ),
        Index(
            "ix_points_lot_expiring",
            "expires_at",
            **where('"left" > 0 AND expires_at IS NOT NULL'),
        ),
    )


class LotUse(Base):
    """Points that one movement took out of one lot, so that giving back restores the very same ones."""

    __tablename__ = "points_lot_use"

    transaction_id: Mapped[str] = mapped_column(ForeignKey("ledger_transaction.id"), primary_key=True)
    lot_id: Mapped[str] = mapped_column(ForeignKey("points_lot.id"), primary_key=True, index=True)
    points: Mapped[int]
    restored: Mapped[bool] = mapped_column(default=False)
    """Given back since."""

    __table_args__ = (CheckConstraint("points > 0", name="takes_something"),)


class Award(PublicId, Base):
    """Points paid for a share (or another cause): part now, part held until its hold ends."""

    __tablename__ = "award"

    cause_kind: Mapped[str] = mapped_column(String(32))
    cause_id: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    points_now: Mapped[int]
    points_held: Mapped[int]
    round: Mapped[int] = mapped_column(default=1)
    """Counts how often it was awarded anew after a revoke; part of the ledger keys."""
    state: Mapped[str] = mapped_column(String(16))
    awarded_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    """When the held part is expected to settle, for the statement to say."""

    __table_args__ = (
        one_of("state", AwardState),
        CheckConstraint("points_now >= 0 AND points_held >= 0", name="points_not_negative"),
        UniqueConstraint("cause_kind", "cause_id"),
        Index("ix_award_person_state", "person_id", "state"),
    )
