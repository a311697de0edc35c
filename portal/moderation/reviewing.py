"""Deciding a case, once, with a reason that the fan reads; and taking a decision back within ten minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.base import violation_raises
from portal.missions.errors import ClaimRefused
from portal.moderation import rules
from portal.moderation.desk import free
from portal.moderation.errors import CaseMoved, ReasonMissing, UndoRefused
from portal.moderation.handling import (
    decision_in_force,
    hand_over,
    lock,
    put_off,
    refuse_closed,
    refuse_not_theirs,
    refuse_taken,
    take,
)
from portal.moderation.models import Case, CaseState, Decision, Verdict
from portal.moderation.reasons import reasons_for
from portal.rewards import answering, steps
from portal.rewards.problem_models import ProblemState
from portal.shares import deciding
from portal.shares.models import Share, ShareChange
from portal.shares.transitions import IllegalMove

__all__ = ["answer_problem", "decide", "hand_over", "put_off", "take", "undo_decision"]

MESSAGE_LENGTH_MAX = 1000

_ACTS: dict[Verdict, Callable[..., ShareChange]] = {
    Verdict.VERIFY: deciding.verify,
    Verdict.DECLINE: deciding.decline,
    Verdict.ASK_CHANGE: deciding.ask_change,
}


def decide(
    case: Case,
    *,
    moderator: Person,
    verdict: Verdict,
    reason_code: str,
    message: str,
    seen_version: int,
    now: datetime,
) -> Decision:
    """Answer the case; its share, points and claim follow in the same transaction.

    The same answer by the same moderator gives the first decision again. Raises AlreadyDecided when a colleague was
    faster, CaseMoved when it is not as it was seen, TakenByColleague, NotYours, ReasonMissing.
    """
    message = message.strip()[:MESSAGE_LENGTH_MAX]
    share = _lock_share(case)
    lock(case)
    given = decision_in_force(case) if case.state == CaseState.DECIDED else None
    if given is not None and _is_same(given, moderator, verdict, reason_code, message):
        return given
    _refuse_unless_theirs_as_seen(case, moderator, seen_version, now)
    _require_reason(share.form, verdict, reason_code, message)
    case.state = CaseState.DECIDED
    free(case)
    try:
        change = _ACTS[verdict](share, actor=moderator, now=now, reason_code=reason_code, message=message)
    except IllegalMove as moved:
        raise CaseMoved from moved
    decision = Decision(
        case_id=case.id, moderator_id=moderator.id, verdict=verdict, reason_code=reason_code, message=message,
        decided_at=now, in_time=now <= case.due_at, change_id=change.id,
    )  # fmt: skip
    db.session.add(decision)
    with violation_raises(CaseMoved()):
        db.session.flush()  # one decision in force per case: a partial unique index has the last word
    return decision


def _refuse_unless_theirs_as_seen(case: Case, moderator: Person, seen_version: int, now: datetime) -> None:
    """Whoever answers may do so, nobody else is at it, and the case is as they saw it. It is locked by now."""
    refuse_closed(case)
    refuse_not_theirs(case, moderator)
    if case.lock_version != seen_version:
        raise CaseMoved
    refuse_taken(case, moderator, now)


def answer_problem(case: Case, how: ProblemState, *, why: str, moderator: Person, now: datetime) -> None:
    """Answer what is wrong with an order; the case closes with it, and no undo follows: the order may have moved on.

    Raises NotYours, TakenByColleague, and the rewards room's OrderRefused, also when a colleague was faster.
    """
    problem = case.problem
    if problem is None:
        raise LookupError(case.id)
    steps.hold(problem.redemption)  # before its case, like its owner who gives it back: nobody waits in a circle
    lock(case)
    refuse_not_theirs(case, moderator)
    refuse_taken(case, moderator, now)
    answering.answer(problem, how, why=why, actor=moderator, now=now)


def undo_decision(decision: Decision, *, moderator: Person, now: datetime) -> Case:
    """Take a decision back within ten minutes: its case is open again, paid points are taken back.

    Raises UndoRefused (too late, not the latest, somebody else's) or NotYours.
    """
    case = decision.case
    share = _lock_share(case)
    lock(case)
    db.session.refresh(decision)
    if not rules.may_undo(moderator.id, moderator.roles, decided_by_id=decision.moderator_id):
        raise UndoRefused("not_yours")
    if decision.moderator_id != moderator.id:
        refuse_not_theirs(case, moderator)
    if decision.undone_at is not None or case.state != CaseState.DECIDED:
        raise UndoRefused("not_the_latest")
    decision.undone_at, decision.undone_by_id = now, moderator.id
    db.session.flush()
    try:
        deciding.undo(share, actor=moderator, now=now, change_id=decision.change_id)
    except deciding.UndoRefused as refused:
        raise UndoRefused(refused.reason_code) from refused
    except ClaimRefused as refused:
        raise UndoRefused("place_gone") from refused
    return case


def _lock_share(case: Case) -> Share:
    """Hold the share before its case, like a fan who takes it back: two who meet can't wait for each other."""
    return db.session.scalars(
        select(Share).where(Share.id == case.share_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _is_same(given: Decision, moderator: Person, verdict: Verdict, reason_code: str, message: str) -> bool:
    asked = (moderator.id, verdict, reason_code, message)
    return (given.moderator_id, given.verdict, given.reason_code, given.message) == asked


def _require_reason(form: str, verdict: Verdict, reason_code: str, message: str) -> None:
    reason = next((each for each in reasons_for(form)[verdict] if each.code == reason_code), None)
    if reason is None:
        raise ReasonMissing("reason_code")
    if reason.needs_message and not message:
        raise ReasonMissing("message")
