"""Opening and dropping cases, for the rooms below: in the transaction of the state that a case stems from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.moderation.models import Case, CaseKind, CaseState, Decision, Verdict
from portal.moderation.rules import ranked_at
from portal.rewards.problem_models import Problem, ProblemState
from portal.shares.models import Share
from portal.shares.transitions import UNDONE

ORDER_PROBLEM = "order_problem"


class Desk:
    """`shares.ports.ReviewDesk`."""

    def open_case(self, share: Share, *, why: str, due_at: datetime, appeal_text: str | None, now: datetime) -> None:
        """Put `share` before a person. An undone decision re-opens its own case; whatever else comes back gets a new
        one, linked to the one before."""
        last = last_case(share.id)
        if last is not None and last.state == CaseState.OPEN:
            return
        if last is not None and why == UNDONE:
            last.state = CaseState.OPEN
            db.session.flush()
            return
        appeal = appeal_text is not None
        case = Case(
            kind=CaseKind.APPEAL if appeal else CaseKind.SHARE, share_id=share.id, person_id=share.person_id,
            mission_id=share.mission_id, platform=share.platform, previous_id=last.id if last else None, why=why,
            appeal_text=appeal_text, opened_at=now, due_at=due_at, ranked_at=ranked_at(due_at, why),
            not_for_id=_who_declined(last) if appeal else None, handed_note="",
        )  # fmt: skip
        db.session.add(case)
        db.session.flush()

    def drop_case(self, share: Share, *, now: datetime) -> None:
        """Nobody needs to look any more."""
        case = open_case_of(share.id)
        if case is not None:
            case.state = CaseState.DROPPED
            free(case)
            db.session.flush()

    def has_open_case(self, share: Share) -> bool:
        """Does it wait for a person?"""
        return open_case_of(share.id) is not None


class ProblemDesk:
    """`rewards.ports.ProblemDesk`."""

    def open_problem(self, problem: Problem, *, due_at: datetime, now: datetime) -> None:
        """Put `problem` before whoever looks after rewards."""
        case = Case(
            kind=CaseKind.PROBLEM, problem_id=problem.id, person_id=problem.redemption.person_id, why=ORDER_PROBLEM,
            opened_at=now, due_at=due_at, ranked_at=ranked_at(due_at, ORDER_PROBLEM), handed_note="",
        )  # fmt: skip
        db.session.add(case)
        db.session.flush()

    def close_problem(self, problem: Problem) -> None:
        """It was answered, or is over. Leans on `one_open_case_per_problem`."""
        open_one = select(Case).where(Case.problem_id == problem.id, Case.state == CaseState.OPEN)
        case = db.session.scalar(open_one.with_for_update(of=Case).execution_options(populate_existing=True))
        if case is not None:
            case.state = CaseState.DROPPED if problem.state == ProblemState.OVER else CaseState.DECIDED
            free(case)
            db.session.flush()


def free(case: Case) -> None:
    """Let go of it: nobody has it open, it is handed to nobody and put off no longer."""
    case.taken_by_id = case.taken_until = case.later_until = None
    case.handed_to_id, case.handed_note = None, ""


def last_case(share_id: str) -> Case | None:
    """The newest case of a share. Leans on `ix_review_case_share_id`."""
    return db.session.scalar(select(Case).where(Case.share_id == share_id).order_by(Case.id.desc()).limit(1))


def open_case_of(share_id: str) -> Case | None:
    """The one open case of a share. Leans on `one_open_case_per_share`."""
    return db.session.scalar(select(Case).where(Case.share_id == share_id, Case.state == CaseState.OPEN))


def _who_declined(last: Case | None) -> str | None:
    """Who made the decision that is appealed; None where the portal declined."""
    if last is None:
        return None
    return db.session.scalar(
        select(Decision.moderator_id).where(
            Decision.case_id == last.id, Decision.undone_at.is_(None), Decision.verdict == Verdict.DECLINE
        )
    )
