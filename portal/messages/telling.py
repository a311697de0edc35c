"""Telling somebody something: a line in the inbox and, where the topic goes by mail, an e-mail that waits to leave."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update

from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.base import new_id
from portal.messages.models import Notification, OutgoingMail
from portal.messages.sending import SEND
from portal.messages.topics import BY_MAIL, Topic

UNDONE = "undone"


def tell(
    person_id: str,
    topic: Topic,
    details: dict[str, Any],
    *,
    event_id: str,
    now: datetime,
    send_after: datetime | None = None,
    by_mail: bool = True,
) -> Notification:
    """Put it into the inbox now, and into the post for `send_after` (now, if None).

    Told again about the same event, the first notification stands and nothing is sent twice: the caller is a job, and
    jobs of one event never run at the same time. Whether the person wants the mail is asked when it leaves.
    """
    told = db.session.scalar(
        select(Notification).where(
            Notification.person_id == person_id, Notification.topic == topic, Notification.event_id == event_id
        )
    )
    if told is not None:
        return told
    notification = Notification(
        id=new_id(), person_id=person_id, topic=topic, details=details, event_id=event_id, created_at=now
    )
    db.session.add(notification)
    db.session.flush()
    if by_mail and topic in BY_MAIL:
        _post(notification, send_after or now)
    return notification


def take_back(person_id: str, event_id: str) -> None:
    """What the event told is not so any more: no line in the inbox, and no mail if it has not left."""
    notified = select(Notification.id).where(Notification.person_id == person_id, Notification.event_id == event_id)
    db.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.notification_id.in_(notified), OutgoingMail.sent_at.is_(None))
        .values(dropped_why=UNDONE)
    )
    db.session.execute(
        delete(Notification).where(Notification.person_id == person_id, Notification.event_id == event_id)
    )


def _post(notification: Notification, send_after: datetime) -> None:
    mail_id = new_id()
    domain = parseaddr(current_app.config["SETTINGS"].mail_from)[1].rpartition("@")[2]
    db.session.add(
        OutgoingMail(
            id=mail_id,
            person_id=notification.person_id,
            notification_id=notification.id,
            topic=notification.topic,
            message_id=f"<{mail_id}@{domain}>",
            created_at=notification.created_at,
            send_after=send_after,
        )
    )
    db.session.flush()
    jobs.schedule(SEND, mail_id, {"mail": mail_id}, due_at=send_after)
