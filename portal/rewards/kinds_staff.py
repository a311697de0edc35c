"""Staff's pages for what only some kinds have: events and their door, files, causes; and gifts."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts.models import Person
from portal.campaigns.queries import open_for_missions
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.files import DOWNLOADS_FOLDER, tidy_name
from portal.kernel.flashes import done
from portal.kernel.formatting import points
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.points.budgets import BudgetExhausted
from portal.rewards import giving, kinds, staff
from portal.rewards.kind_forms import CauseForm, CheckInForm, EventForm, FileForm, GiftForm
from portal.rewards.kind_models import FILE_NAME_LENGTH_MAX, Event, Ticket
from portal.rewards.refusals import OrderRefused, RedemptionRefused, StateRefused

bp = Blueprint("kinds_staff", __name__, url_prefix="/staff/rewards")
door = Blueprint("door", __name__, url_prefix="/staff/check-in")


@bp.post("/<reward_id>/event")
@allow(Permission.MANAGE_REWARDS)
def set_event(reward_id: str) -> ResponseReturnValue:
    reward, form = staff.load_reward(reward_id), EventForm()
    if not form.validate() or form.starts_at.data is None:
        return staff.reward_page(reward, event_form=form), 422
    try:
        with unit_of_work():
            kinds.set_event(reward, form.starts_at.data, form.place.data or "", actor=current_user)
    except StateRefused as refusal:
        return staff.reward_page(reward, event_form=form, refusal=refusal), 409
    done(_("Saved."))
    return redirect(url_for("rewards_staff.show", reward_id=reward_id), 303)


@bp.post("/<reward_id>/file")
@allow(Permission.MANAGE_REWARDS)
def set_file(reward_id: str) -> ResponseReturnValue:
    """Keep the file; what people redeemed before gives them the new one."""
    reward, form = staff.load_reward(reward_id), FileForm()
    name = tidy_name(form.file.data.filename or "") if form.validate() else ""
    stem, _dot, ending = name.rpartition(".")
    ending = ending.lower()
    if not form.errors and ending not in kinds.ENDINGS:
        form.file.errors = [_("Files end in one of these: %(endings)s.", endings=", ".join(sorted(kinds.ENDINGS)))]
    if form.errors:
        return staff.reward_page(reward, file_form=form), 422
    body = form.file.data.read()
    end_reading()
    key = current_app.extensions["portal_files"].put(body, folder=DOWNLOADS_FOLDER, ending=ending)
    try:
        with unit_of_work():
            kinds.set_file(reward, key, _called(stem, ending), len(body), actor=current_user)
    except StateRefused as refusal:
        return staff.reward_page(reward, file_form=form, refusal=refusal), 409
    done(_("Saved."))
    return redirect(url_for("rewards_staff.show", reward_id=reward_id), 303)


def _called(stem: str, ending: str) -> str:
    room = FILE_NAME_LENGTH_MAX - len(ending) - 1
    return f"{stem[:room].rstrip() or 'file'}.{ending}"


@bp.post("/<reward_id>/cause")
@allow(Permission.MANAGE_REWARDS)
def set_cause(reward_id: str) -> ResponseReturnValue:
    reward, form = staff.load_reward(reward_id), CauseForm()
    if not form.validate():
        return staff.reward_page(reward, cause_form=form), 422
    try:
        with unit_of_work():
            kinds.set_cause(reward, form.name.data or "", actor=current_user)
    except StateRefused as refusal:
        return staff.reward_page(reward, cause_form=form, refusal=refusal), 409
    done(_("Saved."))
    return redirect(url_for("rewards_staff.show", reward_id=reward_id), 303)


@bp.post("/<reward_id>/gifts")
@allow(Permission.MANAGE_REWARDS)
def give(reward_id: str) -> ResponseReturnValue:
    """Give one to somebody, from a season's budget."""
    reward, form = staff.load_reward(reward_id), GiftForm(campaigns=open_for_missions())
    people = giving.people_called(form.who.data or "") if form.validate() else []
    if not form.errors and len(people) != 1:
        form.who.errors = [
            _("Several people are called that: type the e-mail address.") if people
            else _("Nobody active has this name or address. Check how it is spelt.")
        ]  # fmt: skip
    if form.errors:
        return staff.reward_page(reward, gift_form=form), 422
    key, who, campaign_id, why = form.idempotency_key.data, people[0].id, form.campaign.data, form.why.data or ""
    name = people[0].display_name
    asked = fingerprint("give_reward", {"reward": reward_id, "who": who, "campaign": campaign_id, "why": why})
    try:
        with unit_of_work():
            answer = first_answer(current_user.id, key, asked)
            if answer is None:
                given = giving.give(
                    reward, db.session.get_one(Person, who), campaign_id=campaign_id, why=why, actor=current_user,
                    now=clock.now(),
                )  # fmt: skip
                answer = url_for("orders_staff.show", redemption_id=given.id)
                remember(current_user.id, key, asked, answer)
    except OrderRefused as refusal:
        form.form_errors.append(str(refusal.sentence))
        return staff.reward_page(staff.load_reward(reward_id), gift_form=form), 409
    except RedemptionRefused as refusal:
        reward = staff.load_reward(reward_id)
        form.form_errors.append(str(giving.why_not_given(refusal, reward, name)))
        return staff.reward_page(reward, gift_form=form), 409
    except BudgetExhausted as short:
        form.campaign.errors = [_("This budget has %(points)s left. Choose another one.", points=points(short.left))]
        return staff.reward_page(staff.load_reward(reward_id), gift_form=form), 409
    except KeyReused:
        abort(409)
    done(_("Given. They are told, with your reason."))
    return redirect(answer, 303)


