"""The programme's books in the demo: rules, what rewards cost, points put right, sealed days, a closed month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import cycle

from portal.accounts.models import Person
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


def keep_books(people: Mapping[str, Person], *, now: datetime) -> None:
    """Greta, who manages, does all of it but what needs a second person: that waits for Imogen."""
    greta = people["greta"]
    began = now - timedelta(days=9)
    with clock.frozen(began):
        save_rules(
            A_YEAR, 150, seen_version=rules_now().version, for_all_points=True, actor=greta,
            why="Agreed with the brand: points last a year", now=began,
        )  # fmt: skip
        costs = {
            reward.id: round(reward.price_points * rate)
            for (reward, _cost), rate in zip(offered_with_costs(), cycle(COST_A_POINT_MINOR), strict=False)
        }
        enter_costs(costs, actor=greta, why="From the suppliers’ invoices", now=began)
    _put_right(
        people["maya"], 25, "Thank you for the photos of the repair day, which no mission asked for", greta, now, 4
    )
    _put_right(people["teo"], -10, "The workshop in Kendal was counted twice. Sorry for the mix-up", greta, now, 3)
    _put_right(people["jonas"], 400, "You ran the whole repair day when two of us were ill", greta, now, 2)
    with clock.frozen(now):
        close_days(now=now)
        while seal_next_day(now=now) is not None:
            pass
        while (month := next_to_close()) is not None:
            close_month(month, actor=greta, note="Agrees with the audit and with the invoices", now=now)


def _put_right(person: Person, points: int, reason: str, actor: Person, now: datetime, days_ago: int) -> None:
    at = now - timedelta(days=days_ago)
    if person.id != actor.id:
        with clock.frozen(at):
            adjusting.adjust(person, points, reason=reason, actor=actor, now=at)
