"""Managers' pages about points: the programme's rules, adjustments by hand, anybody's statement."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts.models import Person
from portal.accounts.queries import person_by_id
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.audit import audit
from portal.kernel.base import new_id
from portal.kernel.flashes import done
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import unit_of_work
from portal.points import adjusting, programme
from portal.points.adjusting import AdjustmentRefused
from portal.points.adjustment_models import Adjustment, AdjustmentState
from portal.points.programme import rules_now
from portal.points.staff_forms import AdjustForm, AnswerForm, RulesForm
from portal.points.statement_page import statement_csv_answer, statement_values
from portal.points.wording import expiry_in_words

bp = Blueprint("points_staff", __name__, url_prefix="/staff/points")


@bp.get("/rules")
@allow(Permission.ADJUST_POINTS)
def rules() -> ResponseReturnValue:
    """When points expire and who adjusts alone, with the versions before."""
    held = rules_now()
    values = {
        "expiry_kind": held.expiry.kind.value, "expiry_months": held.expiry.months,
        "fixed_month": held.expiry.fixed_month, "fixed_day": held.expiry.fixed_day, "alone_max": held.alone_max,
        "seen_version": str(held.version),
    }  # fmt: skip
    return _rules_page(RulesForm(formdata=None, data=values))


@bp.post("/rules")
@allow(Permission.ADJUST_POINTS)
def save_rules() -> ResponseReturnValue:
    """Save a new version, unless somebody else did first."""
    form = RulesForm()
    if not form.validate():
        return _rules_page(form), 422
    try:
        with unit_of_work():
            programme.save_rules(
                form.expiry, int(form.alone_max.data or 0), seen_version=version_in(form.seen_version.data),
                for_all_points=form.for_all_points.data, actor=current_user, why=form.why.data or "", now=clock.now(),
            )  # fmt: skip
    except programme.ChangedMeanwhile:
        form.seen_version.data = str(rules_now().version)
        problem = _("A colleague changed the rules meanwhile. Look at them below; saving again puts yours in force.")
        return _rules_page(form, problem), 409
    done(_("The rules are saved. They hold from now on."))
    return redirect(url_for(".rules"), 303)


@bp.get("/adjustments")
@allow(Permission.ADJUST_POINTS)
def adjustments() -> ResponseReturnValue:
    """What waits for a second person, and what was decided."""
    return _adjustments_page()


@bp.post("/adjustments/<adjustment_id>/agree")
@allow(Permission.ADJUST_POINTS)
def agree(adjustment_id: str) -> ResponseReturnValue:
    """Be the second person."""
    asked = _adjustment_or_404(adjustment_id)
    try:
        with unit_of_work():
            adjusting.agree(asked, actor=current_user, now=clock.now())
    except AdjustmentRefused as refusal:
        return _adjustments_page(problem=str(refusal.sentence)), 409
    done(_("Agreed and booked."))
    return redirect(url_for(".adjustments"), 303)


@bp.post("/adjustments/<adjustment_id>/refuse")
@allow(Permission.ADJUST_POINTS)
def refuse(adjustment_id: str) -> ResponseReturnValue:
    """Don’t agree, with the reason; or take one's own request back."""
    asked = _adjustment_or_404(adjustment_id)
    form = AnswerForm(prefix=f"{adjustment_id}-")
    if not form.validate():
        return _adjustments_page(open_form=form, opened=adjustment_id), 422
    try:
        with unit_of_work():
            adjusting.refuse(asked, answer=form.answer.data or "", actor=current_user, now=clock.now())
    except AdjustmentRefused as refusal:
        return _adjustments_page(problem=str(refusal.sentence)), 409
    done(_("Refused. Nothing was booked."))
    return redirect(url_for(".adjustments"), 303)


@bp.get("/people/<person_id>")
@allow(Permission.ADJUST_POINTS)
def person(person_id: str) -> ResponseReturnValue:
    """Somebody's statement as they see it, and the form that puts it right."""
    return _person_page(_person_or_404(person_id), AdjustForm(formdata=None, idempotency_key=new_id()))


@bp.post("/people/<person_id>/adjust")
@allow(Permission.ADJUST_POINTS)
def adjust(person_id: str) -> ResponseReturnValue:
    """Book an adjustment, or ask a second person; the same form sent twice does it once."""
    owner, form = _person_or_404(person_id), AdjustForm()
    if not form.validate():
        return _person_page(owner, form), 422
    key, points, reason = form.idempotency_key.data or new_id(), int(form.points.data or 0), form.reason.data or ""
    asked = fingerprint("adjust_points", {"person": person_id, "points": points, "reason": reason})
    try:
        with unit_of_work():
            answer = first_answer(current_user.id, key, asked)
            if answer is None:
                made = adjusting.adjust(owner, points, reason=reason, actor=current_user, now=clock.now())
                booked = made.state == AdjustmentState.BOOKED
                answer = url_for(".person", person_id=person_id) if booked else url_for(".adjustments")
                remember(current_user.id, key, asked, answer)
    except AdjustmentRefused as refusal:
        return _person_page(owner, form, problem=str(refusal.sentence)), 409
    except KeyReused:
        abort(409)
    if answer == url_for(".adjustments"):
        done(_("This is above the limit: a second person has to agree. It waits here."))
    else:
        done(_("Booked. They are told, with your reason."))
    return redirect(answer, 303)


@bp.post("/people/<person_id>/statement.csv")
@allow(Permission.ADJUST_POINTS)
def person_csv(person_id: str) -> ResponseReturnValue:
    """Somebody's statement as a table; that it was taken out is kept in the audit trail."""
    owner = _person_or_404(person_id)
    with unit_of_work():
        audit(
            "points.statement_exported", ("person", owner.id), actor_id=current_user.id, why="export",
            after={"format": "csv"},
        )  # fmt: skip
    return statement_csv_answer(owner, request.args)


def _rules_page(form: RulesForm, problem: str = "") -> str:
    return render_template(
        "points/staff_rules.html", form=form, problem=problem, held=rules_now(),
        versions=[(row, expiry_in_words(programme.expiry_in(row))) for row in programme.versions()],
    )  # fmt: skip


def _adjustments_page(*, problem: str = "", open_form: AnswerForm | None = None, opened: str = "") -> str:
    waiting = adjusting.waiting()
    answers = {each.id: AnswerForm(formdata=None, prefix=f"{each.id}-") for each in waiting}
    if open_form is not None:
        answers[opened] = open_form
    return render_template(
        "points/staff_adjustments.html", waiting=waiting, decided=adjusting.latest(), answers=answers, opened=opened,
        problem=problem, alone_max=rules_now().alone_max,
    )  # fmt: skip


def _person_page(owner: Person, form: AdjustForm, *, problem: str = "") -> str:
    here = partial(url_for, ".person", person_id=owner.id)
    return render_template(
        "points/staff_person.html", person=owner, form=form, problem=problem,
        alone_max=programme.alone_max_of(current_user),
        is_self=owner.id == current_user.id, here=here, **statement_values(owner, request.args),
    )  # fmt: skip


def _person_or_404(person_id: str) -> Person:
    found = person_by_id(person_id)
    if found is None:
        abort(404)
    return found


def _adjustment_or_404(adjustment_id: str) -> Adjustment:
    found = db.session.get(Adjustment, adjustment_id)
    if found is None:
        abort(404)
    return found
