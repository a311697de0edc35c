# SPDX-License-Identifier: GPL-3.0-or-later
"""Coupons with limits, promotion codes, and refunds that give back no more than was paid."""

import re

from failing import missing, refuse, refuse_unknown, whole
from localstripe import resources
from localstripe.resources import Coupon, Customer, Event, PaymentIntent, Refund, StripeObject, random_id, store
from moments import now

CODE = re.compile(r"[A-Za-z0-9-]{1,500}\Z")


def tell(type, about):
    """An event, and whoever listens is told. Delivery replaces `schedule_webhook`, so it is looked up each time."""
    resources.schedule_webhook(Event(type, about))


def create_coupon(cls, id=None, name=None, max_redemptions=None, redeem_by=None, **data):
    if id is not None and f"coupon:{id}" in store:
        refuse("Coupon already exists.", param="id", code="resource_already_exists")
    max_redemptions, redeem_by = whole(max_redemptions, "max_redemptions"), whole(redeem_by, "redeem_by")
    if max_redemptions is not None and max_redemptions < 1:
        refuse("This value must be greater than or equal to 1.", param="max_redemptions")
    if redeem_by is not None and redeem_by <= now():
        refuse("The redeem_by must be in the future.", param="redeem_by")
    coupon = cls(id=id or random_id(8), **{"duration": "once", **data})
    coupon.name, coupon.max_redemptions, coupon.redeem_by = name, max_redemptions, redeem_by
    return coupon


def coupon_is_valid(self):
    if self.redeem_by is not None and self.redeem_by <= now():
        return False
    return self.max_redemptions is None or self.times_redeemed < self.max_redemptions


def extend_coupons():
    Coupon._api_create = classmethod(create_coupon)
    Coupon.valid = property(coupon_is_valid, lambda _self, _always_true: None)


class PromotionCode(StripeObject):
    object = "promotion_code"
    _id_prefix = "promo_"

    def __init__(self, *, coupon, code, customer, expires_at, max_redemptions, metadata, restrictions, active):
        super().__init__()
        self._coupon, self._switched_on = coupon, active
        self.code = code
        self.customer = customer
        self.expires_at = expires_at
        self.max_redemptions = max_redemptions
        self.metadata = metadata or {}
        self.promotion = {"type": "coupon", "coupon": coupon.id}
        self.restrictions = {
            "first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None,
            **(restrictions or {}),
        }  # fmt: skip
        self.times_redeemed = 0

    @property
    def active(self):
        used_up = self.max_redemptions is not None and self.times_redeemed >= self.max_redemptions
        expired = self.expires_at is not None and self.expires_at <= now()
        return self._switched_on and not used_up and not expired and self._coupon.valid

    @classmethod
    def _api_create(
        cls, promotion=None, code=None, customer=None, expires_at=None, max_redemptions=None, metadata=None,
        restrictions=None, active=True, **unknown,
    ):  # fmt: skip
        refuse_unknown(unknown)
        if not isinstance(promotion, dict) or promotion.get("type") != "coupon" or not promotion.get("coupon"):
            refuse("Missing required param: promotion.", param="promotion", code="parameter_missing")
        coupon = store.get(f"coupon:{promotion['coupon']}")
        if coupon is None:
            refuse(
                f"No such coupon: '{promotion['coupon']}'", param="promotion[coupon]", code="resource_missing",
            )  # fmt: skip
        if not coupon.valid:
            refuse("This coupon is not valid any more.", param="promotion[coupon]")
        if customer is not None:
            Customer._api_retrieve(customer)
        code = random_id(8).upper() if code is None else code
        if not CODE.match(code):
            refuse("Promotion codes may only contain letters, digits and dashes.", param="code")
        if any(each.active and each.code.lower() == code.lower() and each.customer in (None, customer) for each in
               all_of("promotion_code")):  # fmt: skip
            refuse(f"Promotion code with code {code} already exists.", param="code", code="resource_already_exists")
        expires_at, max_redemptions = whole(expires_at, "expires_at"), whole(max_redemptions, "max_redemptions")
        if expires_at is not None and expires_at <= now():
            refuse("The expires_at must be in the future.", param="expires_at")
        if expires_at is not None and coupon.redeem_by is not None and expires_at > coupon.redeem_by:
            refuse("The expires_at cannot be after the coupon's redeem_by.", param="expires_at")
        made = cls(
            coupon=coupon, code=code, customer=customer, expires_at=expires_at, max_redemptions=max_redemptions,
            metadata=metadata, restrictions=restrictions, active=active not in (False, "false"),
        )  # fmt: skip
        tell("promotion_code.created", made)
        return made

    @classmethod
    def _api_retrieve(cls, id):
        return store.get(f"promotion_code:{id}") or missing("promotion code", id)

    @classmethod
    def _api_update(cls, id, active=None, metadata=None, **unknown):
        refuse_unknown(unknown)
        code = cls._api_retrieve(id)
        if active is not None:
            code._switched_on = active not in (False, "false")
        code.metadata.update(metadata or {})
        tell("promotion_code.updated", code)
        return code

    @classmethod
    def _api_list_all(
        cls, url, code=None, coupon=None, customer=None, active=None, limit=None, starting_after=None, **unknown
    ):
        refuse_unknown(unknown)
        found = [
            each
            for each in newest_first("promotion_code")
            if (code is None or each.code.lower() == code.lower())
            and (coupon is None or each.promotion["coupon"] == coupon)
            and (customer is None or each.customer == customer)
            and (active is None or each.active == (active == "true"))
        ]
        return listed(url, found, limit, starting_after)


def use(id, customer=None):
    """What the brand's shop does at its till. Raises where the code is not good (any more), or for somebody else."""
    code = PromotionCode._api_retrieve(id)
    if not code.active or code.customer not in (None, customer):
        refuse("This promotion code is invalid.", code="promotion_code_invalid")
    code.times_redeemed += 1
    code._coupon.times_redeemed += 1
    tell("promotion_code.updated", code)
    return code


def limit_refunds():
    """localstripe would give the same money back twice."""
    plain = Refund.__init__

    def __init__(self, charge=None, payment_intent=None, amount=None, metadata=None, reason=None, **unknown):
        refuse_unknown(unknown)
        if payment_intent is not None:
            intent = PaymentIntent._api_retrieve(payment_intent)
            paid_by = intent.latest_charge
        else:
            paid_by = store.get(f"charge:{charge}")
        if paid_by is None:
            refuse("This payment has no successful charge to refund.", param="payment_intent")
        given_back = sum(each.amount for each in all_of("refund") if each.charge == paid_by.id)
        asked = paid_by.amount - given_back if amount is None else whole(amount, "amount")
        if given_back >= paid_by.amount:
            refuse(f"Charge {paid_by.id} has already been refunded.", code="charge_already_refunded")
        if asked > paid_by.amount - given_back:
            refuse("Refund amount is greater than unrefunded amount on charge.", param="amount")
        plain(self, charge=charge, payment_intent=payment_intent, amount=asked, metadata=metadata)
        self.charge, self.reason = paid_by.id, reason
        tell("charge.refunded", paid_by)

    Refund.__init__ = __init__


def all_of(object):
    return [each for key, each in store.items() if key.startswith(f"{object}:")]


def newest_first(object):
    return list(reversed(all_of(object)))


def listed(url, found, limit, starting_after):
    page = resources.List(url, limit=limit, starting_after=starting_after)
    page._list = found
    return page
