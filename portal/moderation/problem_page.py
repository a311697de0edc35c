"""The page of a case about an order: what its owner says, what happened to it, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask_babel import LazyString
from flask_login import current_user

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.moderation import queries, rules
from portal.moderation.console import around, form_to_hand_over
from portal.moderation.errors import ReviewRefused
from portal.moderation.forms import HandOverForm, LaterForm, filter_from
from portal.moderation.models import Case, CaseState
from portal.rewards import queries as rewards
from portal.rewards.answering import why_not_replaced
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.models import Redemption
from portal.rewards.order_forms import AnswerForm
from portal.rewards.problem_models import Problem
from portal.rewards.refusals import OrderRefused
from portal.rewards.wording import Happened, timeline


@dataclass(frozen=True)
class ProblemFile:
    """What the page shows; `not_theirs` and `held` say why this person can't answer it now."""

    case: Case
    problem: Problem
    order: Redemption
    status: str
    timeline: list[Happened]
    answered_by: str
    cannot_replace: LazyString | None
    not_theirs: bool
    held: bool
    mine: bool
    late: bool
    soon: bool

    @property
    def is_open(self) -> bool:
        return self.case.state == CaseState.OPEN

    @property
    def can_decide(self) -> bool:
        return self.is_open and not self.not_theirs and not self.held


def open_problem_file(case: Case, staff: Person, *, now: datetime) -> ProblemFile:
    """Gather it. Raises LookupError for a case that is about no order."""
    problem = case.problem
    if problem is None:
        raise LookupError(case.id)
    order = problem.redemption
    fulfilment = fulfilment_of(order.reward.kind)
    by = db.session.get(Person, problem.decided_by_id) if problem.decided_by_id else None
    return ProblemFile(
        case=case, problem=problem, order=order, status=fulfilment.status(order),
        timeline=timeline(rewards.steps_of(order.id), order.person_id), answered_by=by.display_name if by else "",
        cannot_replace=why_not_replaced(order),
        not_theirs=rules.why_not_theirs(staff.id, person_id=case.person_id, not_for_id=case.not_for_id) is not None,
        held=rules.is_held_by_another(staff.id, taken_by_id=case.taken_by_id, taken_until=case.taken_until, now=now),
        mine=case.taken_by_id == staff.id and case.taken_until is not None and case.taken_until > now,
        late=case.due_at <= now, soon=case.due_at - now < rules.SOON,
    )  # fmt: skip


def problem_page(
    case: Case,
    *,
    form: AnswerForm | None = None,
    problem: ReviewRefused | OrderRefused | None = None,
    later_form: LaterForm | None = None,
    hand_over_form: HandOverForm | None = None,
) -> str:
    """`problem` is what was refused; the forms keep what was typed."""
    now, wanted = clock.now(), filter_from(request.args)
    window = queries.window_around(current_user, wanted, case, now=now)
    context: dict[str, Any] = around(wanted, window, now, current=case)
    file = open_problem_file(case, current_user, now=now)
    answers = (form or AnswerForm(formdata=None)).offering(replacement=file.cannot_replace is None)
    return render_template(
        "moderation/problem.html", file=file, problem=problem, form=answers,
        later_form=later_form or LaterForm(formdata=None),
        hand_over_form=hand_over_form or form_to_hand_over(case, formdata=None), **context,
    )  # fmt: skip
