"""What a tier changes about a reward: its price, whom it is for, and how much sooner it can be had.

Prices stand by rank, so they outlive a tier's new name; somebody pays the lowest that their rank, or one below, gives.
A reward for a rank that no tier has any more is for the highest tier there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, delete, func, insert, select, true

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


def price_to(here: Stands) -> ColumnElement[int]:
    """Of rewards in a query: what somebody who stands `here` pays, the lowest price up to their tier."""
    cheaper = (
        select(func.min(TierPrice.price_points))
        .where(TierPrice.reward_id == Reward.id, TierPrice.rank <= here.rank)
        .correlate(Reward)
        .scalar_subquery()
    )
    return case((cheaper < Reward.price_points, cheaper), else_=Reward.price_points)


def costs_at_most(points: int, here: Stands) -> ColumnElement[bool]:
    """Of rewards in a query: those whose own price somebody who stands `here` can pay with `points`."""
    return price_to(here) <= points


def is_open_to(here: Stands) -> ColumnElement[bool]:
    """Of rewards in a query: those that are for somebody who stands `here`."""
    if here.plan is None or here.rank >= len(here.plan.levels):
        return true()
    return Reward.lowest_tier <= here.rank


def set_prices(reward: Reward, prices: Mapping[int, int]) -> None:
    """Put these prices by rank in place of what there was. The caller holds the reward's row."""
    db.session.execute(delete(TierPrice).where(TierPrice.reward_id == reward.id))
    rows = [{"reward_id": reward.id, "rank": rank, "price_points": points} for rank, points in prices.items()]
    if rows:
        db.session.execute(insert(TierPrice), rows)
    db.session.expire(reward, ["tier_price_rows"])
