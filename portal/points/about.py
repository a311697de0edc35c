"""What every page tells about a person's points, in one question: balances and tier."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Row, Select, String, bindparam, func, literal, select

from portal.kernel.once import once_a_page
from portal.kernel.rows import rows_of
from portal.points.models import Account
from portal.points.postings import PERSON_PARTS, person_account
from portal.points.tier_models import Standing, TierPlan


@once_a_page
def about(person_id: str) -> Row[Any]:
    """The person's balances, the tiers in force (`levels` is None without any), and where the person stands.

    Leans on the primary keys.
    """
    names = {f"name_of_{part}": person_account(person_id, part) for part in PERSON_PARTS}
    return rows_of(_all_about(), {"person_asked": person_id, **names}).one()


@cache
def _all_about() -> Select[*tuple[Any, ...]]:
    """Put together once: every page asks this."""
    balances = [
        func.coalesce(
            select(Account.balance).where(Account.name == bindparam(f"name_of_{part}", type_=String)).scalar_subquery(),
            0,
        ).label(part)
        for part in PERSON_PARTS
    ]
    always, newest = select(literal(1).label("one")).subquery(), select(func.max(TierPlan.number)).scalar_subquery()
    return (
        select(
            *balances, TierPlan.window_months, TierPlan.grace_days, TierPlan.levels, Standing.rank, Standing.points,
            Standing.sure_until, Standing.drops_at, Standing.since,
        )
        .select_from(always)
        .outerjoin(TierPlan, TierPlan.number == newest)
        .outerjoin(Standing, Standing.person_id == bindparam("person_asked", type_=String))
    )  # fmt: skip
