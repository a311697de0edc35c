"""Marking notifications as read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from portal.extensions import db
from portal.messages.models import Notification


def mark_read(notification: Notification, *, now: datetime) -> None:
    """Keep when it was first opened."""
    notification.read_at = notification.read_at or now


def mark_all_read(person_id: str, *, up_to: str, now: datetime) -> None:
    """Mark what the reader saw, that is, up to the id of the newest line on their page."""
    db.session.execute(
        update(Notification)
        .where(Notification.person_id == person_id, Notification.read_at.is_(None), Notification.id <= up_to)
        .values(read_at=now)
    )
