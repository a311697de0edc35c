"""Perch's public pages: timeline, profile, post, short link, picture."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from portal.sandbox.database import db
from portal.sandbox.perch import accounts, addresses, around, posts, text
from portal.sandbox.perch.switches import misbehave
from portal.sandbox.perch.viewing import base_url, may_read, picture_folder, viewer, viewer_id

perch = Blueprint("perch", __name__)
perch.before_request(misbehave)

Answer = str | AnyResponse | tuple[str, int]


@perch.app_context_processor
def what_templates_need() -> dict[str, Any]:
    if not (request.blueprint or "").startswith("perch"):
        return {}
    return {
        "viewer": viewer() if "perch_account" in session else None,
        "base": base_url(),
        "as_html": text.as_html,
        "initials": initials,
        "hue": hue,
        "account_url": addresses.account_url,
        "post_url": addresses.post_url,
        "short_url": addresses.short_url,
    }


def initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def hue(text_: str) -> int:
    """One of eight colours, always the same for the same text."""
    return sum(text_.encode()) % 8


@perch.get("/perch")
def home() -> Answer:
    found = posts.timeline(db(), viewer=viewer_id(), before=request.args.get("before", type=int))
    return render_template("perch/home.html", **_page_of(found))


def _page_of(found: list[Any]) -> dict[str, Any]:
    shown = found[: posts.PAGE_LENGTH]
    return {"posts": shown, "older": shown[-1]["id"] - 1 if len(found) > len(shown) else None}


@perch.get("/@<handle>")
@perch.get("/m/@<handle>", endpoint="profile_on_phones")
def profile(handle: str) -> Answer:
    account = accounts.account_called(db(), handle)
    if account is None:
        abort(404, f"There is no @{handle} on Perch. Perhaps they changed their handle.")
    found = posts.timeline(
        db(), viewer=viewer_id(), account_id=account["id"], before=request.args.get("before", type=int)
    )
    return render_template("perch/profile.html", account=account, **_page_of(found))


@perch.get("/@<handle>/<int:post_id>")
@perch.get("/m/@<handle>/<int:post_id>", endpoint="post_on_phones")
def post(handle: str, post_id: int) -> Answer:
    """The id alone names a post; with an old or wrong handle before it, the address is put right."""
    found = posts.post_with_id(db(), post_id)
    if found is None or found["deleted_at"] is not None:
        abort(404, "This post does not exist, or its author deleted it.")
    if not may_read(found):
        return render_template("perch/login_required.html", private=True), 403
    if found["handle"] != handle:
        return redirect(url_for(".post", handle=found["handle"], post_id=post_id), 301)
    return render_template("perch/post.html", post=found, liked=around.likes(db(), post_id, viewer_id()))


@perch.get("/p/<code>")
def short_link(code: str) -> Answer:
    found = posts.post_with_short_code(db(), code)
    if found is None:
        abort(404, "This short link leads nowhere.")
    return redirect(addresses.post_url(base_url(), found["handle"], found["id"]), 302)


@perch.get("/pictures/<name>")
def picture(name: str) -> Response:
    return send_from_directory(picture_folder(), name, max_age=3600, mimetype="image/jpeg")
