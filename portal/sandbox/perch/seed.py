"""Filling Perch over HTTP: `POST /api/v1/seed`, for demo data and tests. Switches do not touch it.

A client names each account and post by a key of its own. Sent again, a key answers what it named the first
time and changes nothing. All of a request is kept, or nothing.
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from portal.sandbox.browser import is_json_request, json_given
from portal.sandbox.clock import moment, now, stamp
from portal.sandbox.database import db, transaction
from portal.sandbox.perch import accounts, addresses, posts
from portal.sandbox.perch.around import Around
from portal.sandbox.perch.pictures import Picture, keep_picture, remove_picture
from portal.sandbox.perch.text import Unacceptable
from portal.sandbox.perch.viewing import base_url, picture_folder

seeding = Blueprint("seed", __name__)

_BYTES_MAX = 64 * 1024 * 1024


@seeding.post("/api/v1/seed")
def seed() -> tuple[Response, int]:
    request.max_content_length = _BYTES_MAX
    given = json_given() if is_json_request() else None
    if not isinstance(given, dict):
        return jsonify(error="send one JSON object with accounts and posts, as application/json"), 400
    pictures: dict[str, _Drawn] = {}
    try:
        accounts_given, posts_given = _objects(given, "accounts"), _objects(given, "posts")
        for one in posts_given:
            _draw(one, pictures)
        with transaction() as connection:
            answer = {
                "accounts": [_seed_account(connection, one) for one in accounts_given],
                "posts": [_seed_post(connection, one, pictures) for one in posts_given],
            }
    except Unacceptable as problem:
        return jsonify(error=str(problem)), 422
    finally:
        for drawn in pictures.values():
            if not posts.has_picture(db(), drawn.picture.name):
                remove_picture(drawn.picture.name, picture_folder())
    return jsonify(answer), 200


@dataclass(frozen=True)
class _Drawn:
    picture: Picture
    alt: str


def _draw(one: dict[str, Any], pictures: dict[str, _Drawn]) -> None:
    """Make the picture of a post that is new, before the write lock is taken: drawing is slow. Raises Unacceptable."""
    key, given = _text(one, "key"), one.get("picture")
    if given is None or key in pictures or _named_before(db(), "post", key) is not None:
        return
    if not isinstance(given, dict):
        raise Unacceptable("picture is an object with data (base64) and alt")
    try:
        data = base64.b64decode(_text(given, "data"), validate=True)
    except binascii.Error as problem:
        raise Unacceptable(f"the picture of {key!r} is not base64") from problem
    alt = _text(given, "alt", "")
    pictures[key] = _Drawn(keep_picture(data, picture_folder()), alt)


def _objects(given: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = given.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unacceptable(f"{name} is a list of objects")
    return listed


def _text(one: dict[str, Any], name: str, otherwise: str | None = None) -> str:
    value = one.get(name, otherwise)
    if not isinstance(value, str):
        raise Unacceptable(f"{name} is text and missing or wrong in {one.get('key')!r}")
    return value


def _flag(one: dict[str, Any], name: str) -> bool:
    value = one.get(name, False)
    if not isinstance(value, bool):
        raise Unacceptable(f"{name} is true or false, not {value!r}")
    return value


def _time(one: dict[str, Any], name: str, otherwise: datetime | None) -> datetime | None:
    if one.get(name) is None:
        return otherwise
    try:
        return moment(_text(one, name))
    except ValueError as problem:
        raise Unacceptable(f"{name} is a time such as 2026-10-14T09:12:00Z, not {one[name]!r}") from problem


def _number(one: dict[str, Any], name: str, otherwise: int | None) -> int | None:
    value = one.get(name, otherwise)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53):
        raise Unacceptable(f"{name} is a number from 0, not {value!r}")
    return value


def _named_before(db: sqlite3.Connection, kind: str, key: str) -> str | None:
    row = db.execute("SELECT target FROM seed_keys WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return None if row is None else str(row["target"])


def _name(db: sqlite3.Connection, kind: str, key: str, target: str) -> None:
    db.execute("INSERT INTO seed_keys (kind, key, target) VALUES (?, ?, ?)", (kind, key, target))


def _seed_account(db: sqlite3.Connection, one: dict[str, Any]) -> dict[str, str]:
    """An account that has the handle already is taken over under the new key, with what is given about it."""
    key = _text(one, "key")
    account_id = _named_before(db, "account", key)
    if account_id is None:
        handle = accounts.acceptable_handle(_text(one, "handle"))
        there = accounts.account_called(db, handle)
        if there is None:
            account_id = accounts.create_account(
                db,
                handle=handle,
                display_name=_text(one, "display_name", handle),
                bio=_text(one, "bio", ""),
                followers=_number(one, "followers", 0) or 0,
                created_at=_time(one, "created_at", None) or now(),
            )
        else:
            account_id = str(there["id"])
            accounts.change_account(
                db,
                account_id,
                handle=there["handle"],
                display_name=_text(one, "display_name", there["display_name"]),
                bio=_text(one, "bio", there["bio"]),
                followers=_number(one, "followers", None),
            )
        _name(db, "account", key, account_id)
    account = accounts.account_of(db, account_id)
    assert account is not None  # accounts are never deleted
    return {
        "key": key,
        "id": account_id,
        "handle": account["handle"],
        "url": addresses.account_url(base_url(), account["handle"]),
    }


def _seed_post(db: sqlite3.Connection, one: dict[str, Any], pictures: dict[str, _Drawn]) -> dict[str, str]:
    key = _text(one, "key")
    named = _named_before(db, "post", key)
    post_id = int(named) if named is not None else _new_post(db, one, pictures.get(key))
    if named is None:
        _name(db, "post", key, str(post_id))
    post = posts.post_with_id(db, post_id)
    assert post is not None  # posts leave a tombstone
    return {
        "key": key,
        "id": str(post_id),
        "url": addresses.post_url(base_url(), post["handle"], post_id),
        "short_url": addresses.short_url(base_url(), post["short_code"]),
        "author_id": post["account_id"],
    }


def _new_post(db: sqlite3.Connection, one: dict[str, Any], drawn: _Drawn | None) -> int:
    try:
        post_id = posts.publish(
            db,
            _author_id(db, _text(one, "account")),
            _text(one, "text", ""),
            visibility="private" if _flag(one, "private") else "public",
            created_at=_time(one, "created_at", None) or now(),
            picture=drawn.picture if drawn else None,
            alt=drawn.alt if drawn else "",
            around=_around(db, one),
        )
    except Unacceptable:
        raise
    except ValueError as problem:
        raise Unacceptable(f"created_at of {one.get('key')!r}: {problem}") from problem
    if (edited_at := _time(one, "edited_at", None)) is not None:
        db.execute("UPDATE posts SET edited_at = ? WHERE id = ?", (stamp(edited_at), post_id))
    if _flag(one, "deleted"):
        posts.delete(db, post_id, now=now())
    return post_id


def _around(db: sqlite3.Connection, one: dict[str, Any]) -> Around:
    """`relation` and `about` (a key or id), `language`, `paid`, `likes`, `views`. Raises Unacceptable."""
    relation, about_id = _text(one, "relation", ""), None
    if relation:
        about = _text(one, "about")
        named = _named_before(db, "post", about) or about
        if not (named.isascii() and named.isdigit() and len(named) <= 19):
            raise Unacceptable(f"about is a post's key or id, not {about!r}")
        about_id = int(named)
    return Around(
        relation, about_id, _text(one, "language", ""), _flag(one, "paid"), _number(one, "likes", 0) or 0,
        _number(one, "views", 0) or 0,
    )  # fmt: skip


def _author_id(db: sqlite3.Connection, author: str) -> str:
    """An account's id by the client's key or by handle. Raises Unacceptable."""
    named = _named_before(db, "account", author)
    if named is not None:
        return named
    account = accounts.account_called(db, author.removeprefix("@"))
    if account is None:
        raise Unacceptable(f"account {author!r} is neither a key nor a handle")
    return str(account["id"])
