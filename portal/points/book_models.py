"""The programme's books: what each sealed day moved, added up once, and the months that were closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.kernel.base import Base
from portal.kernel.database import make_append_only


class DayTotal(Base):
    """What movements of one kind did to one group of accounts on one sealed day. Written with the seal."""

    __tablename__ = "ledger_day_total"

    seal_number: Mapped[int] = mapped_column(ForeignKey("ledger_seal.number"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    account_group: Mapped[str] = mapped_column(String(32), primary_key=True)
    """An account's name without whose it is: `person/available`, `campaign/budget`, `program/issued`."""
    points: Mapped[int] = mapped_column(BigInteger)
    movements: Mapped[int]
    """How many movements of this kind touched the group."""

    __table_args__ = (CheckConstraint("movements > 0", name="moved_something"),)


class ClosedMonth(Base):
    """A month (UTC) as it was closed: never changed, chained to the month before and to the seal of its last day."""

    __tablename__ = "points_closed_month"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    """Like 2026-10."""
    seal_number: Mapped[int] = mapped_column(ForeignKey("ledger_seal.number"), unique=True)
    chain: Mapped[str] = mapped_column(String(64))
    """The chain's value of that seal."""
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Opening and closing balances by group, what moved by kind, and the liability at the rates of that time."""
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over month, chain, figures and the digest of the month before."""
    note: Mapped[str] = mapped_column(Text, default="")
    closed_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime]

    closed_by: Mapped[Person | None] = relationship()


make_append_only(DayTotal)
make_append_only(ClosedMonth)
