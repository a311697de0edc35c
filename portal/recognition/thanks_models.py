"""A few kind words from one person to another, in public or for that person alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, where
from portal.recognition.thanks_rules import TEXT_LENGTH_MAX

ON_WALL = "is_public AND hidden_at IS NULL AND removed_at IS NULL"
WAITS_FOR_STAFF = "reported_at IS NOT NULL AND answered_at IS NULL AND removed_at IS NULL"


class Thanks(PublicId, Base):
    """Who thanked whom for what; plain text, never changed."""

    __tablename__ = "thanks"

    from_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    to_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(String(TEXT_LENGTH_MAX))
    is_public: Mapped[bool]
    as_staff: Mapped[bool]
    """Said in the team's name."""
    given_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]
    """Its receiver took it off the wall."""
    reported_at: Mapped[datetime | None]
    """Its receiver asked staff to look at it."""
    answered_at: Mapped[datetime | None]
    """Staff looked at the report and left it as it is."""
    seen_by_staff: Mapped[bool]
    """Public, or reported: nobody else's private words are theirs to read."""
    removed_at: Mapped[datetime | None]
    removed_why: Mapped[str] = mapped_column(String(300), default="")
    removed_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="nobody_thanks_themselves"),
        CheckConstraint("(removed_at IS NULL) = (removed_why = '')", name="removed_with_reason"),
        CheckConstraint(
            "seen_by_staff OR (NOT is_public AND reported_at IS NULL)", name="staff_see_public_and_reported"
        ),
        Index("ix_thanks_wall", "given_at", "id", **where(ON_WALL)),
        Index("ix_thanks_staff", "given_at", "id", **where("seen_by_staff")),
        Index("ix_thanks_waiting", "reported_at", **where(WAITS_FOR_STAFF)),
        Index("ix_thanks_to", "to_id", "given_at", "id"),
        Index("ix_thanks_from", "from_id", "given_at", "id"),
        Index("ix_thanks_removed_by_id", "removed_by_id", **where("removed_by_id IS NOT NULL")),
    )
