"""Till for programs, in the words of Stripe's API v1: forms in, JSON out, a bearer key, idempotency keys."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from portal.sandbox.browser import spoken_to_by_programs
from portal.sandbox.database import db, transaction
from portal.sandbox.settings import Settings
from portal.sandbox.till import books, selling
from portal.sandbox.till.books import Refusal, Thing
from portal.sandbox.till.telling import tell_soon

api = Blueprint("till_api", __name__, url_prefix="/v1")

NESTED = re.compile(r"\[([^\[\]]*)\]")
PAGE_LENGTH, PAGE_LENGTH_MAX = 10, 100


@api.before_request
def let_in() -> tuple[Response, int] | None:
    settings: Settings = current_app.extensions["sandbox_settings"]
    if request.headers.get("Authorization") == f"Bearer {settings.till_key}":
        return None
    return jsonify(error={"type": "invalid_request_error", "message": "Invalid API Key provided."}), 401


@api.errorhandler(Refusal)
def refuse(refusal: Refusal) -> tuple[Response, int]:
    return jsonify(refusal.body), refusal.status


def form() -> dict[str, Any]:
    """The form as a tree: `promotion[type]=coupon` is `{"promotion": {"type": "coupon"}}`."""
    tree: dict[str, Any] = {}
    for name, value in request.values.items():
        first, _bracket, _rest = name.partition("[")
        *above, last = [first, *NESTED.findall(name)]
        branch = tree
        for key in above:
            branch = branch.setdefault(key, {})
        branch[last] = value
    return tree


def once(act: Callable[[sqlite3.Connection], Thing]) -> Response:
    """Do it, or answer as the first time where the idempotency key is known. Raises Refusal."""
    key = request.headers.get("Idempotency-Key")
    asked = hashlib.sha256(json.dumps([request.path, form()], sort_keys=True).encode()).hexdigest()
    with transaction() as connection:
        known = connection.execute("SELECT asked, body FROM till_answers WHERE key = ?", (key,)).fetchone()
        if known is not None and known["asked"] != asked:
            raise Refusal("This idempotency key was used with other parameters.", kind="idempotency_error")
        if known is not None:
            answer = jsonify(json.loads(known["body"]))
            answer.headers["Idempotent-Replayed"] = "true"
            return answer
        made = act(connection)
        if key is not None:
            connection.execute(
                "INSERT INTO till_answers (key, asked, body) VALUES (?, ?, ?)", (key, asked, json.dumps(made))
            )
    tell_soon()
    return jsonify(made)


def listed(found: list[Thing]) -> Response:
    """A page of it, after the one that `starting_after` names."""
    length = min(int(request.args.get("limit", PAGE_LENGTH)), PAGE_LENGTH_MAX)
    after = request.args.get("starting_after")
    ids = [thing["id"] for thing in found]
    begin = ids.index(after) + 1 if after in ids else 0
    page = found[begin : begin + length]
    return jsonify(object="list", url=request.path, data=page, has_more=begin + length < len(found))


@api.post("/coupons")
@spoken_to_by_programs
def make_coupon() -> Response:
    return once(lambda connection: selling.make_coupon(connection, form()))


@api.get("/coupons/<coupon_id>")
def coupon(coupon_id: str) -> Response:
    return jsonify(books.find(db(), "coupon", coupon_id))


@api.post("/promotion_codes")
@spoken_to_by_programs
def make_promotion_code() -> Response:
    return once(lambda connection: selling.make_promotion_code(connection, form()))


@api.get("/promotion_codes")
def promotion_codes() -> Response:
    return listed(selling.promotion_codes(db(), code=request.args.get("code")))


@api.post("/promotion_codes/<promotion_id>")
@spoken_to_by_programs
def change_promotion_code(promotion_id: str) -> Response:
    return once(lambda connection: selling.change_promotion_code(connection, promotion_id, form()))


@api.get("/customers")
def customers() -> Response:
    """The little shop knows nobody: its codes are for everybody."""
    return listed([])


@api.post("/checkout/sessions")
@spoken_to_by_programs
def open_session() -> Response:
    settings: Settings = current_app.extensions["sandbox_settings"]
    return once(lambda connection: selling.open_session(connection, form(), address=settings.url))


@api.get("/checkout/sessions")
def sessions() -> Response:
    since = int(form().get("created", {}).get("gte", 0))
    found = [session for session in books.all_of(db(), "checkout.session") if session["created"] >= since]
    return listed(found)


@api.get("/checkout/sessions/<session_id>")
def session(session_id: str) -> Response:
    with transaction() as connection:
        found = selling.session(connection, session_id)
    tell_soon()
    return jsonify(found)


@api.post("/checkout/sessions/<session_id>/expire")
@spoken_to_by_programs
def expire_session(session_id: str) -> Response:
    return once(lambda connection: selling.expire_session(connection, session_id))


@api.delete("/coupons/<coupon_id>")
@spoken_to_by_programs
def forget_coupon(coupon_id: str) -> Response:
    with transaction() as connection:
        books.find(connection, "coupon", coupon_id)
        books.forget(connection, coupon_id)
    return jsonify(id=coupon_id, object="coupon", deleted=True)


@api.get("/refunds")
def refunds() -> Response:
    payment_id = request.args.get("payment_intent")
    found = [each for each in books.all_of(db(), "refund") if payment_id in (None, each["payment_intent"])]
    return listed(found)


@api.post("/refunds")
@spoken_to_by_programs
def refund() -> Response:
    return once(lambda connection: selling.refund(connection, form()))


@api.get("/events")
def events() -> Response:
    since = int(form().get("created", {}).get("gte", 0))
    wanted = set(form().get("types", {}).values())
    found = [json.loads(row["body"]) for row in books.events(db(), length=1000)]
    return listed([
        event for event in found if event["created"] >= since and (not wanted or event["type"] in wanted)
    ])  # fmt: skip
