"""Perch for people who are signed in: write, edit, hide, delete, change the profile; and the way in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.sandbox.browser import own_path
from portal.sandbox.clock import now
from portal.sandbox.database import db, transaction
from portal.sandbox.perch import accounts, posts
from portal.sandbox.perch import around as around_it
from portal.sandbox.perch.around import Around
from portal.sandbox.perch.pictures import Picture, keep_picture, remove_picture
from portal.sandbox.perch.switches import misbehave
from portal.sandbox.perch.text import Unacceptable
from portal.sandbox.perch.viewing import may_read, picture_folder, viewer, viewer_id

writing = Blueprint("perch_writing", __name__)
writing.before_request(misbehave)

Answer = str | Response | tuple[str, int]
P = ParamSpec("P")


def signed_in_only(view: Callable[P, Answer]) -> Callable[P, Answer]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Answer:
        if viewer() is None:
            back = request.full_path.rstrip("?") if request.method == "GET" else "/perch"
            return redirect(url_for("perch_writing.sign_in", next=back), 303)
        return view(*args, **kwargs)

    return guarded


def _own_post(post_id: int) -> sqlite3.Row:
    post = posts.post_with_id(db(), post_id)
    if post is None or post["deleted_at"] is not None or post["account_id"] != viewer_id():
        abort(404, "You have no such post.")
    return post


def _uploaded_picture() -> Picture | None:
    """Raises Unacceptable."""
    upload = request.files.get("picture")
    return None if upload is None or not upload.filename else keep_picture(upload.read(), picture_folder())


def _to_post(post: sqlite3.Row | None) -> Response:
    assert post is not None  # it was just written
    return redirect(url_for("perch.post", handle=post["handle"], post_id=post["id"]), 303)


@writing.get("/compose")
@signed_in_only
def compose() -> Answer:
    """`?text=&url=` fill the form, so that another site can hand over a draft."""
    text, url = request.args.get("text", ""), request.args.get("url", "")
    if url and url not in text:
        text = f"{text}\n\n{url}" if text else url
    typed = {"text": text, "visibility": "public"}
    for relation in ("quote", "reply"):
        if relation in request.args:
            typed |= {"relation": relation, "about_id": request.args[relation]}
    return render_template("perch/compose.html", typed=typed, about=_about(typed), languages=around_it.LANGUAGES)


@writing.post("/compose")
@signed_in_only
def publish() -> Answer:
    account_id, typed = viewer_id(), request.form
    assert account_id is not None  # signed_in_only says so
    try:
        text = posts.acceptable_text(typed.get("text", ""), with_picture=bool(request.files.get("picture")))
        around = Around(
            typed.get("relation", ""), typed.get("about_id", type=int), typed.get("language", ""),
            typed.get("paid") == "yes",
        )  # fmt: skip
        picture = _uploaded_picture()
        with transaction() as connection:
            post_id = posts.publish(
                connection,
                account_id,
                text,
                visibility=typed.get("visibility", ""),
                created_at=now(),
                picture=picture,
                alt=typed.get("alt", ""),
                around=around,
            )
    except Unacceptable as problem:
        page = render_template(
            "perch/compose.html", typed=typed, about=_about(typed), languages=around_it.LANGUAGES, problem=problem
        )
        return page, 422
    return _to_post(posts.post_with_id(db(), post_id))


def _about(typed: Mapping[str, str]) -> sqlite3.Row | None:
    """The post that what is being written is about, if everybody may read it."""
    number = typed.get("about_id", "")
    post = posts.post_with_id(db(), int(number)) if number.isascii() and number.isdigit() else None
    return post if post is not None and post["deleted_at"] is None and post["visibility"] == "public" else None


@writing.post("/perch/posts/<int:post_id>/repost")
@signed_in_only
def repost(post_id: int) -> Answer:
    """Pass a post on as it is; once, however often the button is pressed."""
    account_id = viewer_id()
    assert account_id is not None  # signed_in_only says so
    try:
        with transaction() as connection:
            own = around_it.reposted_by(connection, post_id, account_id) or posts.publish(
                connection, account_id, "", visibility="public", created_at=now(), around=Around("repost", post_id)
            )
    except Unacceptable as problem:
        abort(404, str(problem))
    return _to_post(posts.post_with_id(db(), own))


@writing.post("/perch/posts/<int:post_id>/like")
@signed_in_only
def like(post_id: int) -> Answer:
    """Like a post, or not any more."""
    account_id, post = viewer_id(), posts.post_with_id(db(), post_id)
    if account_id is None or post is None or post["deleted_at"] is not None or not may_read(post):
        abort(404, "There is no such post.")
    with transaction() as connection:
        around_it.toggle_like(connection, post_id, account_id)
    return _to_post(post)


@writing.post("/perch/posts/<int:post_id>/paid")
@signed_in_only
def set_paid(post_id: int) -> Answer:
    """Mark one's own post as a paid partnership, or take the mark off."""
    post = _own_post(post_id)
    with transaction() as connection:
        around_it.set_paid(connection, post_id, request.form.get("paid") == "yes")
    return _to_post(post)


