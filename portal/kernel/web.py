"""What every request and every answer goes through: ids, security headers, error pages, the context of templates."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, refresh
from flask_limiter import RateLimitExceeded
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError, generate_csrf
from limits.errors import StorageError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, RequestEntityTooLarge, ServiceUnavailable

from portal.extensions import db, limiter
from portal.kernel.access import page_of_request
from portal.kernel.base import new_id
from portal.kernel.database import intends_to_write, reads_first
from portal.kernel.given_back import typed_texts
from portal.kernel.locale import text_direction
from portal.kernel.metrics import count_request
from portal.kernel.permission_words import NEEDS, who_can
from portal.kernel.shell import Shell

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*\Z")
HSTS_SECONDS = 2 * 365 * 24 * 3600
ERROR_PAGES = (400, 403, 404, 405, 409, 413, 429, 500, 503)

log = structlog.get_logger()

View = TypeVar("View", bound=Callable[..., Any])
_READS_FIRST = "__portal_reads_first__"


def reads_before_it_writes(view: View) -> View:
    """Mark a view for unsafe requests that many send at once: who asks is read before SQLite's one writer is held up.

    What it read may be older than what its unit of work then finds. On PostgreSQL that is so for every view.
    """
    setattr(view, _READS_FIRST, True)
    return view


def safe_next(address: str | None, otherwise: str) -> str:
    """`address` if it is a path of this portal, else `otherwise` (PROMISES P-11)."""
    if not address or not LOCAL_PATH.match(address):
        return otherwise
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else otherwise


def init_web(app: Flask, *, form_targets: Callable[[], list[str]]) -> None:
    """Wire the hooks. `form_targets`: origins that a form may redirect to, such as the sign-in providers.

    Comes before any extension: whatever asks who is signed in begins a transaction, and for an unsafe request that has
    to be a writing one from its first statement.
    """
    app.before_request(_begin)
    app.after_request(_finish(app, form_targets))
    app.teardown_request(_forget_intent)
    app.context_processor(_template_context(app))
    app.jinja_env.globals["csrf_token"] = generate_csrf
    app.url_defaults(_cache_busting(app))
    for code in ERROR_PAGES:
        app.register_error_handler(code, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    for lost in (OperationalError, InterfaceError, PendingRollbackError):
        app.register_error_handler(lost, _database_error)
    app.register_error_handler(PoolTimeout, _database_error)
    app.register_error_handler(StorageError, _limits_error)
    app.register_error_handler(RateLimitExceeded, _too_many_requests)


def _begin() -> None:
    g.request_id = new_id()
    g.began_at = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    view = current_app.view_functions.get(request.endpoint or "")
    reads_first.set(getattr(view, _READS_FIRST, False))
    intends_to_write.set(request.method not in SAFE_METHODS and not reads_first.get())
    if "\x00" in request.path:  # no id of ours, and PostgreSQL can't even look for it
        raise NotFound
    # A body may come without its length, in chunks: whatever may have one is looked at.
    for values in (request.args,) if request.method in SAFE_METHODS else (request.args, request.form):
        if any("\x00" in value for _name, value in values.items(multi=True)):
            raise BadRequest("nul_byte")
    if request.method not in SAFE_METHODS:
        _refuse_cut_body()
    _check_origin()


def _check_origin() -> None:
    """A second lock beside the CSRF token: an unsafe request that names its origin must name ours."""
    origin = request.headers.get("Origin")
    if request.method in SAFE_METHODS or origin is None:
        return
    if request.endpoint in current_app.extensions["portal_foreign_posts"]:
        return
    if _host_of(origin) != request.host:
        raise BadRequest("foreign_origin")


def _host_of(origin: str) -> str:
    """The host and port that an Origin header names; empty for what is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _refuse_cut_body() -> None:
    """A form that came in chunks says nowhere how long it is and is read up to the limit: its end would be missing."""
    if request.content_length is None and getattr(request.stream, "is_exhausted", False):
        raise RequestEntityTooLarge


def end_session(_error: BaseException | None) -> None:
    """Give the connection back, also one that breaks as it is given back: the answer is made, and must go out.

    Comes before Flask-SQLAlchemy's own, which would raise out of the request: a bare 500 instead of a page.
    """
    try:
        db.session.remove()
    except DBAPIError as broken:
        log.warning("connection_lost", exc_info=broken)
        db.session.registry.clear()


