"""When newcomers join and when their shares are verified: what the worker does about invitations."""

from __future__ import annotations

from datetime import timedelta

from portal.accounts.events import PersonJoined
from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import listens_to
from portal.shares import inviting, welcoming
from portal.shares.events import ShareRejected, ShareRevoked, ShareVerified
from portal.shares.models import Share, ShareForm
from portal.shares.transitions import UNDO_WINDOW


@listens_to(PersonJoined, name="shares.note_newcomer")
def note_newcomer(happened: PersonJoined) -> None:
    person = db.session.get(Person, happened.person_id) if happened.invitation else None
    if person is not None:
        inviting.note_newcomer(person, happened.invitation, now=clock.now())


@listens_to(ShareVerified, name="shares.let_newcomers_count")
def let_newcomers_count(happened: ShareVerified) -> None:
    """A newcomer's first share counts once a moderator can't take it back any more; a place that is free lets others
    count who waited for one."""
    share = db.session.get(Share, happened.share_id)
    if share is None:
        return
    due_at = clock.now() + (UNDO_WINDOW if happened.by_person else timedelta())
    if share.form == ShareForm.NEWCOMER:
        jobs.schedule(welcoming.WELCOME, share.id, due_at=due_at)
        for person_id in inviting.waiting_of(share.claim):
            jobs.schedule(inviting.COUNT, person_id, due_at=clock.now())
    elif inviting.is_waiting(happened.person_id):
        jobs.schedule(inviting.COUNT, happened.person_id, due_at=due_at)


@jobs.in_transaction(inviting.COUNT)
def count_newcomer(lease: jobs.Lease) -> None:
    inviting.count_newcomer(lease.key, now=clock.now())


@listens_to(ShareRevoked, ShareRejected, name="shares.take_welcome_back")
def take_welcome_back(happened: ShareRevoked | ShareRejected) -> None:
    """As the inviter's points do, the newcomer's go back; by a moderator's word once it can't be undone any more."""
    share = db.session.get(Share, happened.share_id)
    if share is not None and share.form == ShareForm.NEWCOMER:
        due_at = clock.now() + (UNDO_WINDOW if happened.by_person else timedelta())
        jobs.schedule(welcoming.TAKE_BACK, share.id, due_at=due_at)


@jobs.in_transaction(welcoming.WELCOME)
def welcome_newcomer(lease: jobs.Lease) -> None:
    share = db.session.get(Share, lease.key)
    if share is not None:
        welcoming.welcome(share, now=clock.now())


@jobs.in_transaction(welcoming.TAKE_BACK)
def end_welcome(lease: jobs.Lease) -> None:
    share = db.session.get(Share, lease.key)
    if share is not None:
        welcoming.take_back(share, now=clock.now())


@jobs.every(timedelta(hours=1), "count_waiting_newcomers")
def count_waiting_newcomers(_lease: jobs.Lease) -> None:
    """Whoever waited for a place of their inviter: each gets a job, so that one bad row blocks no other."""
    for person_id in inviting.all_waiting():
        jobs.schedule(inviting.COUNT, person_id, due_at=clock.now())
