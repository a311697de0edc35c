"""Something is wrong with what was redeemed: its owner says so, and staff replace, refund or refuse, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.rewards import orders, steps
from portal.rewards.events import ProblemAnswered
from portal.rewards.fulfilment import CannotBeHad, fulfilment_of
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.problem_models import Problem, ProblemState
from portal.rewards.refusals import OrderRefused

S, P = RedemptionState, ProblemState
SHOWN_MAX = 100
COUNTED_MAX = 999
CODES = {P.REPLACED: "problem_replaced", P.REFUNDED: "refunded", P.REFUSED: "problem_refused"}


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
    return problem


def answer(problem: Problem, how: ProblemState, *, why: str, actor: Person, now: datetime) -> None:
    """Replace it, refund it, or refuse, once; its owner reads `why`. Raises OrderRefused."""
    redemption = steps.hold(problem.redemption)
    db.session.refresh(problem)
    if problem.state != P.OPEN:
        raise OrderRefused(lazy_gettext("A colleague answered this already. Nothing changed."))
    if redemption.person_id == actor.id:
        raise OrderRefused(lazy_gettext("This is your own. A colleague answers it."))
    if how == P.REPLACED:
        _replace(redemption, now=now)
    elif how == P.REFUNDED:
        orders.refund(redemption, why=why, back_in_stock=False, actor=actor, now=now)
    problem.state, problem.answer, problem.decided_by_id, problem.decided_at = how, why, actor.id, now
    db.session.flush()
    if how != P.REFUNDED:
        steps.note(redemption, actor_id=actor.id, now=now, code=CODES[how], message=why)
        events.record(ProblemAnswered(problem.id, redemption.id, redemption.reward_id, redemption.person_id))
    audit(
        f"problem.{how}", ("redemption", redemption.id), actor_id=actor.id, why=why, before={"problem": P.OPEN},
        after={"problem": how},
    )  # fmt: skip


def _replace(redemption: Redemption, *, now: datetime) -> None:
    if redemption.state != S.FULFILLED:
        raise OrderRefused(lazy_gettext("Nothing was had yet that could be replaced. Refund it, or refuse."))
    try:
        fulfilment_of(redemption.reward.kind).replace(redemption, now=now)
    except CannotBeHad:
        raise OrderRefused(
            lazy_gettext("There is none left to replace it with, or this kind can’t be replaced. Refund it instead.")
        ) from None


def open_problem(redemption_id: str) -> Problem | None:
    """The one that waits for an answer. Leans on `one_open_problem`."""
    waiting: ColumnElement[bool] = literal_column("redemption_problem.state = 'open'")
    return db.session.scalar(select(Problem).where(Problem.redemption_id == redemption_id, waiting))


def open_problems() -> Sequence[Problem]:
    """What waits for an answer, the oldest first. Leans on `ix_redemption_problem_open`."""
    waiting: ColumnElement[bool] = literal_column("redemption_problem.state = 'open'")
    query = select(Problem).where(waiting).options(joinedload(Problem.redemption).joinedload(Redemption.reward))
    return db.session.scalars(query.order_by(Problem.opened_at, Problem.id).limit(SHOWN_MAX)).all()


def count_open() -> int:
    """How many wait for an answer; at most COUNTED_MAX."""
    return db.session.scalar(counting_open()) or 0


def counting_open() -> Select[int]:
    """The query of `count_open`."""
    waiting: ColumnElement[bool] = literal_column("redemption_problem.state = 'open'")
    some = select(Problem.id).where(waiting).limit(COUNTED_MAX).subquery()
    return select(func.count()).select_from(some)