def _forget_intent(_error: BaseException | None) -> None:
    intends_to_write.set(False)
    reads_first.set(False)


def _finish(app: Flask, form_targets: Callable[[], list[str]]) -> Callable[[Response], Response]:
    settings = app.config["SETTINGS"]

    def finish(response: Response) -> Response:
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            "form-action " + " ".join(["'self'", *form_targets()])
        )
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        headers["X-Request-Id"] = g.get("request_id", "")
        if settings.https:
            headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}; includeSubDomains"
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store" if session else "no-cache")
            response.vary.add("Cookie")
        _log_request(response)
        return response

    return finish


def _log_request(response: Response) -> None:
    seconds = time.perf_counter() - g.get("began_at", time.perf_counter())
    rule = request.url_rule.rule if request.url_rule else "none"
    count_request(request.method, rule, response.status_code, seconds)
    if request.endpoint != "static":
        # Who holds a token in an address may use it: the log keeps the rule instead (PROMISES P-19).
        path = rule if "token" in (request.view_args or {}) else request.path
        log.info(
            "request", method=request.method, route=rule, path=path, status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
        )  # fmt: skip


def _template_context(app: Flask) -> Callable[[], dict[str, Any]]:
    settings = app.config["SETTINGS"]
    brand = {
        "name": settings.brand_name,
        "programme": settings.programme_name,
        "hue": settings.brand_hue,
        "chroma": settings.brand_chroma,
        "logo": bool(settings.brand_logo),
        "contact": settings.contact,
    }

    def context() -> dict[str, Any]:
        locale = str(get_locale() or "en")
        return {
            "brand": brand,
            "shell": Shell(),
            "locale": locale,
            "text_direction": text_direction(locale),
            "languages": settings.languages,
            "request_id": g.get("request_id", ""),
        }

    return context


def _cache_busting(app: Flask) -> Callable[[str, dict[str, Any]], None]:
    """Static files carry their digest in the address, so that they can be cached for a year."""
    folder = Path(str(app.static_folder))

    @cache
    def digest(name: str) -> str:
        path = folder / name
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""

    def add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            values["v"] = digest(values["filename"])

    return add


def _page(code: int, **details: object) -> ResponseReturnValue:
    intends_to_write.set(False)
    if code >= 500:
        # Whatever broke may be the database: this page asks it nothing, not even who looks.
        g._login_user = AnonymousUserMixin()
        refresh()
    else:
        db.session.rollback()
    return render_template(f"errors/{code}.html", **details), code


def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code == 405:
        code = 404
    original = getattr(error, "original_exception", None)
    if code == 500:
        log.error("request_failed", exc_info=original or error)
    retry_after = getattr(error, "retry_after", None)
    details: dict[str, object] = {"reason": error.description or "", "retry_after": retry_after}
    if code == 403 and "refused_for" in g:
        details |= {"needs": NEEDS[g.refused_for], "who_can": who_can(g.refused_for)}
    response = make_response(_page(code, **details))
    if retry_after is not None:
        response.headers["Retry-After"] = str(int(retry_after))
    return response


def _csrf_error(error: CSRFError) -> ResponseReturnValue:
    return _page(400, reason="csrf", typed=typed_texts(from_our_page=page_of_request() is not None))


def _database_error(error: Exception) -> ResponseReturnValue:
    log.error("database_unavailable", exc_info=error)
    return _http_error(ServiceUnavailable(retry_after=10))


def _limits_error(error: Exception) -> ResponseReturnValue:
    """What can't be counted is refused, never let through uncounted (PROMISES P-31)."""
    log.error("rate_limits_unavailable", exc_info=error)
    return _http_error(ServiceUnavailable(retry_after=10))


def _too_many_requests(error: RateLimitExceeded) -> ResponseReturnValue:
    """Say when to come back.

    Only this answer asks the counter for more. Headers on every answer would too, after the work was done: with the
    counter just gone, somebody would read “error” about something that was kept.
    """
    breached = limiter.current_limit
    seconds = breached.reset_at - int(time.time()) if breached else 0
    error.retry_after = max(1, seconds)
    return _http_error(error)
