"""What every page owes to a browser: headers, a session cookie, forms that only their own page can send."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request, session
from markupsafe import Markup

View = TypeVar("View", bound=Callable[..., object])

_UNSAFE = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_CSP = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def spoken_to_by_programs(view: View) -> View:
    """Mark an endpoint that carries its own proof or needs none: no form token, no Origin header."""
    view.for_programs = True  # type: ignore[attr-defined]
    return view


def widen_csp(directive: str, source: str) -> None:
    """Allow one more `source` for the page that is being answered."""
    policy = g.setdefault("csp", dict(_CSP))
    policy[directive] = f"{policy.get(directive, '')} {source}".strip()


def form_token() -> str:
    if "form_token" not in session:
        session["form_token"] = secrets.token_urlsafe(24)
    token: str = session["form_token"]
    return token


def form_token_field() -> Markup:
    return Markup('<input type="hidden" name="form_token" value="{}">').format(form_token())


def browser_id() -> str:
    """A random name for this browser, kept in its session."""
    if "browser" not in session:
        session["browser"] = secrets.token_urlsafe(16)
    name: str = session["browser"]
    return name


def own_path(path: str | None, otherwise: str) -> str:
    """`path` if it stays on this site, else `otherwise`.

    Browsers read a backslash as a slash and skip control characters.
    """
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return otherwise
    return path


def is_json_request() -> bool:
    """Another site's form cannot send this content type without asking first, so it needs no token."""
    return request.mimetype == "application/json"


def json_given() -> Any:
    """The JSON that was sent; None for what is none, is nested deeper than anybody writes, or has halves of letters."""
    try:
        given = request.get_json(silent=True)
        json.dumps(given, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError):
        return None
    return given


def refuse_foreign_forms() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method not in _UNSAFE or view is None or getattr(view, "for_programs", False):
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(400, "This form was sent from another site. Open the page here and send it again.")
    if is_json_request():
        return
    if not hmac.compare_digest(request.form.get("form_token", ""), session.get("form_token", "-")):
        abort(400, "This form is out of date. Go back, reload the page and send it again.")


def add_headers(response: Response) -> Response:
    policy = g.get("csp", _CSP)
    response.headers.setdefault("Content-Security-Policy", "; ".join(f"{k} {v}" for k, v in policy.items()))
    response.headers["X-Content-Type-Options"] = "nosniff"
    # "no-referrer" would make browsers send "Origin: null" with our own forms
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def protect(app: Flask) -> None:
    app.before_request(refuse_foreign_forms)
    app.after_request(add_headers)
    app.jinja_env.globals["form_token_field"] = form_token_field
