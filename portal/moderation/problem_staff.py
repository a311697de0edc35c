"""Answering what is wrong with an order, in the review console."""

from __future__ import annotations

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation import queries, reviewing
from portal.moderation.console import address, load_case
from portal.moderation.errors import ReviewRefused
from portal.moderation.forms import filter_from
from portal.moderation.problem_page import problem_page
from portal.moderation.staff import bp
from portal.rewards.order_forms import AnswerForm
from portal.rewards.problem_models import ProblemState
from portal.rewards.refusals import OrderRefused


@bp.post("/<case_id>/answer")
@allow(Permission.MANAGE_REWARDS)
def answer(case_id: str) -> ResponseReturnValue:
    """Send the answer, and go on to the next case."""
    case, form, wanted, now = load_case(case_id), AnswerForm(), filter_from(request.args), clock.now()
    if case.problem is None:
        abort(404)
    if not form.validate():
        return problem_page(case, form=form), 422
    try:
        with unit_of_work():
            reviewing.answer_problem(
                case, ProblemState(form.how.data), why=form.why.data or "", moderator=current_user, now=now
            )
            following = queries.next_case_id(current_user, wanted, now=now, after=case)
    except ReviewRefused as refusal:
        return problem_page(load_case(case_id), form=form, problem=refusal), refusal.status
    except OrderRefused as refusal:
        return problem_page(load_case(case_id), form=form, problem=refusal), 409
    done(_("Answered. Its owner is told."))
    return redirect(address(wanted, following), 303)
