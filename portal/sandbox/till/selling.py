"""What Till does: coupons, promotion codes, Checkout sessions, refunds. Each function works in an open transaction."""

from __future__ import annotations

import re
import secrets
import sqlite3
from typing import Any

from portal.sandbox.till.books import Refusal, Thing, all_of, find, happened, keep, new_id, seconds_now

CODE = re.compile(r"[A-Za-z0-9-]{1,200}\Z")
LASTS_SECONDS_MIN, LASTS_SECONDS_MAX = 30 * 60, 24 * 3600
AMOUNT_MIN = 30

Form = dict[str, Any]


def make_coupon(db: sqlite3.Connection, form: Form) -> Thing:
    coupon_id = form.get("id") or secrets.token_hex(4)
    if any(coupon["id"] == coupon_id for coupon in all_of(db, "coupon")):
        raise Refusal("Coupon already exists.", code="resource_already_exists", param="id")
    percent, amount = whole(form, "percent_off"), whole(form, "amount_off")
    if (percent is None) == (amount is None):
        raise Refusal("Give one of percent_off and amount_off.", param="percent_off")
    coupon: Thing = {
        "id": coupon_id, "object": "coupon", "created": seconds_now(), "livemode": False, "name": form.get("name"),
        "percent_off": percent, "amount_off": amount, "currency": form.get("currency"), "duration": "once",
        "times_redeemed": 0, "valid": True, "metadata": {},
    }  # fmt: skip
    return keep(db, coupon)


def make_promotion_code(db: sqlite3.Connection, form: Form) -> Thing:
    promotion = form.get("promotion") or {}
    try:
        find(db, "coupon", str(promotion.get("coupon", "")))
    except Refusal as missing:
        message = missing.body["error"]["message"]
        raise Refusal(message, code="resource_missing", param="promotion[coupon]") from missing
    code = form.get("code") or secrets.token_hex(4).upper()
    if not CODE.match(code):
        raise Refusal("Promotion codes may only contain letters, digits and dashes.", param="code")
    if any(other["active"] for other in promotion_codes(db, code=code)):
        raise Refusal(f"Promotion code with code {code} already exists.", code="resource_already_exists", param="code")
    expires_at = whole(form, "expires_at")
    if expires_at is not None and expires_at <= seconds_now():
        raise Refusal("The expires_at must be in the future.", param="expires_at")
    made = {
        "id": new_id("promo"), "object": "promotion_code", "created": seconds_now(), "livemode": False, "code": code,
        "active": True, "customer": form.get("customer"), "expires_at": expires_at,
        "max_redemptions": whole(form, "max_redemptions"), "metadata": form.get("metadata") or {},
        "promotion": {"type": "coupon", "coupon": promotion["coupon"]}, "times_redeemed": 0,
    }  # fmt: skip
    happened(db, "promotion_code.created", keep(db, made))
    return made


def promotion_codes(db: sqlite3.Connection, *, code: str | None = None) -> list[Thing]:
    """Newest first; one that has run out or was used up is not active."""
    found = [each for each in all_of(db, "promotion_code") if code is None or each["code"].lower() == code.lower()]
    return [each | {"active": _works(each)} for each in found]


def change_promotion_code(db: sqlite3.Connection, promotion_id: str, form: Form) -> Thing:
    code = find(db, "promotion_code", promotion_id)
    if "active" in form:
        code["active"] = form["active"] == "true"
    happened(db, "promotion_code.updated", keep(db, code))
    return code | {"active": _works(code)}


def use_code(db: sqlite3.Connection, code: str) -> Thing | None:
    """At the shop's till: the coupon behind a code that works, which does so no more; None for any other."""
    good = [each for each in promotion_codes(db, code=code) if each["active"]]
    if not good:
        return None
    used = find(db, "promotion_code", good[0]["id"])
    used["times_redeemed"] += 1
    happened(db, "promotion_code.updated", keep(db, used))
    return find(db, "coupon", used["promotion"]["coupon"])


def coupon_of(db: sqlite3.Connection, code: str) -> Thing | None:
    """What a code that works would take off."""
    good = [each for each in promotion_codes(db, code=code) if each["active"]]
    return find(db, "coupon", good[0]["promotion"]["coupon"]) if good else None


