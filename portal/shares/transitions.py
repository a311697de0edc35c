"""The one place where a share changes its state: it names who, why and when, and brings along what must follow.

Points, claim, review case and event move in the same transaction as the state, so that none of them can be had without
the others.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from portal.extensions import db
from portal.kernel import events, jobs
from portal.kernel.base import violation_raises
from portal.missions import bonus_reserve, claims
from portal.missions.claim_models import ClaimState
from portal.missions.models import Mission
from portal.points import awards
from portal.points.ledger import Cause
from portal.points.models import Award
from portal.shares import bonuses, queries
from portal.shares import events as happened
from portal.shares.models import Share, ShareChange, ShareForm, ShareState
from portal.shares.ports import review_desk
from portal.shares.recheck_rows import RECHECK, plan_next_look
from portal.shares.recheck_times import hold_end

S = ShareState
UNDO_WINDOW = timedelta(minutes=10)
FIX_HOURS_MIN = 48
FIX_DEADLINE = "share_fix_deadline"
MISSING, BACK = "missing:", "back_in_time"
"""What a look noted of a paid post, as reason codes of its history; the first is followed by check and reason."""
NOT_MISSING = {"missing_since": None, "missing_code": None, "grace_until": None}
UNDONE = "undone"
"""Reason code of a decision that was taken back; its own event tells of it (`deciding.undo`)."""

ALLOWED: dict[ShareState | None, frozenset[ShareState]] = {
    None: frozenset({S.RECEIVED}),
    S.RECEIVED: frozenset({S.CHECKING, S.WITHDRAWN}),
    S.CHECKING: frozenset({S.VERIFIED, S.NEEDS_FIX, S.NEEDS_REVIEW, S.REJECTED, S.WITHDRAWN}),
    S.NEEDS_FIX: frozenset({S.CHECKING, S.REJECTED, S.NEEDS_REVIEW, S.WITHDRAWN}),
    S.NEEDS_REVIEW: frozenset({S.VERIFIED, S.NEEDS_FIX, S.REJECTED, S.WITHDRAWN}),
    S.VERIFIED: frozenset({S.SETTLED, S.REVOKED, S.NEEDS_REVIEW}),
    S.SETTLED: frozenset({S.REVOKED}),
    S.REVOKED: frozenset({S.VERIFIED}),
    S.REJECTED: frozenset({S.NEEDS_REVIEW}),
    S.WITHDRAWN: frozenset(),
}
"""docs/domain.md, Shares. From `needs_fix`, `verified`, `rejected` to `needs_review` only by an undo or an appeal."""


Columns = dict[str, Any]
"""Values that a step wants written together with the new state."""


class IllegalMove(Exception):
    """The share is not in a state from which it can go there; nothing was changed."""

    def __init__(self, share: Share, to: ShareState) -> None:
        super().__init__(f"{share.state} → {to}")
        self.share_id, self.from_state, self.to = share.id, share.state, to


class Superseded(Exception):
    """A declined share can't be taken up again: by now its post counts elsewhere, or its claim has another share.

    `by`: "post" or "claim". Nothing was changed.
    """

    def __init__(self, share: Share, by: str) -> None:
        super().__init__(f"{share.id}: {by}")
        self.share_id, self.by = share.id, by


def cause_of(share: Share) -> Cause:
    """What the ledger names as the reason of this share's points: one award per share, whatever happens twice."""
    return Cause("share", share.id)


