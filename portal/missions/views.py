"""Fans' pages: the board, a mission with its share kit, claiming, giving back, and my claims."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.missions import board as boards
from portal.missions import passing, queries, rating
from portal.missions.audience_models import Liking, PassReason
from portal.missions.board_page import board_choices
from portal.missions.claim_models import ClaimState
from portal.missions.claiming import claim_place
from portal.missions.claims import release_claim
from portal.missions.errors import AlreadyClaimed, ClaimMoved, ClaimRefused
from portal.missions.kind_words import HAND_IN
from portal.missions.models import Mission
from portal.missions.passing import PassedAlready, pass_by
from portal.missions.ports import claim_status
from portal.missions.showing import mission_page

bp = Blueprint("missions", __name__)


@bp.get("/missions")
@allow(Permission.TAKE_PART)
def board() -> ResponseReturnValue:
    """What I can do now first, the rest below with the reason."""
    filters = boards.Filters.read(request.args)
    page = request.args.get("page", 1, type=int)
    seen = boards.board(current_user, filters, page=page, now=clock.now())
    return render_template("missions/board.html", board=seen, **board_choices(seen))


@bp.get("/missions/<mission_id>")
@allow(Permission.TAKE_PART)
def show(mission_id: str) -> ResponseReturnValue:
    return _mission_page(_load(mission_id))


@bp.post("/missions/<mission_id>/claim")
@allow(Permission.TAKE_PART)
def claim(mission_id: str) -> ResponseReturnValue:
    """Take a place; asked again by whoever holds one already, it just shows it."""
    mission = _load(mission_id)
    try:
        with unit_of_work():
            claim_place(mission, current_user, now=clock.now())
    except AlreadyClaimed:
        pass  # of two presses, the browser shows the second one's answer: it leads to the kit as well
    except ClaimRefused as refusal:
        return _mission_page(_load(mission_id), refusal), refusal.status
    else:
        done(_("Your place is held. The kit below has your own link in it."))
    return redirect(url_for(".show", mission_id=mission_id, _anchor="kit"), 303)


@bp.post("/missions/<mission_id>/pass")
@allow(Permission.TAKE_PART)
def pass_mission(mission_id: str) -> ResponseReturnValue:
    """Not for me: hide it from my board, with a reason in the same tap. Safe to repeat."""
    mission = _load(mission_id)
    why = request.form.get("why", "")
    try:
        with unit_of_work():
            pass_by(mission, current_user, why=PassReason(why) if why in set(PassReason) else None, now=clock.now())
    except PassedAlready:
        pass  # the other tap did the same
    done(_("It is off your board. Nothing counts against you."), undo_url=url_for(".bring_back", mission_id=mission_id))
    return redirect(url_for(".board"), 303)


@bp.post("/missions/<mission_id>/bring-back")
@allow(Permission.TAKE_PART)
def bring_back(mission_id: str) -> ResponseReturnValue:
    """Show it again; asked twice, it is shown."""
    mission = _load(mission_id)
    with unit_of_work():
        passing.bring_back(mission.id, current_user)
    done(_("It is back on your board."))
    return redirect(url_for(".show", mission_id=mission_id), 303)


@bp.post("/claims/<claim_id>/rating")
@allow(Permission.TAKE_PART)
def rate_content(claim_id: str) -> ResponseReturnValue:
    """Would my friends like it? The answer can be changed."""
    claim = queries.claim_of(current_user.id, claim_id)
    answer = request.form.get("answer", "")
    if claim is None:
        abort(404)
    if answer not in set(Liking):
        abort(400)
    try:
        with unit_of_work():
            rating.rate(claim, Liking(answer), now=clock.now())
    except rating.NotSharedYet:
        abort(409)
    except rating.RatedAlready:
        pass  # the other tap said it
    done(_("Thank you. It helps us make content that people like."))
    status = claim_status([claim_id]).get(claim_id)
    return redirect(status.url if status else url_for(".my_claims"), 303)


@bp.get("/claims")
@allow(Permission.TAKE_PART)
def my_claims() -> ResponseReturnValue:
    """What I hold a place in and what to do next; below it, what is behind me."""
    live = queries.live_claims(current_user.id)
    past = queries.past_claims(current_user.id, request.args.get("after"))
    statuses = claim_status([each.id for each in [*live, *past.rows]])
    return render_template(
        "missions/claims.html", live=live, past=past, statuses=statuses, now=clock.now(), hand_in_words=HAND_IN
    )


@bp.post("/claims/<claim_id>/release")
@allow(Permission.TAKE_PART)
def release(claim_id: str) -> ResponseReturnValue:
    """Give the place back; asked twice, it is given back once."""
    held = queries.claim_of(current_user.id, claim_id)
    if held is None:
        abort(404)
    mission_id = held.mission_id
    try:
        with unit_of_work():
            release_claim(held, actor_id=current_user.id, now=clock.now())
    except ClaimMoved as refusal:
        held = queries.claim_of(current_user.id, claim_id)
        if held is None or held.state != ClaimState.RELEASED:
            return _mission_page(_load(mission_id), refusal), refusal.status
    done(_("Your place is free for somebody else. Changed your mind? Claim again while places are left."))
    return redirect(url_for(".show", mission_id=mission_id), 303)


def _load(mission_id: str) -> Mission:
    mission = queries.mission_open_to(current_user, mission_id)
    if mission is None:
        abort(404)
    return mission


def _mission_page(mission: Mission, refusal: ClaimRefused | None = None) -> str:
    settings = current_app.config["SETTINGS"]
    page = mission_page(mission, current_user, brand=settings.brand_name, sandbox_url=settings.sandbox_url)
    return render_template("missions/show.html", page=page, mission=mission, refusal=refusal)
