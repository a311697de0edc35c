"""The job that lets one e-mail leave, and everything that can keep it from leaving.

The address, the choice and the decision behind it are looked at when the mail leaves, not when it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.jitter import jittered
from portal.kernel.unit_of_work import end_reading
from portal.messages.choosing import wants_mail
from portal.messages.composing import BadAddress, compose
from portal.messages.models import Notification, OutgoingMail
from portal.messages.topics import SHARE_DECISIONS, Topic
from portal.messages.transports import Refused, Transport, TryLater, Unreachable
from portal.shares.models import ShareChange
from portal.shares.transitions import UNDONE

SEND = "send_mail"
FIRST_WAIT_SECONDS = 60.0
WAIT_MAX_SECONDS = 3600.0
TRIES_MAX = 12
STILL_HERE = (PersonState.ACTIVE, PersonState.PAUSED)


def _give_up(lease: jobs.Lease) -> None:
    _drop(lease.payload["mail"], "refused", "The mail server kept putting it off.")()


@jobs.outside(SEND, tries_max=TRIES_MAX, gave_up=_give_up)
def send_mail(lease: jobs.Lease) -> Callable[[], None] | None:
    """Send one mail, or note why it will not leave.

    A mail server that is away keeps it waiting for as long as it takes; one that asks to come back is asked
    `TRIES_MAX` times. Falling over after the server's yes and before our note of it sends the mail a second time; it
    then carries the same Message-ID, by which mail programs know it for the same. The outbox folder keeps one file.
    """
    mail = db.session.get(OutgoingMail, lease.payload["mail"])
    if mail is None or mail.sent_at is not None or mail.dropped_why is not None:
        return None
    mail_id, now = mail.id, clock.now()
    person = db.session.get(Person, mail.person_id)
    notification = db.session.get(Notification, mail.notification_id) if mail.notification_id else None
    obstacle = _obstacle(mail, notification, person, now)
    if obstacle is not None or notification is None or person is None:
        return _drop(mail_id, obstacle or "undone")
    try:
        message = compose(current_app._get_current_object(), mail, notification, person)  # type: ignore[attr-defined]
    except BadAddress:
        return _drop(mail_id, "bad_address")
    name = f"{mail.created_at:%Y%m%dT%H%M%S}-{mail_id}"
    transport: Transport = current_app.extensions["portal_mail"]
    end_reading()
    try:
        transport.send(message, name=name)
    except Unreachable as error:
        raise jobs.RetryLater(str(error), seconds=jittered(3 * FIRST_WAIT_SECONDS), free=True) from error
    except TryLater as error:
        raise jobs.RetryLater(str(error), seconds=_wait_seconds(lease.attempts)) from error
    except Refused as error:
        return _drop(mail_id, "refused", str(error))
    return _sent(mail_id)


def _obstacle(
    mail: OutgoingMail, notification: Notification | None, person: Person | None, now: datetime
) -> str | None:
    """Why this mail must not leave now, as the code that is kept with it."""
    if person is None or person.state not in STILL_HERE:
        return "not_taking_part"
    if not person.email:
        return "no_address"
    if notification is None or _was_undone(notification):
        return "undone"
    if not wants_mail(person.id, mail.topic):
        return "unsubscribed"
    expires_at = notification.details.get("expires_at")
    if mail.topic == Topic.CLAIM_EXPIRES_SOON and expires_at and datetime.fromisoformat(expires_at) <= now:
        return "too_late"
    return None


def _was_undone(notification: Notification) -> bool:
    """Was the decision that it tells about taken back? Told and taken back may be heard of in either order."""
    if notification.topic not in SHARE_DECISIONS:
        return False
    return decision_was_undone(notification.event_id)


def decision_was_undone(change_id: str) -> bool:
    """Is there a later change of the same share that took this one back?"""
    change = db.session.get(ShareChange, change_id)
    if change is None:
        return False
    later = select(ShareChange.id).where(
        ShareChange.share_id == change.share_id,
        ShareChange.reason_code == UNDONE,
        ShareChange.at >= change.at,
        ShareChange.id != change.id,
    )
    return db.session.scalar(later.limit(1)) is not None


def _wait_seconds(attempts: int) -> float:
    return jittered(min(WAIT_MAX_SECONDS, FIRST_WAIT_SECONDS * 2**attempts))


def _sent(mail_id: str) -> Callable[[], None]:
    def record() -> None:
        mail = db.session.get(OutgoingMail, mail_id)
        if mail is not None:
            mail.sent_at, mail.last_error = clock.now(), None

    return record


def _drop(mail_id: str, why: str, error: str | None = None) -> Callable[[], None]:
    def record() -> None:
        mail = db.session.get(OutgoingMail, mail_id)
        if mail is not None and mail.sent_at is None:
            mail.dropped_why, mail.last_error = mail.dropped_why or why, error

    return record
