"""Staff pages: the list of missions, the form, the preview as a fan sees it, pictures, and steps with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.utils import redirect

from portal.campaigns import queries as campaigns
from portal.campaigns.models import Campaign
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.flashes import done
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.images import ENDING, ImageRefused, remake
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.missions import queries
from portal.missions.errors import MissionRefused
from portal.missions.forms import MissionForm, PictureForm, asked, form_values, new_values
from portal.missions.managing import (
    STEPS,
    add_picture,
    back_to_draft,
    change_mission,
    close_mission,
    create_mission,
    open_mission,
    pause_mission,
    remove_picture,
    schedule_mission,
)
from portal.missions.models import Mission, MissionState
from portal.missions.showing import mission_page

bp = Blueprint("missions_staff", __name__, url_prefix="/staff/missions")
WHY_LENGTH_MAX = 300

STEP_VERBS: dict[MissionState, Callable[..., None]] = {
    MissionState.DRAFT: back_to_draft,
    MissionState.SCHEDULED: schedule_mission,
    MissionState.OPEN: open_mission,
    MissionState.PAUSED: pause_mission,
    MissionState.CLOSED: close_mission,
}
STEP_WORDS = {
    MissionState.DRAFT: (_l("Back to draft"), _l("It leaves the calendar until you schedule it again.")),
    MissionState.SCHEDULED: (_l("Schedule mission"), _l("It opens by itself at its moment.")),
    MissionState.OPEN: (_l("Open mission"), _l("People can claim it from now on.")),
    MissionState.PAUSED: (
        _l("Pause mission"),
        _l("Nobody can claim it until it opens again. Places stay held."),
    ),
    MissionState.CLOSED: (_l("Close mission"), _l("This is final. Places held keep their time.")),
}
DONE = {
    MissionState.DRAFT: _l("The mission is a draft again."),
    MissionState.SCHEDULED: _l("The mission is scheduled."),
    MissionState.OPEN: _l("The mission is open."),
    MissionState.PAUSED: _l("The mission is paused."),
    MissionState.CLOSED: _l("The mission is closed."),
}


@bp.get("")
@allow(Permission.MANAGE_MISSIONS)
def index() -> ResponseReturnValue:
    """Missions by state, the newest first."""
    state = request.args.get("state", "")
    state = state if state in set(MissionState) else ""
    page = queries.missions_page(state, request.args.get("after"))
    held = queries.live_counts([mission.id for mission in page.rows])
    return render_template(
        "missions/staff_index.html", page=page, state=state, held=held, counts=queries.counts_by_state(),
        states=list(MissionState),
    )  # fmt: skip


@bp.get("/new")
@allow(Permission.MANAGE_MISSIONS)
def new() -> ResponseReturnValue:
    open_campaigns = campaigns.open_for_missions()
    values = new_values(open_campaigns, current_user.locale)
    form = MissionForm(formdata=None, campaigns=open_campaigns, data={**values, "idempotency_key": new_id()})
    return _form_page(form)


@bp.post("/new")
@allow(Permission.MANAGE_MISSIONS)
def create() -> ResponseReturnValue:
    """Write a draft down; the same form sent twice makes one."""
    form = MissionForm(campaigns=campaigns.open_for_missions())
    if not form.validate():
        return _form_page(form), 422
    key, print_ = form.idempotency_key.data or new_id(), fingerprint("create_mission", asked(form))
    try:
        with unit_of_work():
            location = first_answer(current_user.id, key, print_)
            if location is None:
                mission = create_mission(
                    form.plan(),
                    form.caption_drafts(),
                    questions=form.question_drafts(),
                    actor=current_user,
                    now=clock.now(),
                )
                location = url_for(".show", mission_id=mission.id)
                remember(current_user.id, key, print_, location)
    except KeyReused:
        return _form_page(form), 409
    done(_("The draft is saved. Look at it as a fan would, then open or schedule it."))
    return redirect(location, 303)


@bp.get("/<mission_id>")
@allow(Permission.MANAGE_MISSIONS)
def show(mission_id: str) -> ResponseReturnValue:
    """The mission as a fan sees it, with its pictures and steps beside it."""
    return _show_page(_load(mission_id), PictureForm(formdata=None))


@bp.get("/<mission_id>/edit")
@allow(Permission.MANAGE_MISSIONS)
def edit(mission_id: str) -> ResponseReturnValue:
    mission = _load(mission_id)
    form = MissionForm(formdata=None, campaigns=_campaigns_for(mission), data=form_values(mission))
    return _form_page(form, mission)


@bp.post("/<mission_id>/edit")
@allow(Permission.MANAGE_MISSIONS)
def change(mission_id: str) -> ResponseReturnValue:
    """Save what was typed, unless somebody else saved first or a promise stands against it."""
    mission = _load(mission_id)
    form = MissionForm(campaigns=_campaigns_for(mission))
    if not form.validate():
        return _form_page(form, mission), 422
    seen = version_in(form.version.data)
    try:
        with unit_of_work():
            change_mission(
                mission,
                form.plan(),
                form.caption_drafts(),
                questions=form.question_drafts(),
                seen_version=seen,
                actor=current_user,
                now=clock.now(),
            )
    except MissionRefused as refusal:
        return _form_page(form, _load(mission_id), refusal), refusal.status
    done(_("The mission is saved."))
    return redirect(url_for(".show", mission_id=mission_id), 303)


@bp.post("/<mission_id>/state")
@allow(Permission.MANAGE_MISSIONS)
def move(mission_id: str) -> ResponseReturnValue:
    """Schedule, open, pause or close it, with a reason."""
    mission = _load(mission_id)
    to, why = request.form.get("to", ""), request.form.get("why", "").strip()[:WHY_LENGTH_MAX]
    if to not in set(MissionState):
        abort(400)
    if not why:
        problem = _("Say in a few words why. It is kept with the step.")
        return _show_page(mission, PictureForm(formdata=None), step_problem=problem), 422
    try:
        with unit_of_work():
            STEP_VERBS[MissionState(to)](mission, actor=current_user, why=why, now=clock.now())
    except MissionRefused as refusal:
        page = _show_page(_load(mission_id), PictureForm(formdata=None), step_problem=str(refusal.sentence))
        return page, refusal.status
    done(str(DONE[MissionState(to)]))
    return redirect(url_for(".show", mission_id=mission_id), 303)


@bp.post("/<mission_id>/pictures")
@allow(Permission.MANAGE_MISSIONS)
def add_image(mission_id: str) -> ResponseReturnValue:
    """Take a picture in: remade, so that nothing of the upload but its pixels is kept."""
    mission = _load(mission_id)
    form = PictureForm()
    if not form.validate():
        return _show_page(mission, form), 422
    end_reading()  # nothing is open while pixels are decoded and the file is stored
    try:
        picture = remake(form.file.data.read())
    except ImageRefused as refused:
        form.file.errors = [str(refused.sentence)]
        return _show_page(_load(mission_id), form), 422
    key = current_app.extensions["portal_files"].put(picture.full.data, folder="missions", ending=ENDING)
    with unit_of_work():
        add_picture(
            _load(mission_id), key, form.alt.data, as_cover=form.use.data == "cover", actor=current_user,
            now=clock.now(),
        )  # fmt: skip
    done(_("The picture is in."))
    return redirect(url_for(".show", mission_id=mission_id, _anchor="pictures"), 303)


@bp.post("/<mission_id>/pictures/<image_id>/remove")
@allow(Permission.MANAGE_MISSIONS)
def remove_image(mission_id: str, image_id: str) -> ResponseReturnValue:
    """Take a picture out of the kit. Its file stays: fans may have its address open."""
    mission = _load(mission_id)
    with unit_of_work():
        remove_picture(mission, image_id, actor=current_user, now=clock.now())
    done(_("The picture is out of the kit."))
    return redirect(url_for(".show", mission_id=mission_id, _anchor="pictures"), 303)


def _load(mission_id: str) -> Mission:
    mission = queries.mission_for_staff(mission_id)
    if mission is None:
        abort(404)
    return mission


def _campaigns_for(mission: Mission) -> list[Campaign]:
    """The seasons to choose from, with the mission's own even when that is over."""
    offered = campaigns.open_for_missions()
    return offered if mission.campaign in offered else [mission.campaign, *offered]


def _form_page(form: MissionForm, mission: Mission | None = None, problem: MissionRefused | None = None) -> str:
    return render_template("missions/staff_form.html", form=form, mission=mission, problem=problem)


def _show_page(mission: Mission, picture_form: PictureForm, *, step_problem: str = "") -> str:
    settings = current_app.config["SETTINGS"]
    page = mission_page(
        mission, current_user, brand=settings.brand_name, sandbox_url=settings.sandbox_url, is_preview=True
    )
    steps: list[Any] = [
        (to, *STEP_WORDS[to])
        for to in STEPS[MissionState(mission.state)]
        if to != MissionState.SCHEDULED or (mission.opens_at and mission.opens_at > clock.now())
    ]
    return render_template(
        "missions/staff_show.html", mission=mission, page=page, steps=steps, picture_form=picture_form,
        step_problem=step_problem,
    )  # fmt: skip