def _works(code: Thing) -> bool:
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    over = code["expires_at"] is not None and code["expires_at"] <= seconds_now()
    return bool(code["active"] and not used_up and not over)


def open_session(db: sqlite3.Connection, form: Form, *, address: str) -> Thing:
    lines = list((form.get("line_items") or {}).values())
    if form.get("mode") != "payment" or not lines or not form.get("success_url"):
        raise Refusal("Till needs mode=payment, line_items and success_url.", code="parameter_missing")
    prices = [line["price_data"] for line in lines]
    amount = sum(int(line["price_data"]["unit_amount"]) * int(line.get("quantity", 1)) for line in lines)
    if amount < AMOUNT_MIN:
        raise Refusal("The total must be at least 0.30.", code="amount_too_small")
    expires_at = whole(form, "expires_at") or seconds_now() + LASTS_SECONDS_MAX
    if not LASTS_SECONDS_MIN <= expires_at - seconds_now() <= LASTS_SECONDS_MAX:
        raise Refusal("The expires_at must be 30 minutes to 24 hours from now.", param="expires_at")
    session_id = new_id("cs_test")
    session = {
        "id": session_id, "object": "checkout.session", "created": seconds_now(), "livemode": False,
        "amount_subtotal": amount, "amount_total": amount, "currency": prices[0]["currency"], "mode": "payment",
        "client_reference_id": form.get("client_reference_id"), "metadata": form.get("metadata") or {},
        "customer": form.get("customer"), "expires_at": expires_at, "payment_intent": None, "payment_status": "unpaid",
        "status": "open", "success_url": form["success_url"], "cancel_url": form.get("cancel_url"),
        "url": f"{address}/c/pay/{session_id}", "till_name": prices[0]["product_data"]["name"],
    }  # fmt: skip
    return keep(db, session)


def session(db: sqlite3.Connection, session_id: str) -> Thing:
    """As it is now: one whose time is over has expired."""
    found = find(db, "checkout.session", session_id)
    if found["status"] == "open" and found["expires_at"] <= seconds_now():
        return _expire(db, found)
    return found


def expire_session(db: sqlite3.Connection, session_id: str) -> Thing:
    found = session(db, session_id)
    if found["status"] != "open":
        raise Refusal(f"Only open Checkout Sessions can be expired. This one is {found['status']}.")
    return _expire(db, found)


def _expire(db: sqlite3.Connection, found: Thing) -> Thing:
    expired = keep(db, found | {"status": "expired", "url": None})
    happened(db, "checkout.session.expired", expired)
    return expired


def pay(db: sqlite3.Connection, session_id: str) -> Thing:
    """Somebody pressed Pay. Raises Refusal for a page that is closed."""
    found = session(db, session_id)
    if found["status"] != "open":
        raise Refusal("This payment page is closed.", status=410)
    payment = {
        "id": new_id("pi"), "object": "payment_intent", "created": seconds_now(), "livemode": False,
        "amount": found["amount_total"], "amount_refunded": 0, "currency": found["currency"], "status": "succeeded",
    }  # fmt: skip
    keep(db, payment)
    paid = found | {"status": "complete", "payment_status": "paid", "payment_intent": payment["id"], "url": None}
    happened(db, "checkout.session.completed", keep(db, paid))
    return paid


def refund(db: sqlite3.Connection, form: Form) -> Thing:
    payment = find(db, "payment_intent", str(form.get("payment_intent", "")))
    left = payment["amount"] - payment["amount_refunded"]
    amount = whole(form, "amount") or left
    if left == 0:
        raise Refusal("This payment has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise Refusal("Refund amount is greater than what is left.", param="amount")
    keep(db, payment | {"amount_refunded": payment["amount_refunded"] + amount})
    made = {
        "id": new_id("re"), "object": "refund", "created": seconds_now(), "amount": amount,
        "currency": payment["currency"], "payment_intent": payment["id"], "status": "succeeded",
        "metadata": form.get("metadata") or {},
    }  # fmt: skip
    happened(db, "refund.created", keep(db, made))
    return made


def whole(form: Form, name: str) -> int | None:
    """Raises Refusal."""
    given = form.get(name)
    if given in (None, ""):
        return None
    try:
        return int(float(str(given)))
    except ValueError:
        raise Refusal(f"Invalid integer: {given}", code="parameter_invalid_integer", param=name) from None