@door.get("")
@allow(Permission.MANAGE_REWARDS)
def check_in() -> ResponseReturnValue:
    """The door: a ticket's picture leads here with its code, or it is typed; then who was let in with which ticket."""
    code, came_in = request.args.get("code"), request.args.get("let_in")
    if came_in and not code:
        return _door_page(CheckInForm(formdata=None), kinds.ticket_with(came_in), is_in=True)
    ticket = kinds.ticket_with(code) if code else None
    refused = kinds.why_not_in(ticket, now=clock.now()) if ticket else None
    return _door_page(CheckInForm(formdata=None, code=code), ticket, asked=bool(code), refused=refused)


@door.post("")
@allow(Permission.MANAGE_REWARDS)
def let_in() -> ResponseReturnValue:
    form = CheckInForm()
    if not form.validate():
        return _door_page(form, None), 422
    ticket = kinds.ticket_with(form.code.data)
    if ticket is None:
        return _door_page(form, None, asked=True), 404
    try:
        with unit_of_work():
            kinds.let_in(ticket, actor=current_user, now=clock.now())
    except OrderRefused as refusal:
        return _door_page(form, kinds.ticket_with(form.code.data), refused=refusal.sentence), 409
    return redirect(url_for(".check_in", let_in=ticket.code), 303)


def _door_page(
    form: CheckInForm, ticket: Ticket | None, *, asked: bool = False, is_in: bool = False,
    refused: LazyString | None = None,
) -> str:  # fmt: skip
    """`is_in`: its owner was let in just now; the form is for the next ticket then, as it is after a refusal."""
    if is_in or refused is not None:
        form = CheckInForm(formdata=None)
    owner = db.session.get(Person, ticket.redemption.person_id) if ticket else None
    return render_template(
        "rewards/door.html", form=form, ticket=ticket, owner=owner, refused=refused, unknown=asked and ticket is None,
        is_in=is_in and ticket is not None and ticket.checked_in_at is not None,
        event=db.session.get(Event, ticket.redemption.reward_id) if ticket else None,
    )  # fmt: skip