@writing.get("/perch/posts/<int:post_id>/edit")
@signed_in_only
def edit(post_id: int) -> Answer:
    post = _own_post(post_id)
    return render_template("perch/edit.html", post=post, typed={"text": post["text"], "alt": post["alt"] or ""})


@writing.post("/perch/posts/<int:post_id>/edit")
@signed_in_only
def save(post_id: int) -> Answer:
    post, typed = _own_post(post_id), request.form
    removed: str | None = None
    try:
        picture = _uploaded_picture()
        drops = picture is not None or typed.get("remove_picture") == "yes"
        keeps = picture is not None or (post["picture"] is not None and not drops)
        with transaction() as connection:
            posts.edit(connection, post_id, typed.get("text", ""), with_picture=keeps, now=now())
            removed = posts.detach(connection, post_id) if drops else None
            if picture is not None:
                posts.attach(connection, post_id, picture, alt=typed.get("alt", ""))
            elif keeps:
                posts.describe_picture(connection, post_id, typed.get("alt", ""))
    except Unacceptable as problem:
        return render_template("perch/edit.html", post=post, typed=typed, problem=problem), 422
    if removed is not None:
        remove_picture(removed, picture_folder())
    return _to_post(post)


@writing.post("/perch/posts/<int:post_id>/visibility")
@signed_in_only
def set_visibility(post_id: int) -> Answer:
    post = _own_post(post_id)
    try:
        with transaction() as connection:
            posts.set_visibility(connection, post_id, request.form.get("visibility", ""))
    except Unacceptable as problem:
        abort(400, str(problem))
    return _to_post(post)


@writing.get("/perch/posts/<int:post_id>/delete")
@signed_in_only
def confirm_delete(post_id: int) -> Answer:
    return render_template("perch/delete.html", post=_own_post(post_id))


@writing.post("/perch/posts/<int:post_id>/delete")
@signed_in_only
def delete(post_id: int) -> Answer:
    post = _own_post(post_id)
    with transaction() as connection:
        removed = posts.delete(connection, post_id, now=now())
    if removed is not None:
        remove_picture(removed, picture_folder())
    return redirect(url_for("perch.profile", handle=post["handle"]), 303)


@writing.get("/perch/profile")
@signed_in_only
def edit_profile() -> Answer:
    account = viewer()
    assert account is not None  # signed_in_only says so
    return render_template("perch/edit_profile.html", typed=account)


@writing.post("/perch/profile")
@signed_in_only
def save_profile() -> Answer:
    account_id, typed = viewer_id(), request.form
    assert account_id is not None  # signed_in_only says so
    try:
        with transaction() as connection:
            accounts.change_account(
                connection,
                account_id,
                handle=typed.get("handle", ""),
                display_name=typed.get("display_name", ""),
                bio=typed.get("bio", ""),
            )
    except Unacceptable as problem:
        return render_template("perch/edit_profile.html", typed=typed, problem=problem), 422
    account = accounts.account_of(db(), account_id)
    assert account is not None  # accounts are never deleted
    return redirect(url_for("perch.profile", handle=account["handle"]), 303)


@writing.get("/perch/sign-in")
def sign_in() -> Answer:
    return render_template("perch/sign_in.html", accounts=accounts.everybody(db()), next=_next(), typed={})


@writing.post("/perch/sign-in")
def signed_in() -> Answer:
    account = accounts.account_called(db(), request.form.get("handle", ""))
    if account is None:
        abort(400, "Perch knows no such account. Choose one from the list.")
    _sign_in_to(account["id"])
    return redirect(_next(), 303)


@writing.post("/perch/accounts")
def create_account() -> Answer:
    typed = request.form
    try:
        with transaction() as connection:
            account_id = accounts.create_account(
                connection,
                handle=typed.get("handle", ""),
                display_name=typed.get("display_name", ""),
                created_at=now(),
            )
    except Unacceptable as problem:
        page = render_template(
            "perch/sign_in.html",
            accounts=accounts.everybody(db()),
            next=_next(),
            typed=typed,
            problem=problem,
        )
        return page, 422
    _sign_in_to(account_id)
    return redirect(_next(), 303)


@writing.post("/perch/sign-out")
def sign_out() -> Answer:
    session.pop("perch_account", None)
    return redirect(url_for("perch.home"), 303)


def _sign_in_to(account_id: str) -> None:
    session["perch_account"] = account_id
    session.permanent = True


def _next() -> str:
    return own_path(request.values.get("next"), otherwise="/perch")
