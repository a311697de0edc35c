"""The review console: the queue, one case, and what a moderator does with it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.accounts import handles
from portal.accounts import queries as accounts
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.wording import network_name
from portal.moderation import case_queries, queries, reviewing, wording
from portal.moderation.case_file import open_file, pays_now
from portal.moderation.console import address, around, form_to_hand_over, load_case, load_share_case
from portal.moderation.errors import ReviewRefused
from portal.moderation.forms import ConfirmForm, DecisionForm, HandOverForm, LaterForm, filter_from
from portal.moderation.models import Case, CaseKind, Verdict
from portal.moderation.problem_page import problem_page
from portal.moderation.reasons import AS_ASKED, label_of, reasons_for
from portal.shares.models import ShareState
from portal.shares.proof import as_download, take_along
from portal.shares.records import FOUND_SINCE, sampling_found
from portal.shares.things import things_of

bp = Blueprint("moderation", __name__, url_prefix="/staff/review")


@bp.get("")
@allow(Permission.USE_QUEUE)
def queue() -> ResponseReturnValue:
    """The queue by deadline and weight, how it stands, and where to start."""
    now, wanted = clock.now(), filter_from(request.args)
    window = queries.queue(
        current_user, wanted, now=now, after=request.args.get("after"), before=request.args.get("before")
    )
    missions = queries.missions_waiting()
    return render_template(
        "moderation/queue.html", missions=missions, found=sampling_found(now - FOUND_SINCE),
        **around(wanted, window, now),
    )  # fmt: skip


@bp.post("/start")
@allow(Permission.USE_QUEUE)
def start() -> ResponseReturnValue:
    """Take the most urgent case that nobody has."""
    now, wanted = clock.now(), filter_from(request.args)
    with unit_of_work():
        case_id = queries.next_case_id(current_user, wanted, now=now)
        if case_id is not None:
            reviewing.take(load_case(case_id), moderator=current_user, now=now)
    return redirect(address(wanted, case_id), 303)


@bp.get("/<case_id>")
@allow(Permission.USE_QUEUE)
def show(case_id: str) -> ResponseReturnValue:
    return _case_page(load_case(case_id))


@bp.post("/<case_id>/proof")
@allow(Permission.REVIEW_SHARES)
def proof(case_id: str) -> ResponseReturnValue:
    """One file that proves the decision; who took it along, and when, is written down."""
    share = load_share_case(case_id).share or abort(404)
    with unit_of_work():
        file = take_along(
            share, actor=current_user, secret_keys=current_app.config["SETTINGS"].secret_keys, now=clock.now()
        )
    body, headers = as_download(share, file)
    return body, 200, headers


@bp.post("/<case_id>/take")
@allow(Permission.USE_QUEUE)
def take(case_id: str) -> ResponseReturnValue:
    """Opening takes it: the page asks by itself; without JavaScript by a button. Answers htmx with the lease's line."""
    case, over = load_case(case_id), request.form.get("take_over") == "1"
    try:
        with unit_of_work():
            reviewing.take(case, moderator=current_user, now=clock.now(), take_over=over)
    except ReviewRefused as refusal:
        return _refused(case_id, refusal)
    if request.headers.get("HX-Request") == "true":
        return render_template("moderation/_lease.html", case=case, held=False)
    return redirect(address(filter_from(request.args), case_id), 303)


@bp.post("/<case_id>/decision")
@allow(Permission.REVIEW_SHARES)
def decide(case_id: str) -> ResponseReturnValue:
    """Send the answer, and go on to the next case."""
    case, form, wanted = load_share_case(case_id), DecisionForm(), filter_from(request.args)
    if not form.validate():
        return _case_page(case, form=form), 422
    now, was_paid = clock.now(), case.share is not None and case.share.state == ShareState.VERIFIED
    try:
        with unit_of_work():
            decision = reviewing.decide(
                case, moderator=current_user, verdict=Verdict(form.verdict.data),
                reason_code=form.reason_code.data or "", message=form.message.data or "", seen_version=form.version,
                now=now,
            )  # fmt: skip
            following = queries.next_case_id(current_user, wanted, now=now, after=case)
            points = pays_now(case.share) if case.share else 0
            sentence = wording.done_words(
                decision.verdict, case.person.display_name, points_now=points, was_paid=was_paid
            )
            undo_url = url_for(".undo", decision_id=decision.id, **wanted.args)
    except ReviewRefused as refusal:
        return _refused(case_id, refusal, form)
    done(sentence, undo_url=undo_url)
    return redirect(address(wanted, following), 303)


