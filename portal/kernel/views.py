"""Routes that belong to no room: health, figures, the brand's colours, uploaded pictures, the operators' jobs page."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import text

from portal.extensions import db, limiter
from portal.kernel import jobs, metrics
from portal.kernel.access import Permission, allow, public
from portal.kernel.audit import audit
from portal.kernel.files import PRIVATE_FOLDERS, FileMissing, headers_for
from portal.kernel.flashes import done
from portal.kernel.locale import LOCALE_KEY
from portal.kernel.unit_of_work import unit_of_work
from portal.kernel.web import safe_next

bp = Blueprint("kernel", __name__)


@bp.get("/healthz")
@public
@limiter.exempt
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
@limiter.exempt
def readyz() -> ResponseReturnValue:
    """This process reaches its database; 503 while it does not."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ready"}


@bp.get("/metrics")
@public
@limiter.exempt
def show_metrics() -> ResponseReturnValue:
    """Prometheus' figures: to loopback, or to who brings the token of PORTAL_METRICS_TOKEN."""
    token = current_app.config["SETTINGS"].metrics_token.get_secret_value()
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    proxied = "X-Forwarded-For" in request.headers
    local = not proxied and ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104
    if not local and not (token and hmac.compare_digest(token.encode(), sent.encode())):
        abort(404)
    return Response(metrics.exposition(), mimetype="text/plain; version=0.0.4")


@bp.get("/brand.css")
@public
@limiter.exempt
def brand_css() -> ResponseReturnValue:
    """The two variables that a brand sets; everything else in the stylesheets follows from them."""
    settings = current_app.config["SETTINGS"]
    css = f":root {{ --brand-hue: {settings.brand_hue}; --brand-chroma: {settings.brand_chroma}; }}\n"
    return Response(css, mimetype="text/css", headers={"Cache-Control": "public, max-age=300"})


@bp.get("/about-our-requests")
@public
@limiter.exempt
def about_our_requests() -> ResponseReturnValue:
    """Where the user agent of our fetcher points: for whoever finds it in their server's log."""
    return render_template("kernel/about_our_requests.html")


@bp.get("/brand-logo")
@public
@limiter.exempt
def brand_logo() -> ResponseReturnValue:
    """The logo of PORTAL_BRAND_LOGO, re-encoded when the app started."""
    logo = current_app.config["BRAND_LOGO"]
    if logo is None:
        abort(404)
    return Response(logo, mimetype="image/webp", headers={"Cache-Control": "public, max-age=300"})


@bp.get("/files/<path:key>")
@public
@limiter.exempt
def show_file(key: str) -> ResponseReturnValue:
    """An uploaded picture of a mission or reward; its name is random and its content never changes."""
    if key.partition("/")[0] in PRIVATE_FOLDERS:
        abort(404)
    try:
        body = current_app.extensions["portal_files"].get(key)
    except FileMissing:
        abort(404)
    download = key.rpartition("/")[2] if request.args.get("download") else None
    return Response(body, headers=headers_for(key, download_name=download, private=False))


@bp.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """A stranger's choice of language, kept in this browser."""
    chosen = request.form.get("locale", "")
    if chosen in current_app.config["SETTINGS"].languages:
        session[LOCALE_KEY] = chosen
    return redirect(safe_next(request.form.get("next"), "/"), 303)


@bp.get("/staff/jobs")
@allow(Permission.OPERATE)
def failed_jobs() -> ResponseReturnValue:
    """Jobs that failed for good, with their last error; when one is started again, the next one moves up."""
    return render_template("kernel/jobs.html", jobs=jobs.failed_jobs(), total=jobs.count_failed())


@bp.post("/staff/jobs/<job_id>/retry")
@allow(Permission.OPERATE)
def retry_job(job_id: str) -> ResponseReturnValue:
    """Give a failed job a new start."""
    with unit_of_work():
        try:
            job = jobs.retry_failed(job_id)
        except LookupError:
            abort(404)
        audit("job.retried", ("job", job_id), actor_id=current_user.id, why="retried by hand",
              after={"kind": job.kind, "key": job.key})  # fmt: skip
    done(_("The job starts again."))
    return redirect(url_for(".failed_jobs"), 303)
