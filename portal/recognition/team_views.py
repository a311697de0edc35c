"""Teams: the season's board, founding, joining and leaving one."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.extensions import db, limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow, may, public
from portal.kernel.flashes import done
from portal.kernel.limits import limit_reading
from portal.kernel.unit_of_work import unit_of_work
from portal.points.ports import season_now
from portal.recognition import team_queries, teaming
from portal.recognition.naming import NameRefused
from portal.recognition.team_forms import FoundForm, JoinForm
from portal.recognition.team_models import Team
from portal.recognition.team_rules import BEST, TEAM_MAX, code_in
from portal.recognition.teaming import TeamRefused
from portal.recognition.thanks_views import send as send_thanks
from portal.recognition.thanks_views import write_page
from portal.recognition.wording import name_refused, team_refused

bp = Blueprint("teams", __name__, url_prefix="/teams")
TRIES = "30 per hour"
"""Of invitations: who guesses gets nowhere."""


@bp.get("")
@allow(Permission.TAKE_PART)
def board() -> ResponseReturnValue:
    """The first teams of the season, and what one can do about a team of one's own."""
    return _page()


@bp.post("")
@allow(Permission.TAKE_PART)
@limiter.limit("10 per hour")
def found() -> ResponseReturnValue:
    """Make a team and be its first member."""
    form = FoundForm()
    if not form.validate():
        return _page(found=form), 422
    try:
        with unit_of_work():
            teaming.found_team(current_user, form.name.data, is_open=form.is_open.data, now=clock.now())
    except NameRefused as refused:
        form.name.errors = [name_refused(refused)]
        return _page(found=form), 409
    except TeamRefused as refused:
        return _page(found=form, problem=team_refused(refused)), 409
    done(_("Your team is there. Invite whom you like to be out with."))
    return redirect(url_for(".mine"), 303)


@bp.post("/join")
@allow(Permission.TAKE_PART)
@limiter.limit(TRIES)
def join_by_code() -> ResponseReturnValue:
    """Join by the invitation that was pasted."""
    form = JoinForm()
    if not form.validate():
        return _page(join=form), 422
    team = team_queries.team_with(form.code.data)
    if team is None:
        form.code.errors = [_("This invitation leads nowhere. Ask for a new one.")]
        return _page(join=form), 422
    return _join(team, form.code.data)


@bp.get("/join/<code>")
@public
@limiter.limit(TRIES)
@limit_reading
def invited(code: str) -> ResponseReturnValue:
    """What an invitation leads to: the team's name, and a button. A stranger reads who invites before signing in."""
    team = team_queries.team_with(code_in(code)) or abort(404)
    if not may(Permission.TAKE_PART):
        return render_template("recognition/team_invitation_public.html", team=team, most=TEAM_MAX)
    return render_template(
        "recognition/team_invitation.html", team=team, most=TEAM_MAX, mine=team_queries.team_of(current_user.id)
    )


@bp.post("/<team_id>/join")
@allow(Permission.TAKE_PART)
def join(team_id: str) -> ResponseReturnValue:
    """Join a team that is open to anybody."""
    return _join(_open_or_404(team_id), None)


@bp.get("/mine")
@allow(Permission.TAKE_PART)
def mine() -> ResponseReturnValue:
    """Who is in my team, its invitation, and the way out."""
    team, season = team_queries.team_of(current_user.id), season_now()
    if team is None:
        return redirect(url_for(".board"), 303)
    seen = team_queries.members(team.id, current_user.id)
    return render_template(
        "recognition/team.html", team=team, members=seen, unseen=team.size - len(seen), most=TEAM_MAX, best=BEST,
        is_host=team_queries.is_host(team.id, current_user.id), season=season,
        score=team_queries.score_in_season(season.campaign_id, team.id) if season else 0,
    )  # fmt: skip


