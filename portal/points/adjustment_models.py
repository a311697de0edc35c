"""The table of corrections by hand: who asked for which, who agreed, and the movement that it became."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.kernel.base import Base, PublicId, one_of, where


class AdjustmentState(StrEnum):
    REQUESTED = "requested"
    BOOKED = "booked"
    REFUSED = "refused"


class Adjustment(PublicId, Base):
    """One correction of somebody's points, asked for by one of staff and, above the limit, agreed to by another."""

    __tablename__ = "points_adjustment"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    points: Mapped[int]
    """Above zero they are added, below zero taken."""
    reason: Mapped[str] = mapped_column(Text)
    """As the person reads it."""
    needs_second: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    requested_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    requested_at: Mapped[datetime]
    decided_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    """Why it was refused, for whoever asked."""
    transaction_id: Mapped[str | None] = mapped_column(ForeignKey("ledger_transaction.id"), unique=True)

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    requested_by: Mapped[Person] = relationship(foreign_keys=requested_by_id)
    decided_by: Mapped[Person | None] = relationship(foreign_keys=decided_by_id)

    __table_args__ = (
        one_of("state", AdjustmentState),
        CheckConstraint("points <> 0", name="moves_something"),
        CheckConstraint("(state = 'booked') = (transaction_id IS NOT NULL)", name="booked_has_movement"),
        CheckConstraint("(state = 'requested') = (decided_by_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("requested_by_id <> person_id", name="never_ones_own"),
        CheckConstraint(
            "state <> 'booked' OR decided_by_id <> person_id", name="never_agreed_by_its_person"
        ),
        CheckConstraint(
            "state <> 'booked' OR NOT needs_second OR decided_by_id <> requested_by_id", name="two_people"
        ),
        Index("ix_points_adjustment_waiting", "requested_at", **where("state = 'requested'")),
    )  # fmt: skip
