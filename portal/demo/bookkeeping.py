"""The programme's books in the demo: rules, what rewards cost, points put right, sealed days, a closed month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle

from portal.accounts.models import Person
from portal.demo.history import History
from portal.kernel import clock
from portal.points import adjusting
from portal.points.closing import close_days
from portal.points.month_closing import close_month, next_to_close
from portal.points.programme import rules_now, save_rules
from portal.points.rules import Expiry, ExpiryKind
from portal.points.sealing import seal_next_day
from portal.rewards.costs import enter_costs, offered_with_costs

A_YEAR = Expiry(ExpiryKind.ROLLING, months=12)
COST_A_POINT_MINOR = (1.1, 0.8, 1.35, 0.95)
"""What a point buys, one reward after the other: no two are the same bargain."""

BEGAN_AGO = 9
"""Days since the books are kept."""
ALONE_MAX = 150
"""Points that one person may put right alone."""


@dataclass(frozen=True)
class PutRight:
    """`ago` in days."""

    whose: str
    points: int
    reason: str
    ago: float


PUT_RIGHT = (
    PutRight("maya", 25, "Thank you for the photos of the repair day, which no mission asked for", 4),
    PutRight("teo", -10, "The workshop in Kendal was counted twice. Sorry for the mix-up", 3),
    PutRight("jonas", 400, "You ran the whole repair day when two of us were ill", 2),
)


def tell(past: History, people: Mapping[str, Person]) -> None:
    """Greta, who manages, sets the rules and puts points right; what needs a second person waits for Imogen."""
    greta = people["greta"]
    past.on_day(BEGAN_AGO, partial(_set_rules, greta))
    for right in PUT_RIGHT:
        past.on_day(right.ago, partial(_put_right, right, people[right.whose], greta))


def keep_books(people: Mapping[str, Person], *, now: datetime) -> None:
    """She enters what rewards cost, and closes what is over."""
    greta = people["greta"]
    began = now - timedelta(days=BEGAN_AGO)
    with clock.frozen(began):
        costs = {
            reward.id: round(reward.price_points * rate)
            for (reward, _cost), rate in zip(offered_with_costs(), cycle(COST_A_POINT_MINOR), strict=False)
        }
        enter_costs(costs, actor=greta, why="From the suppliers’ invoices", now=began)
    with clock.frozen(now):
        close_days(now=now)
        while seal_next_day(now=now) is not None:
            pass
        while (month := next_to_close()) is not None:
            close_month(month, actor=greta, note="Agrees with the audit and with the invoices", now=now)


def _set_rules(actor: Person, *, now: datetime) -> None:
    save_rules(
        A_YEAR, ALONE_MAX, seen_version=rules_now().version, for_all_points=True, actor=actor,
        why="Agreed with the brand: points last a year", now=now,
    )  # fmt: skip


def _put_right(right: PutRight, person: Person, actor: Person, *, now: datetime) -> None:
    adjusting.adjust(person, right.points, reason=right.reason, actor=actor, now=now)
