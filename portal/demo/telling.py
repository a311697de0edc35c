"""The messages of the past: they arrived then, were mostly read since, and don't leave as e-mail today."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from portal.accounts.models import Identity
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import DELIVER
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import end_reading
from portal.messages.announcing import ANNOUNCE
from portal.messages.models import Notification, OutgoingMail
from portal.messages.sending import SEND
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.claims import EXPIRE, WARN
from portal.recognition.leagues import DEAL_LEAGUES
from portal.shares.inviting import COUNT
from portal.shares.models import Share, ShareState
from portal.shares.recheck_rows import RECHECK
from portal.shares.rechecking import WATCHED
from portal.shares.transitions import FIX_DEADLINE
from portal.shares.welcoming import WELCOME

MAIL_LEAVES_AFTER = timedelta(hours=40)
"""Younger mail waits for the worker, if it is to somebody who can sign in at the sandbox."""
READ_BEFORE = timedelta(hours=30)


def deliver() -> None:
    """Tell every listener what happened, in order and with the clock at the moment when it did. Opens units of its own.

    What listeners make happen, like a badge for a share, is told next, before anything that happened later.
    """
    stuck: list[str] = []
    while (following := _first_undelivered(stuck)) is not None:
        job_id, due_at = following
        with clock.frozen(due_at):
            if not jobs.run_job(job_id):
                stuck.append(job_id)


def _first_undelivered(stuck: list[str]) -> tuple[str, datetime] | None:
    waiting = select(Job.id, Job.due_at).where(Job.kind == DELIVER, Job.id.not_in(stuck))
    row = db.session.execute(waiting.order_by(Job.due_at, Job.id).limit(1)).one_or_none()
    end_reading()
    return None if row is None else (row.id, row.due_at)


def put_away(members_with_mail: frozenset[str], *, now: datetime) -> None:
    """Old mail has left, old notifications were read, and no job stays whose time is over.

    `members_with_mail`: subjects at the sandbox's provider whose recent mail may still leave.
    """
    reached = select(Identity.person_id).where(Identity.subject.in_(members_with_mail))
    old = (OutgoingMail.created_at < now - MAIL_LEAVES_AFTER) | OutgoingMail.person_id.not_in(reached)
    db.session.execute(delete(Job).where(Job.kind == SEND, Job.key.in_(select(OutgoingMail.id).where(old))))
    db.session.execute(
        update(OutgoingMail)
        .where(old)
        .values(sent_at=OutgoingMail.send_after)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Notification)
        .where(Notification.created_at < now - READ_BEFORE)
        .values(read_at=Notification.created_at)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(delete(Job).where(Job.kind == DEAL_LEAGUES))  # everybody has a place by now
    db.session.execute(delete(Job).where(Job.kind == ANNOUNCE))  # they are old, and everybody has read them
    db.session.execute(delete(Job).where(Job.kind.in_((COUNT, WELCOME))))  # whom these tell of has been counted
    for kinds, still_needed in (
        ((EXPIRE, WARN), select(Claim.id).where(Claim.state == ClaimState.ACTIVE)),
        ((RECHECK,), select(Share.id).where(Share.state.in_(WATCHED))),
        ((FIX_DEADLINE,), select(Share.id).where(Share.state == ShareState.NEEDS_FIX)),
    ):
        db.session.execute(delete(Job).where(Job.kind.in_(kinds), Job.key.not_in(still_needed)))
