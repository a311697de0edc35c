"""Rewards that need Stripe, and redemptions of them. Each function commits; all is invented."""

from __future__ import annotations

from itertools import count

from portal.accounts.models import Person
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import editing, redeeming, stocking, variants
from portal.rewards.models import ARE_SENT, Redemption, Reward, RewardKind
from portal.rewards.stocking import Line
from portal.rewards.stripe import terms
from portal.rewards.stripe.terms import Gives
from tests.accounts.factories import a_marketer
from tests.rewards.factories import ADDRESS, a_person_with_points

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run
CASH_MINOR = 1060


def _draft(kind: RewardKind, name: str, price_points: int, staff: Person) -> Reward:
    values = {
        "name": name, "summary": "Darned by hand", "description": "", "how_to_use": "Show it in the shop.",
        "price_points": price_points, "per_person_max": 3,
    }  # fmt: skip
    return editing.create_reward(kind, editing.Wording(**values), actor=staff, now=clock.now())


def a_fleece(*, codes: int = 3, price_points: int = 100, cash_minor: int = CASH_MINOR) -> Reward:
    """Points plus cash, listed, with so many codes in its pool."""
    number, staff = next(_numbers), a_marketer()
    with unit_of_work():
        reward = _draft(RewardKind.POINTS_PLUS_CASH, f"Mended one-off fleece {number}", price_points, staff)
        terms.set_cash(reward, cash_minor, currency="gbp", actor=staff)
        lines = [Line(each, f"FLEECE-{number:03}-{each:05}") for each in range(1, codes + 1)]
        stocking.add_codes(reward, lines, actor=staff, now=clock.now())
        editing.list_reward(reward, actor=staff)
    return reward


def a_blanket(*, stock: int = 3, price_points: int = 100, cash_minor: int = CASH_MINOR) -> Reward:
    """Something that is sent, for points plus cash, listed."""
    number, staff = next(_numbers), a_marketer()
    with unit_of_work():
        reward = _draft(RewardKind.PARCEL_PLUS_CASH, f"Mended blanket {number}", price_points, staff)
        terms.set_cash(reward, cash_minor, currency="gbp", actor=staff)
        variants.change_stock(reward, "", stock, why="Delivered", actor=staff, now=clock.now())
        editing.list_reward(reward, actor=staff)
    return reward


def a_promotion(*, price_points: int = 100, coupon_id: str | None = None, for_customer: bool = False) -> Reward:
    """A fifth off in the shop, listed; or what a coupon of the brand's own gives."""
    number, staff = next(_numbers), a_marketer()
    gives = Gives(None if coupon_id else 20, None, coupon_id, valid_days=90, for_customer=for_customer)
    with unit_of_work():
        reward = _draft(RewardKind.PROMOTION, f"A fifth off {number}", price_points, staff)
        terms.set_promotion(reward, gives, currency="gbp", actor=staff)
        editing.list_reward(reward, actor=staff)
    return reward


def redeemed(reward: Reward, person: Person | None = None) -> Redemption:
    """By `person`, or by somebody who has just enough."""
    person = person or a_person_with_points(reward.price_points)
    with unit_of_work():
        details = ADDRESS if reward.kind in ARE_SENT else None
        return redeeming.redeem(reward, person, now=clock.now(), details=details)
