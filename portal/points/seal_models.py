"""The seals of the ledger: until when days are closed, each day's root, its leaves, and the salts that may go."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base
from portal.kernel.database import make_append_only
from portal.points.guards import make_closing

HASH_LENGTH = 64


class Closing(Base):
    """From now on no movement is posted on `until` (UTC) or before: the database sees to it."""

    __tablename__ = "ledger_closing"

    until: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime]


class Seal(Base):
    """One day (UTC) of the ledger, sealed: the root over its movements, chained to the day before."""

    __tablename__ = "ledger_seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(unique=True)
    movements: Mapped[int]
    root: Mapped[str] = mapped_column(String(HASH_LENGTH))
    previous: Mapped[str] = mapped_column(String(HASH_LENGTH))
    chain: Mapped[str] = mapped_column(String(HASH_LENGTH))
    sealed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("number >= 1", name="counts_from_one"),
        CheckConstraint("movements >= 0", name="movements_not_negative"),
    )


class Leaf(Base):
    """One movement's place in its day's tree. `blind` and `hash` say nothing about anybody without the salt."""

    __tablename__ = "ledger_leaf"

    transaction_id: Mapped[str] = mapped_column(ForeignKey("ledger_transaction.id"), primary_key=True)
    seal_number: Mapped[int] = mapped_column(ForeignKey("ledger_seal.number"))
    position: Mapped[int]
    blind: Mapped[str] = mapped_column(String(HASH_LENGTH))
    hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    row_hash: Mapped[str | None] = mapped_column(String(HASH_LENGTH))
    """Over every column of the movement and its entries, those too that the tree leaves out: for the audit alone. None
    for days that were sealed before it was kept."""

    __table_args__ = (UniqueConstraint("seal_number", "position"),)


class Salt(Base):
    """What ties a leaf to a person. Erasing somebody deletes theirs; the seals hold without."""

    __tablename__ = "ledger_salt"

    transaction_id: Mapped[str] = mapped_column(ForeignKey("ledger_transaction.id"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(HASH_LENGTH))


for _sealed in (Closing, Seal, Leaf):
    make_append_only(_sealed)
make_closing(Closing)
