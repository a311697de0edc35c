"""Reading somebody's inbox."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel.pages import Page, page_of
from portal.messages.models import Notification


def unread(person_id: str) -> int:
    """How many notifications are new. Leans on ix_notification_unread."""
    query = select(func.count()).where(Notification.person_id == person_id, Notification.read_at.is_(None))
    return db.session.scalar(query) or 0


def inbox_page(person_id: str, cursor: str | None) -> Page[Notification]:
    """The newest first. Leans on ix_notification_inbox."""
    return page_of(select(Notification).where(Notification.person_id == person_id), by=[Notification.id], cursor=cursor)


def notification_of(person_id: str, notification_id: str) -> Notification | None:
    """This person's notification, or None as well for somebody else's."""
    return db.session.scalar(
        select(Notification).where(Notification.id == notification_id, Notification.person_id == person_id)
    )