@bp.post("/mine/leave")
@allow(Permission.TAKE_PART)
def leave() -> ResponseReturnValue:
    """At once, without a question; for some minutes there is a way back."""
    with unit_of_work():
        stay = teaming.leave_team(current_user, now=clock.now())
        team_id = stay.team_id if stay is not None else ""
    if team_id:
        done(_("You left the team. What you brought stays with it."), undo_url=url_for(".come_back", team_id=team_id))
    return redirect(url_for(".board"), 303)


@bp.post("/<team_id>/return")
@allow(Permission.TAKE_PART)
def come_back(team_id: str) -> ResponseReturnValue:
    """Undo of leaving."""
    team = db.session.get(Team, team_id) or abort(404)
    try:
        with unit_of_work():
            teaming.return_to_team(current_user, team, now=clock.now())
    except TeamRefused as refused:
        if refused.reason_code == "late":
            abort(404)
        return _page(problem=team_refused(refused)), 409
    except NameRefused:
        return _page(problem=_("Another team goes by this name now.")), 409
    done(_("You are back in your team."))
    return redirect(url_for(".mine"), 303)


@bp.post("/mine/opening")
@allow(Permission.TAKE_PART)
def toggle() -> ResponseReturnValue:
    """The host lets anybody join, or only who is invited."""
    team = _hosted_or_404()
    with unit_of_work():
        teaming.set_open(team, is_open=not team.is_open)
        is_open = team.is_open
    said = _("Anybody may join your team now.") if is_open else _("Your team is by invitation now.")
    done(said, undo_url=url_for(".toggle"))
    return redirect(url_for(".mine"), 303)


@bp.post("/mine/invitation")
@allow(Permission.TAKE_PART)
def renew() -> ResponseReturnValue:
    """The host makes a new invitation; the old one leads nowhere."""
    team = _hosted_or_404()
    with unit_of_work():
        teaming.renew_code(team)
    done(_("There is a new invitation. The old one leads nowhere any more."))
    return redirect(url_for(".mine"), 303)


@bp.get("/mine/<int(max=99):slot>/thanks")
@allow(Permission.TAKE_PART)
def thank(slot: int) -> ResponseReturnValue:
    """Write to somebody of my team."""
    return write_page(_in_team(slot))


@bp.post("/mine/<int(max=99):slot>/thanks")
@allow(Permission.TAKE_PART)
@limiter.limit("20 per hour")
def send(slot: int) -> ResponseReturnValue:
    return send_thanks(_in_team(slot))


def _join(team: Team, code: str | None) -> ResponseReturnValue:
    try:
        with unit_of_work():
            teaming.join_team(current_user, team, code=code, now=clock.now())
            name = team.name
    except TeamRefused as refused:
        return _page(problem=team_refused(refused)), 409
    done(_("Welcome to %(team)s. What your shares do from now on counts for it too.", team=name))
    return redirect(url_for(".mine"), 303)


def _page(*, found: FoundForm | None = None, join: JoinForm | None = None, problem: str = "") -> str:
    team, season = team_queries.team_of(current_user.id), season_now()
    return render_template(
        "recognition/teams.html", team=team, season=season, problem=problem, best=BEST, most=TEAM_MAX,
        found=found or FoundForm(formdata=None), join=join or JoinForm(formdata=None),
        top=team_queries.teams_board(season.campaign_id, team.id if team else None) if season else None,
        own=team_queries.score_in_season(season.campaign_id, team.id) if season and team else 0,
        with_room=[] if team else team_queries.teams_with_room(),
    )  # fmt: skip


def _open_or_404(team_id: str) -> Team:
    """Of others nobody learns here that there is one."""
    team = db.session.get(Team, team_id)
    return team if team is not None and team.is_open and team.closed_at is None else abort(404)


def _hosted_or_404() -> Team:
    team = team_queries.team_of(current_user.id)
    return team if team is not None and team_queries.is_host(team.id, current_user.id) else abort(404)


def _in_team(slot: int) -> str:
    return team_queries.in_team(current_user.id, slot) or abort(404)