def move_share(
    share: Share,
    to: ShareState,
    *,
    actor_id: str | None,
    now: datetime,
    reason_code: str | None = None,
    message: str | None = None,
    appeal_text: str | None = None,
) -> ShareChange:
    """Take `share` to state `to` with everything that belongs to it. `actor_id` None: the portal itself.

    Raises IllegalMove; Superseded when a declined share is taken up again too late. A share that somebody else changed
    meanwhile fails at flush (StaleDataError).
    """
    came_from = None if share.state is None else ShareState(share.state)
    if to not in ALLOWED[came_from]:
        raise IllegalMove(share, to)
    if came_from is S.NEEDS_REVIEW and to is S.WITHDRAWN:
        review_desk().drop_case(share, now=now)
    # Everything else first: what these do is flushed, and a share half moved would break its own constraints.
    leaving = _LEAVING.get(came_from, _nothing)(share, to, now)
    entering = _ENTERING.get(to, _nothing)(share, to, now)
    change = ShareChange(
        share_id=share.id, from_state=came_from, to_state=to, actor_id=actor_id, at=now, reason_code=reason_code,
        message=message,
    )  # fmt: skip
    _write(share, change, leaving | entering)
    if to is S.VERIFIED:
        plan_next_look(share, now=now)
    if to is S.NEEDS_REVIEW and share.decide_by is not None:
        review_desk().open_case(
            share, why=reason_code or "could_not_tell", due_at=share.decide_by, appeal_text=appeal_text, now=now
        )
    _tell(share, change)
    return change


def _write(share: Share, change: ShareChange, columns: Columns) -> None:
    """Raises Superseded where a declined share's post was handed in again: a partial unique index has the last word."""
    values = {
        "state": change.to_state, "state_changed_at": change.at, "reason_code": change.reason_code,
        "message": change.message, "fix_until": None, "decide_by": None, **columns,
    }  # fmt: skip
    for name, value in values.items():
        setattr(share, name, value)
    db.session.add_all([share, change])
    with violation_raises(Superseded(share, "post")) if change.from_state == S.REJECTED else nullcontext():
        db.session.flush()


def note_unmoved(
    share: Share, *, actor_id: str | None, now: datetime, reason_code: str, message: str = ""
) -> ShareChange:
    """An entry of the history that leaves the state as it is: somebody looked, or asked for it."""
    change = ShareChange(
        share_id=share.id, from_state=share.state, to_state=share.state, actor_id=actor_id, at=now,
        reason_code=reason_code, message=message.strip() or None,
    )  # fmt: skip
    db.session.add(change)
    db.session.flush()
    return change


def note_missing(share: Share, code: str, *, now: datetime) -> None:
    """A look found a paid post not as it was; `code` is the check and its reason. The history keeps it for good."""
    note_unmoved(share, actor_id=None, now=now, reason_code=f"{MISSING}{code}")


def note_back(share: Share, *, now: datetime) -> None:
    """The post is back before its time ran out."""
    note_unmoved(share, actor_id=None, now=now, reason_code=BACK)


def _nothing(_share: Share, _to: ShareState, _now: datetime) -> Columns:
    return {}


def _leave_verified(share: Share, to: ShareState, now: datetime) -> Columns:
    award = award_of(share)
    if to is S.SETTLED:
        bonus_reserve.give_back(share.claim, now=now)  # before the person's points: campaigns are locked first
        awards.settle(award, now=now)
        return {}
    if to is S.REVOKED:
        _take_back(share, award, now, _why_taken_back(share, now))
        return NOT_MISSING
    # Claiming locks the mission before the ledger; taking a decision back must not do it the other way round.
    db.session.get(Mission, share.mission_id, with_for_update=True)
    _take_back(share, award, now, "decision_undone")
    claims.reactivate_claim(share.claim, now=now)
    jobs.cancel(RECHECK, share.id)
    return {"award_id": None, "settles_at": None, **NOT_MISSING}


def _why_taken_back(share: Share, now: datetime) -> str:
    """Why the points of a share go back that was verified: seen by the portal, or decided by a person."""
    if share.missing_since is not None:
        return "post_gone"
    at_its_end = share.settles_at is not None and share.settles_at <= now
    return "newcomer_gone" if share.form == ShareForm.NEWCOMER and at_its_end else "decided"


def _leave_settled(share: Share, to: ShareState, now: datetime) -> Columns:
    _take_back(share, award_of(share), now, "post_gone")
    return NOT_MISSING


def _take_back(share: Share, award: Award, now: datetime, reason: str) -> None:
    bonuses.take_back(share, now=now, reason=reason)
    awards.revoke(award, now=now, reason=reason)


