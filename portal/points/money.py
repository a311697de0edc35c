"""What points cost in money, at the catalogue's rates. Pure; the rates come through a port, as rewards lie above."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Rates:
    """Money for one point, in the currency's smallest unit, of the rewards whose cost somebody entered.

    `typical`: of what was redeemed in the last year, weighed by how often; of the whole catalogue before anything was.
    """

    currency: str
    typical: Fraction
    lowest: Fraction
    highest: Fraction
    rewards_known: int
    rewards_unknown: int
    by_redemptions: bool


@dataclass(frozen=True)
class Liability:
    """What the outstanding points would cost, in the currency's smallest unit."""

    currency: str
    typical_minor: int
    highest_minor: int
    expected_minor: int
    """The typical cost without what, by experience, expires unspent."""


def rates_of(costs: list[tuple[int, int, int]], *, currency: str, unknown: int) -> Rates | None:
    """From (cost in the smallest unit, price in points, how often redeemed) of each reward; None without any."""
    if not costs:
        return None
    each = [Fraction(cost, points) for cost, points, _times in costs]
    weighed = any(times for _cost, _points, times in costs)
    weights = [times if weighed else 1 for _cost, _points, times in costs]
    spent = sum(points * weight for (_cost, points, _times), weight in zip(costs, weights, strict=True))
    paid = sum(cost * weight for (cost, _points, _times), weight in zip(costs, weights, strict=True))
    return Rates(currency, Fraction(paid, spent), min(each), max(each), len(costs), unknown, weighed)


def liability(outstanding: int, rates: Rates, breakage: Fraction | None) -> Liability:
    """`breakage`: the part of points that expires unspent; without any experience (None) nothing is taken off."""
    return Liability(
        rates.currency, _whole(outstanding * rates.typical), _whole(outstanding * rates.highest),
        _whole(outstanding * rates.typical * (1 - (breakage or 0))),
    )  # fmt: skip


def breakage_rate(expired: int, redeemed: int) -> Fraction | None:
    """Of the points that came to an end in a year, the part that expired; None where none did."""
    ended = max(expired, 0) + max(redeemed, 0)
    return Fraction(max(expired, 0), ended) if ended else None


def _whole(amount: Fraction) -> int:
    """To the nearest unit, halves up: what is owed is never reckoned too small by half."""
    return int(amount + Fraction(1, 2)) if amount >= 0 else -int(-amount + Fraction(1, 2))
