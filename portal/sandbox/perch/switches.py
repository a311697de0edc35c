"""Switches that make Perch misbehave, as a whole, for one account or for one post.

`slow` answers after so many seconds or as soon as it is switched off, `rate_limited` with 429 and Retry-After, `down`
with 503, `login_wall` with 403 to whoever is not signed in, `garbled` with 200 and a page that is not the one asked
for. The nearest switch counts: a post's own, then its account's, then Perch's.
"""

from __future__ import annotations

import sqlite3
import time

from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from portal.sandbox.browser import is_json_request, json_given
from portal.sandbox.database import db, transaction
from portal.sandbox.perch import accounts, addresses, posts
from portal.sandbox.perch.text import Unacceptable
from portal.sandbox.perch.viewing import base_url, viewer_id

switchboard = Blueprint("switches", __name__)

WHOLE = "perch"
MODES = {
    "normal": "Answers as it should",
    "slow": "Answers after so many seconds",
    "rate_limited": "Says “too many requests” (429, try again after so many seconds)",
    "down": "Says “out of order” (503)",
    "login_wall": "Shows nothing to people who are not signed in (403)",
    "garbled": "Answers 200 with a page that has nothing to do with the question",
}
_SECONDS_MAX = 60
_LOOK_SECONDS = 0.05
_GARBLED_PAGE = "<!doctype html><title>Perch</title><p>We are trying something new. <b>Stay tuned</i>"


def target_of(db: sqlite3.Connection, named: str) -> str:
    """The key of `perch`, an @handle, an id, or any address of a post or profile. Raises Unacceptable."""
    named = named.strip()
    if named in ("", WHOLE):
        return WHOLE
    if (post := _post_named(db, named)) is not None:
        return f"post:{post['id']}"
    handle = addresses.handle_in(base_url(), named) or named.removeprefix("@")
    if (account := accounts.account_called(db, handle)) is not None:
        return f"account:{account['id']}"
    raise Unacceptable(
        "Perch knows no such account or post. Paste its address, or leave the field empty for all of Perch."
    )


def _post_named(db: sqlite3.Connection, named: str) -> sqlite3.Row | None:
    if named.isascii() and named.isdigit() and len(named) <= 19:
        return posts.post_with_id(db, int(named))
    if (code := addresses.short_code_in(base_url(), named)) is not None:
        return posts.post_with_short_code(db, code)
    post_id = addresses.post_id_in(base_url(), named)
    return None if post_id is None else posts.post_with_id(db, post_id)


def set_switch(db: sqlite3.Connection, target: str, mode: str, seconds: float) -> None:
    """Raises Unacceptable."""
    if mode not in MODES:
        raise Unacceptable(f"mode is one of {', '.join(MODES)}")
    if not 0 <= seconds <= _SECONDS_MAX:
        raise Unacceptable(f"seconds are 0 to {_SECONDS_MAX}")
    db.execute("DELETE FROM switches WHERE target = ?", (target,))
    if mode != "normal":
        db.execute("INSERT INTO switches (target, mode, seconds) VALUES (?, ?, ?)", (target, mode, seconds))


def all_switches(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT switches.*, coalesce(own.handle, author.handle) AS handle, posts.id AS post_id FROM switches"
        " LEFT JOIN accounts own ON target = 'account:' || own.id"
        " LEFT JOIN posts ON target = 'post:' || posts.id"
        " LEFT JOIN accounts author ON author.id = posts.account_id ORDER BY target"
    ).fetchall()


def switch_for(db: sqlite3.Connection, *, post: sqlite3.Row | None, account: sqlite3.Row | None) -> sqlite3.Row | None:
    targets = [WHOLE]
    account_id = post["account_id"] if post is not None else account["id"] if account is not None else None
    if account_id is not None:
        targets.insert(0, f"account:{account_id}")
    if post is not None:
        targets.insert(0, f"post:{post['id']}")
    for target in targets:
        row: sqlite3.Row | None = db.execute("SELECT * FROM switches WHERE target = ?", (target,)).fetchone()
        if row is not None:
            return row
    return None


def asked_for() -> tuple[sqlite3.Row | None, sqlite3.Row | None]:
    """(post, account) that the current request is about, as far as its address tells."""
    arguments = request.view_args or {}
    if "post_id" in arguments:
        return posts.post_with_id(db(), arguments["post_id"]), None
    if "code" in arguments:
        return posts.post_with_short_code(db(), arguments["code"]), None
    if "handle" in arguments:
        return None, accounts.account_called(db(), arguments["handle"])
    if request.endpoint == "perch_api.oembed":
        return _post_named(db(), request.args.get("url", "")), None
    return None, None


def misbehave() -> Response | None:
    """Answer instead of the endpoint where a switch says so; runs before every request to Perch."""
    post, account = asked_for()
    switch = switch_for(db(), post=post, account=account)
    if switch is None:
        return None
    mode, seconds = switch["mode"], switch["seconds"]
    if mode == "slow":
        _wait(switch)
        return None
    if mode == "garbled":
        return make_response(_GARBLED_PAGE)
    if mode == "rate_limited":
        answer = _refusal(429, "rate_limited")
        answer.headers["Retry-After"] = str(round(seconds))
        return answer
    if mode == "down":
        return _refusal(503, "unavailable")
    return None if viewer_id() is not None or _is_the_way_in() else _refusal(403, "login_required")


def _wait(switch: sqlite3.Row) -> None:
    """For as long as the switch says, or until it is set to something else."""
    ends_at = time.monotonic() + switch["seconds"]
    there = "SELECT 1 FROM switches WHERE target = ? AND mode = ? AND seconds = ?"
    while (left := ends_at - time.monotonic()) > 0 and db().execute(there, tuple(switch)).fetchone():
        time.sleep(min(left, _LOOK_SECONDS))


def _is_the_way_in() -> bool:
    return request.blueprint == "perch_writing"  # these pages send strangers to the sign-in by themselves


def _refusal(status: int, error: str) -> Response:
    if request.blueprint == "perch_api":
        return make_response(jsonify(error=error), status)
    return make_response(render_template(f"perch/{error}.html"), status)


@switchboard.get("/switches")
def show() -> str | Response:
    if request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json":
        return jsonify(
            switches=[{name: row[name] for name in ("target", "mode", "seconds")} for row in all_switches(db())]
        )
    return _page()


def _page(problem: Unacceptable | None = None) -> str:
    return render_template(
        "perch/switches.html",
        modes=MODES,
        switches=all_switches(db()),
        typed=request.form or request.args,
        problem=problem,
    )


@switchboard.post("/switches")
def change() -> str | AnyResponse | tuple[str | Response, int]:
    """A form, or JSON: `{"mode": "slow", "seconds": 5, "target": "@handle"}`, or `{"reset": true}`."""
    given = json_given() if is_json_request() else request.form
    if not hasattr(given, "get"):
        abort(400, "Send one JSON object.")
    try:
        with transaction() as connection:
            if given.get("reset"):
                connection.execute("DELETE FROM switches")
            else:
                target = target_of(connection, str(given.get("target", "")))
                set_switch(connection, target, str(given.get("mode", "")), _seconds(given.get("seconds")))
    except Unacceptable as problem:
        return (jsonify(error=str(problem)), 422) if is_json_request() else (_page(problem), 422)
    return show() if is_json_request() else redirect(url_for(".show"), 303)


def _seconds(given: object) -> float:
    """Raises Unacceptable."""
    try:
        return float(str(given)) if given not in (None, "") else 5.0
    except ValueError as problem:
        raise Unacceptable("Enter the seconds as a number, like 5.") from problem
