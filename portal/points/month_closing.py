"""Closing a month: its figures are written down for good, once all of its days are sealed, month after month.

A closed month is chained to the one before and to the seal of its last day: who keeps a seal keeps the month.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises
from portal.kernel.csv_text import Cell
from portal.kernel.formatting import from_minor
from portal.points import books
from portal.points.audit import Found, also_audits
from portal.points.book_models import ClosedMonth
from portal.points.money import liability
from portal.points.ports import catalogue_rates
from portal.points.seal_models import Seal
from portal.points.verify_statement import GENESIS, canonical


class MonthNotClosable(Exception):
    """Another month comes first, this one is closed already, or its last day is not sealed yet."""


def closed_month(month: str) -> ClosedMonth | None:
    return db.session.get(ClosedMonth, month)


def next_to_close() -> str | None:
    """The month that can be closed now; None while its last day is not sealed."""
    sealed = books.sealed_span()
    if sealed is None:
        return None
    closed = books.closed_months()
    after = books.days_of(closed[0].month)[1] + timedelta(days=1) if closed else sealed[0]
    month = f"{after:%Y-%m}"
    return month if books.days_of(month)[1] <= sealed[1] else None


def close_month(month: str, *, actor: Person | None, note: str, now: datetime) -> ClosedMonth:
    """Write its figures down. Raises MonthNotClosable."""
    if month != next_to_close():
        raise MonthNotClosable(month)
    seal, before = _last_seal(month), _newest()
    if seal is None:
        raise MonthNotClosable(month)
    figures = _figures(month, before)
    previous = before.digest if before else GENESIS
    row = ClosedMonth(
        month=month, seal_number=seal.number, chain=seal.chain, figures=figures, previous=previous,
        digest=_digest(month, seal.chain, figures, previous), note=note, closed_by_id=actor.id if actor else None,
        closed_at=now,
    )  # fmt: skip
    with violation_raises(MonthNotClosable(month)):
        db.session.add(row)
        db.session.flush()
    audit(
        "points.month_closed", ("points_month", month), actor_id=actor.id if actor else None, why=note,
        after={"digest": row.digest, "outstanding": figures["outstanding"]},
    )  # fmt: skip
    return row


def month_table(row: ClosedMonth, words: dict[str, str]) -> Iterator[list[Cell]]:
    """The month as a table: each group of accounts from its opening to its closing balance, by kind of movement.

    Every line adds up, and so does every column: they sum to zero, as each movement does. Below stand the month's own
    figures, each with its unit: points, or a currency, whose amounts are decimal.
    """
    kinds = sorted({key.partition(" ")[0] for key in row.figures["moved"]})
    yield [words["group"], words["opening"], *kinds, words["closing"]]
    for group in books.GROUPS:
        moved = [row.figures["moved"].get(f"{kind} {group}", 0) for kind in kinds]
        yield [group, row.figures["opening"].get(group, 0), *moved, row.figures["closing"].get(group, 0)]
    sums = [sum(row.figures["moved"].get(f"{kind} {group}", 0) for group in books.GROUPS) for kind in kinds]
    opening, closing = (sum(row.figures[side].values()) for side in ("opening", "closing"))
    yield [words["sum"], opening, *sums, closing]
    yield []
    yield [words["figure"], words["value"], words["unit"]]
    for name, value in [*row.figures["summary"].items(), ("outstanding", row.figures["outstanding"])]:
        yield [name, value, "points"]
    yield from _liability_lines(row.figures.get("liability"))
    for name, value in (("month", row.month), ("seal", row.seal_number), ("chain", row.chain), ("digest", row.digest)):
        yield [name, value, ""]


def _liability_lines(owed: dict[str, Any] | None) -> Iterator[list[Cell]]:
    if owed is not None:
        for name in ("typical", "highest", "expected"):
            amount = from_minor(owed[f"{name}_minor"], owed["currency"])
            yield [f"liability_{name}", amount, owed["currency"].upper()]


def _figures(month: str, before: ClosedMonth | None) -> dict[str, Any]:
    first, last = books.days_of(month)
    moved = books.totals_between(first, last)
    opening: Counter[str] = Counter(before.figures["closing"] if before else {})  # the first has the first sealed day
    closing = Counter(opening)
    for (_kind, group), points in moved.items():
        closing[group] += points
    outstanding = books.held_by_people(closing)
    rates, broken = catalogue_rates(), books.breakage(last)
    return {
        "opening": {group: opening[group] for group in books.GROUPS},
        "moved": {f"{kind} {group}": points for (kind, group), points in sorted(moved.items())},
        "closing": {group: closing[group] for group in books.GROUPS},
        "summary": asdict(books.figures_of(moved)),
        "outstanding": outstanding,
        "breakage": str(broken) if broken is not None else None,
        "rate": str(rates.typical) if rates else None,
        "liability": asdict(liability(outstanding, rates, broken)) if rates else None,
    }


def _last_seal(month: str) -> Seal | None:
    """The seal of the month's last day."""
    return db.session.scalar(select(Seal).where(Seal.day == books.days_of(month)[1]))


def _newest() -> ClosedMonth | None:
    return db.session.scalar(select(ClosedMonth).order_by(ClosedMonth.month.desc()).limit(1))


def _digest(month: str, chain: str, figures: dict[str, Any], previous: str) -> str:
    return hashlib.sha256(canonical([month, chain, figures, previous])).hexdigest()


@also_audits
def _closed_months_are_as_closed() -> Found:
    """Each closed month follows the one before, and its figures are those of its sealed days."""
    before: ClosedMonth | None = None
    for row in db.session.scalars(select(ClosedMonth).order_by(ClosedMonth.month)):
        previous = before.digest if before else GENESIS
        if row.previous != previous or row.digest != _digest(row.month, row.chain, row.figures, row.previous):
            yield f"month {row.month}", "was changed after it was closed"
        again = _figures(row.month, before)
        for part in ("opening", "moved", "closing", "summary", "outstanding"):
            if again[part] != row.figures[part]:
                yield f"month {row.month}", f"{part} is not what its days add up to"
        seal = db.session.get(Seal, row.seal_number)
        if seal is None or seal.chain != row.chain:
            yield f"month {row.month}", "is chained to another seal than its last day's"
        before = row
