"""Browsers in which I am signed in."""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import queries, rules
from portal.accounts.sessions import end_all_sessions, end_session
from portal.accounts.views import bp
from portal.accounts.views.visit import current_session, start_cookie
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work


@bp.get("/profile/sessions")
@allow(Permission.TAKE_PART)
def list_sessions() -> ResponseReturnValue:
    return render_template(
        "accounts/sessions.html",
        sessions=queries.open_sessions(current_user.id, clock.now()),
        this_id=current_session().id,
        limits=rules.session_limits(current_user.roles),
    )


@bp.post("/profile/sessions/<session_id>/end")
@allow(Permission.TAKE_PART)
def end_one_session(session_id: str) -> ResponseReturnValue:
    """Sign one browser out, maybe this one."""
    ending = queries.session_of(current_user.id, session_id)
    if ending is None:
        abort(404)
    this_one = ending.id == current_session().id
    with unit_of_work():
        end_session(ending, now=clock.now(), why="ended_by_person")
    if this_one:
        start_cookie(None)
    done(_("That browser is signed out."))
    return redirect(url_for(".sign_in" if this_one else ".list_sessions"), 303)


@bp.post("/profile/sessions/end-all")
@allow(Permission.TAKE_PART)
def end_every_session() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    with unit_of_work():
        end_all_sessions(current_user.id, clock.now(), "ended_by_person")
    start_cookie(None)
    done(_("You are signed out everywhere."))
    return redirect(url_for(".sign_in"), 303)
