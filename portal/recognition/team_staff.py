"""Staff look after teams: who is in one, another name, its end, each with a reason that its members read."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.recognition import team_queries, teaming
from portal.recognition.naming import NameRefused
from portal.recognition.team_forms import RenameForm
from portal.recognition.team_models import Team
from portal.recognition.team_rules import TEAM_MAX
from portal.recognition.thanks_forms import ReasonForm
from portal.recognition.wording import name_refused

bp = Blueprint("teams_staff", __name__, url_prefix="/staff/teams")


@bp.get("")
@allow(Permission.SEE_PEOPLE)
def index() -> ResponseReturnValue:
    """All teams, the newest first."""
    page = team_queries.teams_for_staff(request.args.get("after"))
    return render_template("recognition/staff_teams.html", page=page, most=TEAM_MAX)


@bp.get("/<team_id>")
@allow(Permission.SEE_PEOPLE)
def show(team_id: str) -> ResponseReturnValue:
    """One team, with its people."""
    return _page(_team_or_404(team_id))


@bp.post("/<team_id>/name")
@allow(Permission.SEE_PEOPLE)
def rename(team_id: str) -> ResponseReturnValue:
    """Another name, with a reason; its members read it."""
    team, form = _team_or_404(team_id), RenameForm()
    if not form.validate():
        return _page(team, renaming=form), 422
    try:
        with unit_of_work():
            teaming.rename_team(team, form.name.data, reason=form.reason.data, actor=current_user)
    except NameRefused as refused:
        form.name.errors = [name_refused(refused)]
        return _page(team, renaming=form), 409
    done(_("It has its new name, and its members read why."))
    return redirect(url_for(".show", team_id=team_id), 303)


@bp.post("/<team_id>/close")
@allow(Permission.SEE_PEOPLE)
def close(team_id: str) -> ResponseReturnValue:
    """The end of a team, with a reason."""
    team, form = _team_or_404(team_id), ReasonForm()
    if not form.validate():
        return _page(team, ending=form), 422
    with unit_of_work():
        teaming.close_team(team, reason=form.reason.data, actor=current_user, now=clock.now())
    done(_("The team is closed. Its members are free to join another, and read why."))
    return redirect(url_for(".show", team_id=team_id), 303)


@bp.post("/<team_id>/reopen")
@allow(Permission.SEE_PEOPLE)
def reopen(team_id: str) -> ResponseReturnValue:
    """Undo of closing, with a reason."""
    team, form = _team_or_404(team_id), ReasonForm()
    if not form.validate():
        return _page(team, ending=form), 422
    try:
        with unit_of_work():
            teaming.reopen_team(team, reason=form.reason.data, actor=current_user, now=clock.now())
    except NameRefused as refused:
        form.reason.errors = [name_refused(refused)]
        return _page(team, ending=form), 409
    done(_("The team is there again, with everybody who joined no other."))
    return redirect(url_for(".show", team_id=team_id), 303)


def _page(team: Team, *, renaming: RenameForm | None = None, ending: ReasonForm | None = None) -> str:
    ending_form = ending or ReasonForm(formdata=None)
    ending_form.reason.id = "ending-reason"  # two forms of the page ask for one
    return render_template(
        "recognition/staff_team.html", team=team, members=team_queries.members(team.id, "", everybody=True),
        renaming=renaming or RenameForm(formdata=None, data={"name": team.name}), ending=ending_form, most=TEAM_MAX,
        opened="name" if renaming else "end" if ending else "",
    )  # fmt: skip


def _team_or_404(team_id: str) -> Team:
    return db.session.get(Team, team_id) or abort(404)
