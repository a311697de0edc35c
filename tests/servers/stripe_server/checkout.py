# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkout sessions and the page at which they are paid."""

from html import escape

from aiohttp import web
from failing import missing, refuse, refuse_unknown, whole
from localstripe.resources import Customer, PaymentIntent, PaymentMethod, StripeObject, random_id, store
from moments import now
from shop import PromotionCode, listed, newest_first, tell

LASTS_SECONDS_MIN, LASTS_SECONDS_MAX = 30 * 60, 24 * 3600
"""docs.stripe.com/api/checkout/sessions/create, expires_at."""
GOOD_CARD, POOR_CARD = "4242424242424242", "4000000000000341"
IGNORED = ("locale", "payment_method_types", "submit_type", "billing_address_collection", "payment_intent_data",
           "custom_text", "adaptive_pricing")  # fmt: skip


class CheckoutSession(StripeObject):
    object = "checkout.session"
    _id_prefix = "cs_test_"
    address = ""

    def __init__(self, *, amount, currency, lines, asked):
        super().__init__(id=self._id_prefix + random_id(24))
        self._lines = lines
        self.amount_subtotal = self.amount_total = amount
        self.currency = currency
        self.mode = "payment"
        for name in ("cancel_url", "client_reference_id", "customer", "customer_email", "success_url", "expires_at"):
            setattr(self, name, asked.get(name))
        self.metadata = asked.get("metadata") or {}
        self.customer_details = None
        self.payment_intent = None
        self.payment_status = "unpaid"
        self.status = "open"
        self.ui_mode = "hosted"
        self.url = f"{self.address}/c/pay/{self.id}"

    @classmethod
    def _api_create(cls, mode=None, line_items=None, success_url=None, cancel_url=None, **data):
        if mode != "payment":
            refuse("This imitation knows mode=payment only.", param="mode")
        if not success_url:
            refuse("Missing required param: success_url.", param="success_url", code="parameter_missing")
        for name in IGNORED:
            data.pop(name, None)
        asked = {name: data.pop(name, None) for name in ("client_reference_id", "customer", "customer_email",
                                                         "metadata", "expires_at")}  # fmt: skip
        discounts = data.pop("discounts", None) or []
        refuse_unknown(data)
        if asked["customer"]:
            Customer._api_retrieve(asked["customer"])
        asked["expires_at"] = expiry(whole(asked["expires_at"], "expires_at"))
        amount, currency, lines = total(line_items)
        for discount in discounts:
            PromotionCode._api_retrieve(discount["promotion_code"])
        asked |= {"success_url": success_url, "cancel_url": cancel_url}
        return cls(amount=amount, currency=currency, lines=lines, asked=asked)

    @classmethod
    def _api_retrieve(cls, id):
        found = store.get(f"{cls.object}:{id}") or missing("checkout.session", id)
        return found._as_time_goes_by()

    @classmethod
    def _api_expire(cls, id, **unknown):
        refuse_unknown(unknown)
        session = cls._api_retrieve(id)
        if session.status != "open":
            refuse(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
                f"of {session.status}."
            )
        session._expire()
        return session

    @classmethod
    def _api_list_all(
        cls, url, created=None, customer=None, payment_intent=None, status=None, limit=None, starting_after=None,
        **unknown,
    ):  # fmt: skip
        refuse_unknown(unknown)
        since, until = int((created or {}).get("gte", 0)), int((created or {}).get("lte", 1 << 60))
        found = [
            each._as_time_goes_by()
            for each in newest_first(cls.object)
            if since <= each.created <= until
            and customer in (None, each.customer)
            and payment_intent in (None, each.payment_intent)
        ]
        return listed(url, [each for each in found if status in (None, each.status)], limit, starting_after)

    def _as_time_goes_by(self):
        if self.status == "open" and self.expires_at <= now():
            self._expire()
        return self

    def _expire(self):
        self.status, self.url = "expired", None
        tell("checkout.session.expired", self)

    def _complete(self, *, paid, email):
        self.status, self.url = "complete", None
        self.customer_details = {"email": email, "name": None, "phone": None, "address": None}
        if paid:
            self._take_money()
        tell("checkout.session.completed", self)

    def _take_money(self):
        intent = PaymentIntent._api_create(
            amount=self.amount_total, currency=self.currency, customer=self.customer, payment_method=card(GOOD_CARD),
            confirm="true", metadata=dict(self.metadata),
        )  # fmt: skip
        self.payment_intent, self.payment_status = intent.id, "paid"

    def _settle_later(self, *, succeeded):
        if self.status != "complete" or self.payment_status == "paid":
            refuse("Nothing is pending on this Checkout Session.")
        if succeeded:
            self._take_money()
            tell("checkout.session.async_payment_succeeded", self)
        else:
            tell("checkout.session.async_payment_failed", self)


