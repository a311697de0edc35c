"""Wires the sandbox together."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Flask, render_template
from werkzeug.exceptions import HTTPException, SecurityError

from portal.sandbox import browser, clock, database, mail
from portal.sandbox.identity import accounts as identity_accounts
from portal.sandbox.identity import endpoints as identity_endpoints
from portal.sandbox.identity import keys
from portal.sandbox.identity import pages as identity_pages
from portal.sandbox.perch import accounts as perch_accounts
from portal.sandbox.perch import api as perch_api
from portal.sandbox.perch import pages as perch_pages
from portal.sandbox.perch import seed as perch_seed
from portal.sandbox.perch import switches as perch_switches
from portal.sandbox.perch import writing as perch_writing
from portal.sandbox.settings import Settings
from portal.sandbox.till import api as till_api
from portal.sandbox.till import pages as till_pages
from portal.sandbox.till.telling import Teller

start = Blueprint("start", __name__)

_FORM_BYTES_MAX = 12 * 1024 * 1024


@start.get("/")
def home() -> str:
    return render_template("start.html")


def show_problem(problem: HTTPException) -> tuple[str, int] | HTTPException:
    """An error page for people; programs are answered by the endpoints themselves."""
    if problem.code is None or problem.code < 400 or isinstance(problem, SecurityError):
        return problem  # a host that is not ours has no addresses, so no page either
    return render_template("problem.html", problem=problem), problem.code


def create_app(settings: Settings, *, now: clock.Clock = clock.system_clock) -> Flask:
    """The sandbox as a WSGI application; makes its folder, tables, keys and demo people where missing."""
    settings.data.mkdir(parents=True, exist_ok=True)
    (settings.data / "pictures").mkdir(exist_ok=True)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=database.kept(settings.data / "session.key", lambda: secrets.token_hex(32)),
        SESSION_COOKIE_NAME="sandbox_session",  # cookies ignore ports: the portal's must have another name
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        # a style sheet asked for before somebody chose who to be, and sent after, would bring the older cookie back
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=_FORM_BYTES_MAX,
        # a name that merely points here (DNS rebinding) gets nothing
        TRUSTED_HOSTS=[urlsplit(settings.url).hostname, "127.0.0.1", "localhost", ".localhost"],
    )
    app.extensions["sandbox_settings"] = settings
    app.extensions["sandbox_clock"] = now
    app.extensions["sandbox_database"] = settings.data / "sandbox.sqlite3"
    app.extensions["sandbox_signing_key"] = keys.signing_key(settings.data)
    app.extensions["sandbox_teller"] = Teller()
    database.prepare(app.extensions["sandbox_database"])

    app.teardown_appcontext(database.close)
    app.register_error_handler(HTTPException, show_problem)
    browser.protect(app)
    app.jinja_env.filters["for_reading"] = clock.for_reading
    app.jinja_env.filters["day_for_reading"] = clock.day_for_reading
    app.jinja_env.globals["settings"] = settings
    for blueprint in (
        start,
        identity_pages.identity,
        identity_endpoints.endpoints,
        perch_pages.perch,
        perch_writing.writing,
        perch_api.api,
        perch_seed.seeding,
        perch_switches.switchboard,
        mail.reader,
        till_api.api,
        till_pages.till,
    ):
        app.register_blueprint(blueprint)
    with app.app_context(), database.transaction() as db:
        identity_accounts.add_demo_people(db, now=now())
        perch_accounts.add_demo_people(db)
    return app
