"""Perch for programs: posts and accounts as JSON, and oEmbed (oembed.com). No key, public things only."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint, Response, jsonify, request
from markupsafe import Markup

from portal.sandbox.database import db
from portal.sandbox.perch import accounts, addresses, posts, text
from portal.sandbox.perch.switches import misbehave
from portal.sandbox.perch.viewing import base_url

api = Blueprint("perch_api", __name__)
api.before_request(misbehave)

API_PAGE_LENGTH = 40
Answer = Response | tuple[Response, int]


def picture_url(name: str) -> str:
    return f"{base_url()}/pictures/{name}"


def about_as_json(post: sqlite3.Row) -> dict[str, Any] | None:
    """The post that this one quotes, passes on or answers; of one that nobody may read any more only its number."""
    if post["about_id"] is None:
        return None
    hidden = post["about_deleted_at"] is not None or post["about_visibility"] != "public"
    url = None if hidden else addresses.post_url(base_url(), post["about_handle"], post["about_id"])
    return {"id": str(post["about_id"]), "url": url, "text": "" if hidden else post["about_text"]}


def post_as_json(post: sqlite3.Row) -> dict[str, Any]:
    media = []
    if post["picture"] is not None:
        media.append(
            {
                "url": picture_url(post["picture"]),
                "alt": post["alt"],
                "width": post["width"],
                "height": post["height"],
            }
        )
    return {
        "id": str(post["id"]),
        "url": addresses.post_url(base_url(), post["handle"], post["id"]),
        "short_url": addresses.short_url(base_url(), post["short_code"]),
        "author": {
            "id": post["account_id"],
            "handle": post["handle"],
            "display_name": post["display_name"],
            "followers": post["followers"],
            "created_at": post["account_since"],
        },
        "relation": post["relation"] or "original",
        "about": about_as_json(post),
        "language": post["language"] or None,
        "paid_partnership": bool(post["paid"]),
        "counts": {name: post[name] for name in ("likes", "replies", "reposts", "quotes", "views")},
        "text": post["text"],
        "links": text.links_in(post["text"]),
        "media": media,
        "visibility": post["visibility"],
        "created_at": post["created_at"],
        "edited_at": post["edited_at"],
    }


def account_as_json(account: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": account["id"],
        "handle": account["handle"],
        "display_name": account["display_name"],
        "url": addresses.account_url(base_url(), account["handle"]),
        "bio": account["bio"],
        "followers": account["followers"],
        "created_at": account["created_at"],
    }


@api.get("/api/v1/posts/<int:post_id>")
def post(post_id: int) -> Answer:
    found = posts.post_with_id(db(), post_id)
    if found is None:
        return jsonify(error="not_found"), 404
    if found["deleted_at"] is not None:
        return jsonify(error="gone"), 410
    if found["visibility"] != "public":
        return jsonify(error="private"), 403
    return jsonify(post_as_json(found))


@api.get("/api/v1/accounts/<handle>")
def account(handle: str) -> Answer:
    found = accounts.account_called(db(), handle)
    return (jsonify(error="not_found"), 404) if found is None else jsonify(account_as_json(found))


@api.get("/api/v1/accounts/<handle>/posts")
def posts_of_account(handle: str) -> Answer:
    """Its public posts, the newest first; `next` goes into `before` for the page after this one."""
    found = accounts.account_called(db(), handle)
    if found is None:
        return jsonify(error="not_found"), 404
    before = request.args.get("before", type=int)
    rows = posts.timeline(db(), viewer=None, account_id=found["id"], before=before, page_length=API_PAGE_LENGTH)
    following = str(rows[API_PAGE_LENGTH]["id"]) if len(rows) > API_PAGE_LENGTH else None
    shown = [post_as_json(row) for row in rows[:API_PAGE_LENGTH]]
    return jsonify(account_id=found["id"], posts=shown, next=following)


@api.get("/oembed")
def oembed() -> Answer:
    """401 for a private post and 404 for none, as oEmbed 1.0 section 2.3.4 says."""
    if request.args.get("format", "json") != "json":
        return jsonify(error="only format=json is offered"), 501
    address = request.args.get("url", "")
    code = addresses.short_code_in(base_url(), address)
    post_id = addresses.post_id_in(base_url(), address)
    if code is not None:
        found = posts.post_with_short_code(db(), code)
    else:
        found = None if post_id is None else posts.post_with_id(db(), post_id)
    if found is None or found["deleted_at"] is not None:
        return jsonify(error="not_found"), 404
    if found["visibility"] != "public":
        return jsonify(error="login_required"), 401
    author_url = addresses.account_url(base_url(), found["handle"])
    url = addresses.post_url(base_url(), found["handle"], found["id"])
    html = Markup(
        '<blockquote cite="{url}"><p>{text}</p>'
        '<footer>{name} (@{handle}), <a href="{url}">{at}</a></footer></blockquote>'
    )
    return jsonify(
        version="1.0",
        type="rich",
        provider_name="Perch",
        provider_url=f"{base_url()}/perch",
        title=found["text"],
        author_name=found["display_name"],
        author_url=author_url,
        html=html.format(
            url=url,
            text=found["text"],
            name=found["display_name"],
            handle=found["handle"],
            at=found["created_at"],
        ),
        width=550,
        height=None,
        cache_age=60,
    )