def _leave_needs_fix(share: Share, to: ShareState, now: datetime) -> Columns:
    # The deadline's job is left alone: it may be the very one that brings this about, and it minds the state.
    if to in (S.CHECKING, S.NEEDS_REVIEW):
        claims.stop_clock(share.claim, now=now)
    return {}


def _leave_rejected(share: Share, to: ShareState, now: datetime) -> Columns:
    if queries.share_with_post(share.post_key) is not None:
        raise Superseded(share, "post")
    if queries.open_share_of_claim(share.claim_id) is not None:
        raise Superseded(share, "claim")
    claims.reopen_claim(share.claim, now=now)
    return {}


def _enter_checking(share: Share, to: ShareState, now: datetime) -> Columns:
    return {"check_round": share.check_round + 1}


def _enter_verified(share: Share, to: ShareState, now: datetime) -> Columns:
    mission, claim = share.mission, share.claim
    # Never before the undo window is over: what is settled can't be undone any more.
    settles_at = hold_end(share.id, now, max(timedelta(days=mission.hold_days), UNDO_WINDOW))
    points_now = claim.points_now
    if claim.state != ClaimState.FULFILLED:
        claims.fulfil_claim(claim, now=now)
    bonus_reserve.renew(claim, now=now)
    award = awards.award(
        cause_of(share), campaign_id=mission.campaign_id, person_id=share.person_id, points_now=points_now,
        points_held=claim.points - points_now, now=now, held_until=settles_at,
    )  # fmt: skip
    return {"award_id": award.id, "settles_at": settles_at, **NOT_MISSING}


def _enter_needs_fix(share: Share, to: ShareState, now: datetime) -> Columns:
    until = claims.restart_clock(share.claim, now=now, at_least_hours=FIX_HOURS_MIN)
    jobs.schedule(FIX_DEADLINE, share.id, {"share": share.id}, due_at=until)
    return {"fix_until": until}


def _enter_needs_review(share: Share, to: ShareState, now: datetime) -> Columns:
    return {"decide_by": now + timedelta(hours=current_app.config["SETTINGS"].decision_hours)}


def _give_claim_back(share: Share, to: ShareState, now: datetime) -> Columns:
    claims.reactivate_claim(share.claim, now=now)
    return {}


_LEAVING = {
    S.VERIFIED: _leave_verified,
    S.SETTLED: _leave_settled,
    S.NEEDS_FIX: _leave_needs_fix,
    S.REJECTED: _leave_rejected,
}
_ENTERING = {
    S.CHECKING: _enter_checking,
    S.VERIFIED: _enter_verified,
    S.NEEDS_FIX: _enter_needs_fix,
    S.NEEDS_REVIEW: _enter_needs_review,
    S.REJECTED: _give_claim_back,
    S.WITHDRAWN: _give_claim_back,
}


def award_of(share: Share) -> Award:
    """The award of a share that was verified. Raises LookupError when it never was."""
    award = db.session.get(Award, share.award_id) if share.award_id else None
    if award is None:
        raise LookupError(share.id)
    return award


_EVENTS: dict[ShareState, type[happened.ShareEvent]] = {
    S.NEEDS_FIX: happened.ShareNeedsFix,
    S.NEEDS_REVIEW: happened.ShareNeedsReview,
    S.REJECTED: happened.ShareRejected,
    S.REVOKED: happened.ShareRevoked,
}


def _tell(share: Share, change: ShareChange) -> None:
    about: dict[str, Any] = {
        "share_id": share.id, "change_id": change.id, "person_id": share.person_id, "mission_id": share.mission_id,
        "by_person": change.actor_id is not None and change.actor_id != share.person_id,
    }  # fmt: skip
    if share.state == S.VERIFIED:
        award = award_of(share)
        events.record(happened.ShareVerified(**about, points_now=award.points_now, points_held=award.points_held))
    elif share.state == S.SETTLED:
        events.record(happened.ShareSettled(**about, points=award_of(share).points_held))
    elif share.state in _EVENTS and share.reason_code != UNDONE:
        events.record(_EVENTS[ShareState(share.state)](**about))
