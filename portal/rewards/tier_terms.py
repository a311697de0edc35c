"""What a tier changes about a reward: its price, whom it is for, and how much sooner it can be had.

Prices stand by rank, so they outlive a tier's new name; somebody pays the lowest that their rank, or one below, gives.
A reward for a rank that no tier has any more is for the highest tier there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, bindparam, case, delete, func, insert, select

from portal.extensions import db
from portal.points.tier_rules import Level
from portal.points.tiers import Stands
from portal.rewards.listed import Listed
from portal.rewards.models import Reward, TierPrice


@dataclass(frozen=True)
class Price:
    """What one person pays in points, and why."""

    points: int
    tier: str = ""
    """The tier that makes it so; empty: everybody's price."""


@dataclass(frozen=True)
class Higher:
    """The tier that a reward is for, and what somebody still has to earn for it."""

    level: Level
    left: int
    """Points to be earned; spending changes nothing about them."""


def own_price(reward: Reward | Listed, here: Stands, *, tier_prices: Mapping[int, int] | None = None) -> Price:
    """What somebody who stands `here` pays for it now; `tier_prices`: by rank, for whoever has read them already."""
    by_rank = reward.tier_prices if tier_prices is None else tier_prices
    fitting = [(points, rank) for rank, points in by_rank.items() if rank <= here.rank]
    points, rank = min(fitting, default=(reward.price_points, 0))
    level = here.plan.level(rank) if here.plan and points < reward.price_points else None
    return Price(points, level.name) if level else Price(reward.price_points)


def missing_tier(reward: Reward | Listed, here: Stands) -> Higher | None:
    """What somebody lacks of the tier that the reward is for; None where they stand high enough."""
    if here.plan is None or here.rank >= min(reward.lowest_tier, len(here.plan.levels)):
        return None
    level = here.plan.level(reward.lowest_tier)
    return Higher(level, max(0, level.points - here.points)) if level else None


# The same for whoever asks in a query, so that one statement serves everybody: who asks is in its parameters.

_RANK = bindparam("own_rank", type_=Integer)
_OPEN_UP_TO = bindparam("open_up_to", type_=Integer)
_POINTS = bindparam("own_points", type_=Integer)
_ANY_TIER = 2**31 - 1


def asked_by(here: Stands, *, points: int) -> dict[str, int]:
    """The parameters of `OWN_PRICE`, `IS_OPEN` and `CAN_BE_PAID`: somebody who stands `here` and has `points`."""
    is_highest = here.plan is None or here.rank >= len(here.plan.levels)
    return {"own_rank": here.rank, "open_up_to": _ANY_TIER if is_highest else here.rank, "own_points": points}


_CHEAPER = (
    select(func.min(TierPrice.price_points))
    .where(TierPrice.reward_id == Reward.id, TierPrice.rank <= _RANK)
    .correlate(Reward)
    .scalar_subquery()
)

OWN_PRICE: ColumnElement[int] = case((Reward.price_points > _CHEAPER, _CHEAPER), else_=Reward.price_points)
"""Of rewards in a query: what they pay, the lowest price up to their tier."""

CAN_BE_PAID: ColumnElement[bool] = OWN_PRICE <= _POINTS
"""Of rewards in a query: those whose own price their points suffice for."""

IS_OPEN: ColumnElement[bool] = Reward.lowest_tier <= _OPEN_UP_TO
"""Of rewards in a query: those that are for somebody of their tier; the highest is for everything."""


def set_prices(reward: Reward, prices: Mapping[int, int]) -> None:
    """Put these prices by rank in place of what there was. The caller holds the reward's row."""
    db.session.execute(delete(TierPrice).where(TierPrice.reward_id == reward.id))
    rows = [{"reward_id": reward.id, "rank": rank, "price_points": points} for rank, points in prices.items()]
    if rows:
        db.session.execute(insert(TierPrice), rows)
    db.session.expire(reward, ["tier_price_rows"])
