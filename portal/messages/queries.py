"""Reading somebody's inbox."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Select, String, bindparam, func, select

from portal.extensions import db
from portal.kernel.pages import Page, page_of
from portal.kernel.rows import rows_of
from portal.messages.models import Notification


def unread(person_id: str) -> int:
    """How many notifications are new. Leans on ix_notification_unread."""
    return rows_of(_unread(), {"reader_id": person_id}).scalar_one()


@cache
def _unread() -> Select[int]:
    """Put together once: every page asks this."""
    mine = Notification.person_id == bindparam("reader_id", type_=String)
    return select(func.count()).where(mine, Notification.read_at.is_(None))


def inbox_page(person_id: str, cursor: str | None) -> Page[Notification]:
    """The newest first. Leans on ix_notification_inbox."""
    return page_of(select(Notification).where(Notification.person_id == person_id), by=[Notification.id], cursor=cursor)


def notification_of(person_id: str, notification_id: str) -> Notification | None:
    """This person's notification, or None as well for somebody else's."""
    return db.session.scalar(
        select(Notification).where(Notification.id == notification_id, Notification.person_id == person_id)
    )
