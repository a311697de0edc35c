"""Who this browser is signed in as: reads the session's token from the cookie, writes it, and takes it away."""

from __future__ import annotations

from datetime import datetime

from flask import Request, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.accounts.browsers import browser_name
from portal.accounts.models import LoginSession, Person
from portal.accounts.sessions import end_session, note_seen, open_session, visit_of
from portal.extensions import login
from portal.kernel import clock
from portal.kernel.access import access_of, page_of_request
from portal.kernel.locale import LOCALE_KEY

SID = "sid"
FREE_OF_TERMS = frozenset(("accounts.agree_to_new_terms", "accounts.sign_out"))
"""What somebody may do before they have agreed to new terms."""


@login.request_loader
def load_person(_request: Request) -> Person | None:
    """Flask-Login's `current_user`: asked once a request, one query."""
    token = session.get(SID)
    if not isinstance(token, str):
        return None
    now = clock.now()
    visit = visit_of(token, terms_version=current_app.config["SETTINGS"].terms_version, now=now)
    if visit is None:
        session.pop(SID, None)
        return None
    g.visit = visit
    if request.method in ("GET", "HEAD"):
        note_seen(visit.session, now)
    return visit.person


def current_session() -> LoginSession:
    """The session of this request. 401 for a browser without one."""
    if not current_user.is_authenticated:
        abort(403)
    current: LoginSession = g.visit.session
    return current


def enter(person: Person, *, identity_id: str | None, authenticated_at: datetime, now: datetime) -> None:
    """Sign this browser in, in the open unit. Nothing of the cookie from before stays but the language."""
    if current_user.is_authenticated:
        end_session(current_session(), now=now, why="signed_in_again")
    token = open_session(
        person,
        identity_id=identity_id,
        browser=browser_name(request.user_agent.string),
        authenticated_at=authenticated_at,
        now=now,
    )
    start_cookie(token)


def start_cookie(token: str | None) -> None:
    """Begin the cookie anew, with this session's token or none."""
    language = session.get(LOCALE_KEY)
    session.clear()
    if language:
        session[LOCALE_KEY] = language
    if token is not None:
        session[SID] = token
        session.permanent = True


def ask_for_new_terms() -> ResponseReturnValue | None:
    """Before each request: who has not agreed to the terms in force is asked first."""
    if request.endpoint is None or request.endpoint in FREE_OF_TERMS:
        return None
    if access_of(current_app, request.endpoint) is None:
        return None  # asked before who is signed in: a style sheet costs no look-up of a session
    if not current_user.is_authenticated or g.visit.agreed_to_terms:
        return None
    return redirect(url_for("accounts.terms", next=page_of_request()), 303)
