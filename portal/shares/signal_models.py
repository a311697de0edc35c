"""Which signals are on, and what they noticed of which share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base


class SignalSwitch(Base):
    """A signal that staff switched on or off. One without a row is off: it is tried on past shares first."""

    __tablename__ = "signal_switch"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    is_on: Mapped[bool]
    changed_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """None: the demo."""
    changed_at: Mapped[datetime]


class ShareSignal(Base):
    """What one signal noticed of one share when it was last looked at."""

    __tablename__ = "share_signal"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    weight: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    noticed_at: Mapped[datetime]
    weighed_at: Mapped[datetime | None]
    """When a person looked at it and decided; it asks for nobody any more."""

    __table_args__ = (
        CheckConstraint("weight BETWEEN 1 AND 3", name="weight_known"),
        Index("ix_share_signal_code", "code", "noticed_at"),
    )
