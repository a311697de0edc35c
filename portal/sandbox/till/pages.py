"""Till for people: the payment page, a small shop that takes promotion codes, and what Till has in its books."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.sandbox.browser import widen_csp
from portal.sandbox.database import db, transaction
from portal.sandbox.settings import Settings
from portal.sandbox.till import books, selling
from portal.sandbox.till.books import Refusal, Thing
from portal.sandbox.till.conversions import VIA, tell
from portal.sandbox.till.telling import send, tell_soon

till = Blueprint("till", __name__)

SHOP_PRICE = 4800
"""Pence, for the one thing that the shop sells."""


def money(thing: Thing) -> str:
    return f"{thing['amount_total'] / 100:.2f} {str(thing['currency']).upper()}"


@till.app_template_filter("pence")
def pence(amount: int) -> str:
    return f"£{amount / 100:.2f}"


@till.get("/c/pay/<session_id>")
def payment_page(session_id: str) -> str | tuple[str, int]:
    with transaction() as connection:
        try:
            session = selling.session(connection, session_id)
        except Refusal:
            return render_template("till/closed.html", session=None), 404
    settings: Settings = current_app.extensions["sandbox_settings"]
    widen_csp("form-action", settings.portal_url)
    if session["status"] != "open":
        return render_template("till/closed.html", session=session), 410
    return render_template("till/pay.html", session=session, amount=money(session))


@till.post("/c/pay/<session_id>")
def pay(session_id: str) -> str | AnyResponse | tuple[str, int]:
    if request.form.get("how") == "declined":
        with transaction() as connection:
            session = selling.session(connection, session_id)
        return render_template("till/pay.html", session=session, amount=money(session), declined=True), 402
    try:
        with transaction() as connection:
            session = selling.pay(connection, session_id)
    except Refusal:
        return redirect(url_for(".payment_page", session_id=session_id), 303)
    tell_soon()
    return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id), 303)


@till.get("/shop")
def shop() -> str:
    """`?via=` says whose link led here; `?order=` is one that was bought just now."""
    code = request.args.get("code", "").strip()
    coupon = selling.coupon_of(db(), code) if code else None
    return render_template(
        "till/shop.html", code=code, coupon=coupon, price=SHOP_PRICE, total=_total(coupon), via=_via(request.args),
        order=request.args.get("order", ""),
    )  # fmt: skip


@till.post("/shop")
def buy() -> AnyResponse:
    code, via = request.form.get("code", "").strip(), _via(request.form)
    with transaction() as connection:
        coupon = selling.use_code(connection, code) if code else None
    tell_soon()
    if code and coupon is None:
        return redirect(url_for(".shop", code=code, via=via or None), 303)
    flash(f"Bought for {pence(_total(coupon))}. {'The code is used up now.' if code else ''}")
    if not via:
        return redirect(url_for(".shop"), 303)
    order = f"o-{secrets.token_hex(8)}"
    flash(_heard(tell(current_app.extensions["sandbox_settings"], "conversion", order, via)))
    return redirect(url_for(".shop", via=via, order=order), 303)


@till.post("/shop/returned")
def send_back() -> AnyResponse:
    """An order that came by a fan's link is returned: the portal is told to take it back."""
    via, order = _via(request.form), request.form.get("order", "")
    flash(_heard(tell(current_app.extensions["sandbox_settings"], "taken_back", order, via)))
    return redirect(url_for(".shop", via=via or None), 303)


def _via(typed: Mapping[str, str]) -> str:
    via = typed.get("via", "")
    return via if VIA.fullmatch(via) else ""


def _heard(status: int) -> str:
    if status in (200, 201):
        return "The shop told the portal: it knows whose link led here, and nothing about you."
    return f"The shop told the portal, which did not take it ({status or 'no answer'})."


def _total(coupon: Thing | None) -> int:
    if coupon is None:
        return SHOP_PRICE
    if coupon["percent_off"] is not None:
        return SHOP_PRICE * (100 - coupon["percent_off"]) // 100
    return max(0, SHOP_PRICE - coupon["amount_off"])


@till.get("/till")
def ledger() -> str:
    events = [{"told_at": row["told_at"], **json.loads(row["body"])} for row in books.events(db(), length=30)]
    return render_template(
        "till/books.html", events=events, is_quiet=books.keeps_quiet(db()),
        sessions=[session | {"amount": money(session)} for session in books.all_of(db(), "checkout.session")[:30]],
        codes=selling.promotion_codes(db())[:30],
    )  # fmt: skip


@till.post("/till/quiet")
def be_quiet() -> AnyResponse:
    """Lose every webhook from now on, or tell again, beginning with what was kept back."""
    with transaction() as connection:
        books.keep_quiet(connection, quiet=request.form.get("quiet") == "yes")
    tell_soon()
    return redirect(url_for(".ledger"), 303)


@till.post("/till/events/<event_id>")
def tell_again(event_id: str) -> AnyResponse:
    """Stripe may tell anything twice; here by hand."""
    settings: Settings = current_app.extensions["sandbox_settings"]
    row = db().execute("SELECT body FROM till_events WHERE id = ?", (event_id,)).fetchone()
    was_heard = row is not None and send(row["body"].encode(), settings)
    flash("The portal heard it." if was_heard else "Nobody heard it.")
    return redirect(url_for(".ledger"), 303)
