"""Months of a statement, on the reader's own calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from flask_babel import get_timezone

from portal.kernel.typed import utc_from_local

MONTHS_MAX = 60
"""How many are offered, the latest first: five years."""


@dataclass(frozen=True, order=True)
class Month:
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def before(self) -> Month:
        return Month(self.year, self.number - 1) if self.number > 1 else Month(self.year - 1, 12)

    @property
    def after(self) -> Month:
        return Month(self.year, self.number + 1) if self.number < 12 else Month(self.year + 1, 1)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its first moment, and the next month's, where the reader lives."""
        begins, ends = (datetime.combine(each.first_day, time.min) for each in (self, self.after))
        return utc_from_local(begins), utc_from_local(ends)


def month_of(at: datetime) -> Month:
    """The month in which `at` lies where the reader lives."""
    here = at.astimezone(get_timezone())
    return Month(here.year, here.month)


def months_between(first: datetime, last: datetime) -> list[Month]:
    """Those of both moments and between them, the latest first."""
    month, until = month_of(last), month_of(first)
    months: list[Month] = []
    while month >= until and len(months) < MONTHS_MAX:
        months.append(month)
        month = month.before
    return months
