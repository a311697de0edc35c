"""A moderator's answers. The moderation room calls these; the reasons are shown to the fan."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.shares.events import ShareDecisionUndone
from portal.shares.models import Share, ShareChange, ShareState
from portal.shares.queries import changes_of
from portal.shares.transitions import UNDO_WINDOW, UNDONE, Superseded, move_share

DECISIONS = (ShareState.VERIFIED, ShareState.NEEDS_FIX, ShareState.REJECTED)


class UndoRefused(Exception):
    """It can't be taken back: too late, or something else happened since. `reason_code`: too_late, not_the_latest,
    superseded."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


def verify(share: Share, *, actor: Person, now: datetime, reason_code: str, message: str = "") -> ShareChange:
    """It counts: its points are paid. Raises transitions.IllegalMove."""
    return _decide(share, ShareState.VERIFIED, actor, now, reason_code, message)


def decline(share: Share, *, actor: Person, now: datetime, reason_code: str, message: str = "") -> ShareChange:
    """It does not count; the fan may appeal once. Raises transitions.IllegalMove."""
    return _decide(share, ShareState.REJECTED, actor, now, reason_code, message)


def ask_change(share: Share, *, actor: Person, now: datetime, reason_code: str, message: str = "") -> ShareChange:
    """It would count with a change, for which the fan gets at least 48 hours. Raises transitions.IllegalMove."""
    return _decide(share, ShareState.NEEDS_FIX, actor, now, reason_code, message)


def undo(share: Share, *, actor: Person, now: datetime, change_id: str) -> ShareChange:
    """Take a decision back within ten minutes: the share needs review again, paid points are taken back.

    Raises UndoRefused, and what missions.claiming.reopen_claim raises when the place can't be held again.
    """
    latest = changes_of(share)[0]
    by_person = latest.actor_id is not None and latest.from_state == ShareState.NEEDS_REVIEW
    if latest.id != change_id or latest.to_state not in DECISIONS or not by_person:
        raise UndoRefused("not_the_latest")
    if now - latest.at > UNDO_WINDOW:
        raise UndoRefused("too_late")
    try:
        change = move_share(share, ShareState.NEEDS_REVIEW, actor_id=actor.id, now=now, reason_code=UNDONE)
    except Superseded as superseded:
        raise UndoRefused("superseded") from superseded
    events.record(ShareDecisionUndone(share_id=share.id, change_id=change_id, person_id=share.person_id))
    _audit("share.decision_undone", share, actor, why=UNDONE, before=latest.to_state)
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
