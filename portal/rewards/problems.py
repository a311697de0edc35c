"""Something is wrong with what was redeemed: its owner says so, and a person looks at it.

Each waits in the review queue as a case of its own (`ports.ProblemDesk`), opened and closed in the same transaction.
What staff answer is in `answering`. Locks: the redemption's row, the problem's, then its case's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, literal_column, select

from portal.extensions import db
from portal.rewards import steps
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.ports import problem_desk
from portal.rewards.problem_models import Problem, ProblemState
from portal.rewards.refusals import OrderRefused

S, P = RedemptionState, ProblemState


def may_report(redemption: Redemption) -> bool:
    """Something can be wrong with what was had or is on its way."""
    return redemption.state in (S.APPROVED, S.FULFILLED)


def report(redemption: Redemption, text: str, *, now: datetime) -> Problem:
    """Its owner says what is wrong. While that waits for an answer, it is said once. Raises OrderRefused."""
    steps.hold(redemption)
    known = open_problem(redemption.id)
    if known is not None:
        return known
    if not may_report(redemption):
        raise OrderRefused(lazy_gettext("This order is over: its points went back already."))
    problem = Problem(redemption_id=redemption.id, text=text, opened_at=now)
    db.session.add(problem)
    db.session.flush()
    steps.note(redemption, actor_id=redemption.person_id, now=now, code="problem", message=text)
    problem_desk().open_problem(problem, due_at=answered_by(problem), now=now)
    return problem


def answered_by(problem: Problem) -> datetime:
    """By when its owner was promised an answer: as soon as for a share."""
    return problem.opened_at + timedelta(hours=current_app.config["SETTINGS"].decision_hours)


def settle(
    redemption: Redemption, how: ProblemState, *, why: str = "", by_id: str | None = None, now: datetime
) -> Problem | None:
    """End what is open about `redemption`, whose row the caller holds; what was open, or None."""
    problem = open_problem(redemption.id)
    if problem is None:
        return None
    problem.state, problem.answer, problem.decided_by_id, problem.decided_at = how, why, by_id, now
    db.session.flush()
    problem_desk().close_problem(problem)
    return problem


def open_problem(redemption_id: str) -> Problem | None:
    """The one that waits for an answer. Leans on `one_open_problem`."""
    waiting: ColumnElement[bool] = literal_column("redemption_problem.state = 'open'")
    query = select(Problem).where(Problem.redemption_id == redemption_id, waiting)
    return db.session.scalar(query.execution_options(populate_existing=True))