def expiry(asked):
    """Within the limits that Stripe documents, counted from now."""
    lasts = LASTS_SECONDS_MAX if asked is None else asked - now()
    if not LASTS_SECONDS_MIN <= lasts <= LASTS_SECONDS_MAX:
        refuse(
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session "
            "creation.",
            param="expires_at",
        )  # fmt: skip
    return now() + lasts


def total(line_items):
    """Amount in the currency's smallest unit, currency, and what each line says."""
    if not line_items:
        refuse("Missing required param: line_items.", param="line_items", code="parameter_missing")
    amount, currencies, lines = 0, set(), []
    for item in line_items:
        price = item.get("price_data") or refuse("This imitation knows price_data only.", param="line_items")
        unit_amount = whole(price.get("unit_amount"), "line_items[0][price_data][unit_amount]")
        amount += unit_amount * whole(item.get("quantity", 1), "line_items[0][quantity]")
        currencies.add(price["currency"].lower())
        lines.append(price["product_data"]["name"])
    if len(currencies) != 1:
        refuse("All line items must have the same currency.", param="line_items")
    if amount < 30:
        refuse("The Checkout Session's total amount due must add up to at least £0.30 gbp.", code="amount_too_small")
    return amount, currencies.pop(), lines


def card(number):
    """A new payment method with that card."""
    details = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    return PaymentMethod(type="card", card=details).id


async def show(request):
    session = CheckoutSession._api_retrieve(request.match_info["id"])
    if session.status != "open":
        return page("<h1>This page is closed</h1><p>The session is " + session.status + ".</p>", status=410)
    back = f'<p><a href="{escape(session.cancel_url)}">Back to the shop</a></p>' if session.cancel_url else ""
    problem = '<p role="alert">Your card was declined.</p>' if "declined" in request.query else ""
    return page(
        f"<h1>{escape(', '.join(session._lines))}</h1>{problem}"
        f"<p>{session.amount_total / 100:.2f} {session.currency.upper()}</p>"
        '<form method="post"><label>E-mail <input name="email" type="email" value="fan@example.org"></label>'
        '<button name="how" value="card">Pay</button> <button name="how" value="poor_card">Pay by a card without '
        f'money</button> <button name="how" value="later">Pay by bank debit</button></form>{back}'
    )


async def pay(request):
    session = CheckoutSession._api_retrieve(request.match_info["id"])
    form = await request.post()
    how = form.get("how", "card")
    if session.status != "open":
        return page("<h1>This page is closed</h1><p>The session is " + session.status + ".</p>", status=410)
    if how == "poor_card":
        raise web.HTTPSeeOther(f"{request.path}?declined=1")
    session._complete(paid=how == "card", email=form.get("email"))
    raise web.HTTPSeeOther(session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id))


def page(body, *, status=200):
    text = f'<!doctype html><html lang="en"><title>Checkout</title><body>{body}</body></html>'
    return web.Response(text=text, content_type="text/html", status=status)
