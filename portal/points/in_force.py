"""What staff set and every payment asks for, in one question: when points expire, and the tiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, func, literal, select

from portal.kernel.base import table_of
from portal.kernel.rows import rows_of
from portal.points import rules
from portal.points.programme import PointsRules, expiry_in, programme_zone
from portal.points.rules import Expiry
from portal.points.tier_models import TierPlan
from portal.points.tier_rules import Plan, plan_of


@dataclass(frozen=True)
class InForce:
    """What holds now."""

    expiry: Expiry
    plan: Plan | None
    """None while staff set no tiers."""

    def expires_at(self, earned_at: datetime) -> datetime | None:
        """When points earned then expire; None for never."""
        return rules.expires_at(earned_at, self.expiry, programme_zone())


def read() -> InForce:
    """Leans on the primary key of the rules and the unique number of plans."""
    row = rows_of(_newest()).one()
    expiry = expiry_in(row) if row.expiry_kind is not None else Expiry()
    return InForce(expiry, plan_of(row.window_months, row.grace_days, row.levels) if row.levels is not None else None)


@cache
def _newest() -> Select[Any]:
    held, plan = table_of(PointsRules), table_of(TierPlan)
    version, number = (select(func.max(each)).scalar_subquery() for each in (held.c.version, plan.c.number))
    always = select(literal(1).label("one")).subquery()
    return (
        select(
            held.c.expiry_kind, held.c.expiry_months, held.c.fixed_month, held.c.fixed_day, plan.c.window_months,
            plan.c.grace_days, plan.c.levels,
        )
        .select_from(always)
        .outerjoin(held, held.c.version == version)
        .outerjoin(plan, plan.c.number == number)
    )  # fmt: skip
