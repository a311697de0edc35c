"""A code that Stripe may know already: an earlier try's is taken, somebody else's never is. Stripe is played here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from portal.rewards.fulfilment import CannotBeHad, promotion
from portal.rewards.promoting import Brief
from portal.rewards.stripe.answers import PromotionCode
from portal.rewards.stripe.failures import StripeRefused

OURS = PromotionCode("promo_1", "AAAA-BBBB-CCCC", is_active=True, times_used=0, reference="mine", expires_at=None)


class Knows:
    """A Stripe that finds `found`, one more each time it is asked, and makes no code."""

    def __init__(self, *found: PromotionCode | None) -> None:
        self._found = list(found)

    def find_promotion_code(self, _code: str) -> PromotionCode | None:
        return self._found.pop(0)

    def make_promotion_code(self, *_args: object, **_more: object) -> PromotionCode:
        raise StripeRefused("resource_already_exists")


def carried_out(monkeypatch: pytest.MonkeyPatch, now: datetime, *found: PromotionCode | None) -> Any:
    stripe = Knows(*found)
    monkeypatch.setattr(promotion, "stripe_now", lambda: stripe)
    return promotion.FULFILMENT.carry_out(Brief("mine", OURS.code, "coupon", None, "A fifth off", now, None))


def test_what_an_earlier_try_made_is_taken_also_when_it_was_still_on_its_way(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert carried_out(monkeypatch, now, OURS) == OURS
    assert carried_out(monkeypatch, now, None, OURS) == OURS


def test_a_code_of_somebody_else_is_never_taken(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = replace(OURS, reference="theirs")
    with pytest.raises(CannotBeHad):
        carried_out(monkeypatch, now, theirs, theirs)
    with pytest.raises(CannotBeHad):
        carried_out(monkeypatch, now, None, None)
