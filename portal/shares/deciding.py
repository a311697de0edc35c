"""A moderator's answers. The moderation room calls these; the reasons are shown to the fan."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.shares.events import ShareDecisionUndone
from portal.shares.models import Share, ShareChange, ShareState
from portal.shares.noticing import weigh
from portal.shares.ports import review_desk
from portal.shares.queries import changes_of
from portal.shares.recheck_rows import look_at
from portal.shares.transitions import UNDO_WINDOW, UNDONE, Superseded, move_share, note_unmoved

PAID_ONCE = (ShareState.VERIFIED, ShareState.REVOKED)
"""A person decides on these too: while its points are held something unusual was noticed, or the fan appeals."""
DECISIONS = (ShareState.VERIFIED, ShareState.NEEDS_FIX, ShareState.REJECTED)


class UndoRefused(Exception):
    """It can't be taken back: too late, or something else happened since. `reason_code`: too_late, not_the_latest,
    superseded."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


def verify(share: Share, *, actor: Person, now: datetime, reason_code: str, message: str = "") -> ShareChange:
    """It counts: its points are paid, or stay paid. Raises transitions.IllegalMove."""
    if share.state == ShareState.VERIFIED:
        return _leave_as_it_is(share, actor, now, reason_code, message)
    weigh(share, now=now)
    return _decide(share, ShareState.VERIFIED, actor, now, reason_code, message)


def decline(share: Share, *, actor: Person, now: datetime, reason_code: str, message: str = "") -> ShareChange:
    """It does not count, so nothing is paid, or what was paid is taken back. Raises transitions.IllegalMove."""
    if share.state == ShareState.REVOKED:
        return _leave_as_it_is(share, actor, now, reason_code, message)
    to = ShareState.REVOKED if share.state == ShareState.VERIFIED else ShareState.REJECTED
    return _decide(share, to, actor, now, reason_code, message)


def ask_change(share: Share, *, actor: Person, now: datetime, reason_code: str, message: str = "") -> ShareChange:
    """It would count with a change, for which the fan gets at least 48 hours. Raises transitions.IllegalMove."""
    return _decide(share, ShareState.NEEDS_FIX, actor, now, reason_code, message)


def undo(share: Share, *, actor: Person, now: datetime, change_id: str) -> ShareChange:
    """Take a decision back within ten minutes: the share needs review again, paid points are taken back.

    Raises UndoRefused, and what missions.claims.reopen_claim raises when the place can't be held again.
    """
    latest = next(change for change in changes_of(share) if not change.is_noted_by_a_look)
    if latest.from_state in PAID_ONCE and latest.actor_id is not None:
        return _look_again(share, latest, actor=actor, now=now, change_id=change_id)
    by_person = latest.actor_id is not None and latest.from_state == ShareState.NEEDS_REVIEW
    if latest.id != change_id or latest.to_state not in DECISIONS or not by_person:
        raise UndoRefused("not_the_latest")
    if now - latest.at > UNDO_WINDOW:
        raise UndoRefused("too_late")
    try:
        change = move_share(share, ShareState.NEEDS_REVIEW, actor_id=actor.id, now=now, reason_code=UNDONE)
    except Superseded as superseded:
        raise UndoRefused("superseded") from superseded
    weigh(share, now=None)
    events.record(ShareDecisionUndone(share_id=share.id, change_id=change_id, person_id=share.person_id))
    _audit("share.decision_undone", share, actor, why=UNDONE, before=latest.to_state)
    return change


def _leave_as_it_is(share: Share, actor: Person, now: datetime, reason_code: str, message: str) -> ShareChange:
    """What is unusual about a paid share is all right, or what was taken back stays so.

    A paid one settles when its time comes, and not before this answer can no longer be taken back.
    """
    if share.state == ShareState.VERIFIED:
        weigh(share, now=now)
        look_at(share, max(share.settles_at or now, now + UNDO_WINDOW))
    change = note_unmoved(share, actor_id=actor.id, now=now, reason_code=reason_code, message=message)
    _audit(f"share.left_{share.state}", share, actor, why=message.strip() or reason_code, before=share.state)
    return change


def _look_again(share: Share, latest: ShareChange, *, actor: Person, now: datetime, change_id: str) -> ShareChange:
    """Take back what was decided on a share that was paid once: it is as before, and its case is open again."""
    if latest.id != change_id or latest.to_state not in PAID_ONCE:
        raise UndoRefused("not_the_latest")
    if now - latest.at > UNDO_WINDOW:
        raise UndoRefused("too_late")
    before = share.state
    if latest.from_state == latest.to_state:
        change = note_unmoved(share, actor_id=actor.id, now=now, reason_code=UNDONE)
    else:
        to = ShareState(str(latest.from_state))
        change = move_share(share, to, actor_id=actor.id, now=now, reason_code=UNDONE)
    weigh(share, now=None)
    review_desk().open_case(share, why=UNDONE, due_at=now, appeal_text=None, now=now)
    events.record(ShareDecisionUndone(share_id=share.id, change_id=change_id, person_id=share.person_id))
    _audit("share.decision_undone", share, actor, why=UNDONE, before=before)
    return change


def _decide(share: Share, to: ShareState, actor: Person, now: datetime, reason_code: str, message: str) -> ShareChange:
    before = share.state
    change = move_share(share, to, actor_id=actor.id, now=now, reason_code=reason_code, message=message.strip() or None)
    _audit(f"share.{to}", share, actor, why=message.strip() or reason_code, before=before)
    return change


def _audit(action: str, share: Share, actor: Person, *, why: str, before: str) -> None:
    db.session.flush()
    after = {"state": share.state}
    audit(action, ("share", share.id), actor_id=actor.id, why=why, before={"state": before}, after=after)