@bp.post("/decisions/<decision_id>/undo")
@allow(Permission.REVIEW_SHARES)
def undo(decision_id: str) -> ResponseReturnValue:
    """Take a decision back and show its case again."""
    decision = case_queries.decision_by_id(decision_id)
    if decision is None:
        abort(404)
    case_id = decision.case_id
    try:
        with unit_of_work():
            reviewing.undo_decision(decision, moderator=current_user, now=clock.now())
    except ReviewRefused as refusal:
        return _refused(case_id, refusal)
    done(_("The decision is taken back. The fan sees that a person looks again."))
    return redirect(address(filter_from(request.args), case_id), 303)


@bp.post("/<case_id>/later")
@allow(Permission.USE_QUEUE)
def put_off(case_id: str) -> ResponseReturnValue:
    """Let it rest, and go on."""
    case, form, wanted, now = load_case(case_id), LaterForm(), filter_from(request.args), clock.now()
    until = form.until(now) if form.validate() else None
    try:
        with unit_of_work():
            reviewing.put_off(case, moderator=current_user, until=until or now, now=now)
            following = queries.next_case_id(current_user, wanted, now=now, after=case)
    except ReviewRefused as refusal:
        return _refused(case_id, refusal, later_form=form)
    done(_("It comes back later. The time we promised the fan stays."))
    return redirect(address(wanted, following), 303)


@bp.post("/<case_id>/hand-over")
@allow(Permission.USE_QUEUE)
def hand_over(case_id: str) -> ResponseReturnValue:
    """Give it to a colleague, and go on."""
    case, wanted, now = load_case(case_id), filter_from(request.args), clock.now()
    form = form_to_hand_over(case)
    if not form.validate():
        return _case_page(case, hand_over_form=form), 422
    colleague = case_queries.colleague(case, current_user, form.to.data)
    try:
        with unit_of_work():
            reviewing.hand_over(
                case, moderator=current_user, to=colleague or current_user, note=form.note.data or "", now=now
            )
            following = queries.next_case_id(current_user, wanted, now=now, after=case)
            name = colleague.display_name if colleague else ""
    except ReviewRefused as refusal:
        return _refused(case_id, refusal, hand_over_form=form)
    done(_("Handed to %(name)s.", name=name))
    return redirect(address(wanted, following), 303)


@bp.post("/<case_id>/handles/<handle_id>/confirm")
@allow(Permission.REVIEW_SHARES)
def confirm_handle(case_id: str, handle_id: str) -> ResponseReturnValue:
    """Vouch for the account that the post is from, where no code can prove it."""
    case = load_share_case(case_id)
    handle = accounts.handle_of(case.person_id, handle_id)
    if handle is None or case.share is None or handle.platform != case.share.platform:
        abort(404)
    form = ConfirmForm(prefix=f"{handle_id}-")
    if not form.validate():
        return _case_page(case, confirm_form=form), 422
    try:
        with unit_of_work():
            handles.confirm_by_staff(handle, actor=current_user, reason=form.reason.data or "", now=clock.now())
    except handles.HandleRefused as refused:
        form.reason.errors = [str(refused.sentence)]
        return _case_page(load_share_case(case_id), confirm_form=form), 409
    done(_("@%(name)s is confirmed.", name=handle.name))
    return redirect(address(filter_from(request.args), case_id), 303)


def _refused(
    case_id: str, refusal: ReviewRefused, form: DecisionForm | None = None, **forms: Any
) -> ResponseReturnValue:
    """A fresh card with what happened on top, and what was typed below."""
    return _case_page(load_case(case_id), form=form, problem=refusal, **forms), refusal.status


def _case_page(
    case: Case,
    *,
    form: DecisionForm | None = None,
    problem: ReviewRefused | None = None,
    later_form: LaterForm | None = None,
    hand_over_form: HandOverForm | None = None,
    confirm_form: ConfirmForm | None = None,
) -> str:
    """`confirm_form`: the one that was refused; it stays open, with what was typed."""
    if case.kind == CaseKind.PROBLEM:
        return problem_page(case, problem=problem, later_form=later_form, hand_over_form=hand_over_form)
    now, wanted = clock.now(), filter_from(request.args)
    file = open_file(case, current_user, now=now)
    confirm = {handle.id: ConfirmForm(formdata=None, prefix=f"{handle.id}-") for handle in file.handles}
    if confirm_form is not None:
        confirm[confirm_form._prefix.rstrip("-")] = confirm_form
    window = queries.window_around(current_user, wanted, case, now=now)
    return render_template(
        "moderation/case.html", file=file, confirm=confirm, form=form or DecisionForm(formdata=None),
        problem=problem, later_form=later_form or LaterForm(formdata=None),
        hand_over_form=hand_over_form or form_to_hand_over(case, formdata=None),
        reasons=reasons_for(file.share.form), as_asked=AS_ASKED,
        things=things_of(file.share), staff=True,
        label_of=label_of, verdicts=wording.VERDICTS, why_words=wording.why_words, network=network_name,
        sees_people=Permission.SEE_PEOPLE in current_user.permissions, **around(wanted, window, now, current=case),
    )  # fmt: skip
