"""The redirect."""

from __future__ import annotations

import threading
from collections import OrderedDict
from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import db, limiter
from portal.kernel import clock
from portal.kernel.access import public
from portal.links import queries
from portal.links.models import CODE_LENGTH
from portal.links.rules import is_person, is_unlike_a_browser
from portal.links.visitors import connection_digest, visitor_digest

bp = Blueprint("links", __name__)

KNOWN_MAX = 20_000
_known: OrderedDict[str, tuple[str, str]] = OrderedDict()
_known_lock = threading.Lock()


@bp.get("/l/<code>")
@public
@limiter.exempt
def follow(code: str) -> ResponseReturnValue:
    """Send whoever follows the link to its stored target; count them if they are a person.

    Links don't change, so each process remembers those it saw: a customer of the brand gets where the link goes even
    while the database is away. Only an unknown code needs it.
    """
    try:
        found = _look_up(code)
    except SQLAlchemyError:
        return Response(render_template("links/unreachable.html"), 503, {"Retry-After": "5"})
    if found is None:
        abort(404)
    link_id, target = found
    if is_person(request.method, request.headers):
        now = clock.now()
        visitor = visitor_digest(current_app, request.remote_addr or "", request.user_agent.string, now)
        address = request.remote_addr or ""
        connection = connection_digest(current_app, address, now)
        odd = is_unlike_a_browser(request.headers) or current_app.extensions["portal_data_centres"].holds(address)
        line = f"{now:%Y-%m-%d} {link_id} {visitor} {connection} {now.hour * 60 + now.minute} {int(odd)}"
        current_app.extensions["portal_click_spool"].append(line, now)
    response = Response(status=302)
    response.headers["Location"] = _told_to_the_shop(target, code)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _told_to_the_shop(target: str, code: str) -> str:
    """The target with whose link it was, where the shop tells of conversions; the visitor gets nothing of their own."""
    settings = current_app.config["SETTINGS"]
    if not settings.conversion_secrets:
        return target
    parts = urlsplit(target)
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}{settings.conversion_parameter}={code}"))


def _look_up(code: str) -> tuple[str, str] | None:
    if len(code) != CODE_LENGTH or not code.isalnum():
        return None
    database = f"{db.engine.url}"
    key = f"{database} {code}"
    with _known_lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    found = queries.target_of(code)
    if found is not None:
        with _known_lock:
            _known[key] = found
            while len(_known) > KNOWN_MAX:
                _known.popitem(last=False)
    return found
