"""Keys that fans have lent us, and whose posts we may count."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Handle
from portal.kernel.base import Base, PublicId, where


class NetworkLogin(PublicId, Base):
    """The key to one account, lent by its owner. Ended by them, it has no row any more."""

    __tablename__ = "network_login"

    handle_id: Mapped[str] = mapped_column(ForeignKey("handle.id", ondelete="CASCADE"), unique=True)
    network: Mapped[str] = mapped_column(String(32))
    part: Mapped[str] = mapped_column(String(26), default="")
    """Of a federated network: our registration at its server."""
    scope: Mapped[str] = mapped_column(String(255))
    """What it may be used for, in the network's words."""
    sealed_access: Mapped[str] = mapped_column(Text)
    sealed_refresh: Mapped[str] = mapped_column(Text, default="")
    """Empty where the network gives none."""
    granted_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """When the access token ends; None for never."""
    lapses_at: Mapped[datetime | None]
    """When it can't be renewed any more without its owner; None for never."""
    renewing_until: Mapped[datetime | None]
    """A worker is renewing it: many networks take a refresh token once."""
    told_at: Mapped[datetime | None]
    """When its owner was told that it lapses soon, or has ended."""
    trouble: Mapped[str | None] = mapped_column(String(32))
    """Why it is of no use any more: only its owner can mend that."""

    handle: Mapped[Handle] = relationship()

    __table_args__ = (CheckConstraint("length(sealed_access) > 0", name="has_access"),)


class CountingPermission(PublicId, Base):
    """That all public posts of an account may be counted, to spare its followers too many about us. Just that."""

    __tablename__ = "counting_permission"

    handle_id: Mapped[str] = mapped_column(ForeignKey("handle.id", ondelete="CASCADE"), index=True)
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index("one_counting_permission_in_force", "handle_id", unique=True, **where("withdrawn_at IS NULL")),
        CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= granted_at", name="withdrawn_after_granted"),
    )


class PublicPace(Base):
    """How many public posts an account made lately: a number and nothing of them. It goes with the permission."""

    __tablename__ = "public_pace"

    handle_id: Mapped[str] = mapped_column(ForeignKey("handle.id", ondelete="CASCADE"), primary_key=True)
    posts_28d: Mapped[int]
    """In the 28 days before it was counted."""
    is_at_least: Mapped[bool]
    """There are more than were counted."""
    counted_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("posts_28d >= 0", name="posts_not_negative"),)
