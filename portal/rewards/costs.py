"""What a reward costs the brand, in the currency's smallest unit: what points are worth in the programme's books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.audit import audit
from portal.kernel.base import Base
from portal.points.money import Rates, rates_of
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardState

YEAR = timedelta(days=365)
COST_MAX = 100_000_000
OFFERED = (RewardState.LISTED, RewardState.PAUSED)


class RewardCost(Base):
    """No row: nobody entered it."""

    __tablename__ = "reward_cost"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    cost_minor: Mapped[int]
    """For one of it, bought, packed and sent, in the smallest unit of `PORTAL_CURRENCY`."""
    entered_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("cost_minor >= 0", name="not_negative"),)


def offered_with_costs() -> Sequence[tuple[Reward, int | None]]:
    """Listed and paused rewards by price, each with its cost where it is known."""
    rows = db.session.execute(
        select(Reward, RewardCost.cost_minor)
        .outerjoin(RewardCost, RewardCost.reward_id == Reward.id)
        .where(Reward.state.in_(OFFERED))
        .order_by(Reward.price_points, Reward.id)
    )
    return [(reward, cost) for reward, cost in rows]


def enter_costs(costs: Mapping[str, int | None], *, actor: Person, why: str, now: datetime) -> int:
    """Set what these rewards cost, None for not known any more; how many changed. Writes one entry of the trail."""
    known = {row.reward_id: row for row in db.session.scalars(select(RewardCost).with_for_update())}
    before, after = {}, {}
    for reward_id, cost in costs.items():
        row = known.get(reward_id)
        if cost == (row.cost_minor if row else None):
            continue
        before[reward_id], after[reward_id] = row.cost_minor if row else None, cost
        if cost is None:
            db.session.delete(row)
        elif row is None:
            db.session.add(RewardCost(reward_id=reward_id, cost_minor=cost, entered_by_id=actor.id, entered_at=now))
        else:
            row.cost_minor, row.entered_by_id, row.entered_at = cost, actor.id, now
    db.session.flush()
    if after:
        audit("reward.costs_entered", ("reward_costs", "all"), actor_id=actor.id, why=why, before=before, after=after)
    return len(after)


def rates() -> Rates | None:
    """Money for a point, of the rewards that are offered; None while no cost is known."""
    since = clock.now() - YEAR
    times = (
        select(func.count())
        .where(
            Redemption.reward_id == Reward.id, Redemption.state == RedemptionState.FULFILLED,
            Redemption.reserved_at >= since,
        )
        .scalar_subquery()
    )  # fmt: skip
    offered = db.session.execute(
        select(RewardCost.cost_minor, Reward.price_points, times)
        .select_from(Reward)
        .outerjoin(RewardCost, RewardCost.reward_id == Reward.id)
        .where(Reward.state.in_(OFFERED))
    ).all()
    known = [(cost, price, count) for cost, price, count in offered if cost is not None]
    unknown = sum(cost is None for cost, _price, _count in offered)
    return rates_of(known, currency=current_app.config["SETTINGS"].currency.upper(), unknown=unknown)
