"""Messages to people: the inbox, e-mails that wait to leave, and what somebody wants to get."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId, where


class Notification(PublicId, Base):
    """One line of somebody's inbox, stored as a code with details and put into words when shown."""

    __tablename__ = "notification"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(40))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    event_id: Mapped[str] = mapped_column(String(80))
    """What it tells about: one event gives one notification, however often it is delivered."""
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("person_id", "topic", "event_id"),
        Index("ix_notification_inbox", "person_id", "id"),
        Index("ix_notification_unread", "person_id", **where("read_at IS NULL")),
    )


class OutgoingMail(PublicId, Base):
    """One e-mail: written in the transaction that caused it, sent by a job, kept until it left."""

    __tablename__ = "outgoing_mail"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    notification_id: Mapped[str | None] = mapped_column(ForeignKey("notification.id", ondelete="SET NULL"), unique=True)
    topic: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime]
    send_after: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    dropped_why: Mapped[str | None] = mapped_column(String(64))
    """unsubscribed, no_address, undone …: why it will not leave."""
    last_error: Mapped[str | None] = mapped_column(Text)


class MailChoice(Base):
    """That somebody doesn't want e-mail about a topic; no row means yes."""

    __tablename__ = "mail_choice"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), primary_key=True)
    """A topic, or `all`."""
    refused_at: Mapped[datetime]
