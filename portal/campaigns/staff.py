"""Staff pages: the list of seasons, and the small form that plans one."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.campaigns import queries
from portal.campaigns.errors import SeasonRefused
from portal.campaigns.forms import SeasonForm, form_values
from portal.campaigns.models import ALWAYS_ON, Campaign, CampaignState
from portal.campaigns.planning import change_season, create_season, move_season
from portal.campaigns.ports import budget_desk
from portal.campaigns.rules import NEXT_STEPS
from portal.campaigns.wording import GOAL_DETAILS, GOALS, STEP_DETAILS, STEPS
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.flashes import done
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import unit_of_work

bp = Blueprint("campaigns_staff", __name__, url_prefix="/staff/seasons")
WHY_LENGTH_MAX = 300


@bp.get("")
@allow(Permission.MANAGE_CAMPAIGNS)
def index() -> ResponseReturnValue:
    """Every season, the latest first, with what its budget has left."""
    page = queries.seasons_page(request.args.get("after"))
    left = budget_desk().left_of([campaign.id for campaign in page.rows])
    return render_template("campaigns/index.html", page=page, left=left, goals=GOALS)


@bp.get("/new")
@allow(Permission.MANAGE_CAMPAIGNS)
def new() -> ResponseReturnValue:
    return _form_page(SeasonForm(idempotency_key=new_id()))


@bp.post("/new")
@allow(Permission.MANAGE_CAMPAIGNS)
def create() -> ResponseReturnValue:
    """Plan a season; the same form sent twice makes one."""
    form = SeasonForm()
    if not form.validate():
        return _form_page(form), 422
    key = form.idempotency_key.data or new_id()
    print_ = fingerprint("create_season", {name: form[name].data for name in form_values_asked(form)})
    try:
        with unit_of_work():
            location = first_answer(current_user.id, key, print_)
            if location is None:
                campaign = create_season(form.plan(), actor=current_user, now=clock.now())
                location = url_for(".edit", campaign_id=campaign.id)
                remember(current_user.id, key, print_, location)
    except SeasonRefused as refusal:
        return _form_page(form, problem=refusal), refusal.status
    except KeyReused:
        return _form_page(form), 409
    done(_("The season is planned."))
    return redirect(location, 303)


@bp.get("/<campaign_id>")
@allow(Permission.MANAGE_CAMPAIGNS)
def edit(campaign_id: str) -> ResponseReturnValue:
    campaign = _load(campaign_id)
    return _form_page(SeasonForm(formdata=None, campaign=campaign, data=form_values(campaign)), campaign)


@bp.post("/<campaign_id>")
@allow(Permission.MANAGE_CAMPAIGNS)
def change(campaign_id: str) -> ResponseReturnValue:
    """Save what was typed, unless somebody else saved first."""
    campaign = _load(campaign_id)
    form = SeasonForm(campaign=campaign)
    if not form.validate():
        return _form_page(form, campaign), 422
    seen = version_in(form.version.data)
    try:
        with unit_of_work():
            change_season(
                campaign, form.plan(), seen_version=seen, actor=current_user, why=form.why.data, now=clock.now()
            )
    except SeasonRefused as refusal:
        return _form_page(form, _load(campaign_id), refusal), refusal.status
    done(_("The season is saved."))
    return redirect(url_for(".edit", campaign_id=campaign_id), 303)


@bp.post("/<campaign_id>/state")
@allow(Permission.MANAGE_CAMPAIGNS)
def move(campaign_id: str) -> ResponseReturnValue:
    """Take the season a step further by hand, with a reason."""
    campaign = _load(campaign_id)
    to, why = request.form.get("to", ""), request.form.get("why", "").strip()[:WHY_LENGTH_MAX]
    if to not in set(CampaignState):
        abort(400)
    if not why:
        return _edit_page(campaign, step_problem=_("Say in a few words why. It is kept with the step.")), 422
    try:
        with unit_of_work():
            move_season(campaign, CampaignState(to), actor=current_user, why=why, now=clock.now())
    except SeasonRefused as refusal:
        return _edit_page(_load(campaign_id), step_problem=str(refusal.sentence)), refusal.status
    done(_("The season moved on."))
    return redirect(url_for(".edit", campaign_id=campaign_id), 303)


def form_values_asked(form: SeasonForm) -> list[str]:
    """The names of the fields that make two requests the same."""
    return [name for name in form.data if name not in ("csrf_token", "idempotency_key", "version", "why")]


def _load(campaign_id: str) -> Campaign:
    campaign = queries.campaign_by_id(campaign_id)
    if campaign is None:
        abort(404)
    return campaign


def _edit_page(campaign: Campaign, *, step_problem: str = "") -> str:
    form = SeasonForm(formdata=None, campaign=campaign, data=form_values(campaign))
    return _form_page(form, campaign, step_problem=step_problem)


def _form_page(
    form: SeasonForm,
    campaign: Campaign | None = None,
    problem: SeasonRefused | None = None,
    *,
    step_problem: str = "",
) -> str:
    steps = () if campaign is None or campaign.slug == ALWAYS_ON else NEXT_STEPS[CampaignState(campaign.state)]
    return render_template(
        "campaigns/season.html", form=form, campaign=campaign, problem=problem, step_problem=step_problem,
        steps=[(step, STEPS[step], STEP_DETAILS[step]) for step in steps],
        goal_details=GOAL_DETAILS, left=budget_desk().left(campaign.id) if campaign else None,
    )  # fmt: skip
