"""What forms carry as text and anybody can send: numbers, the version of a row that was seen, a moment on a clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_babel import to_utc
from wtforms import DecimalField, IntegerField

DIGITS_MAX = 9
BEYOND_ALL = 10**15
"""More than any number that a form of ours takes, and little enough for every comparison."""
YEARS = range(2000, 2101)


class WholeNumberField(IntegerField):
    """An integer that `NumberRange` can compare: four hundred digits are as much too large as sixteen.

    The validator asks whether the number is a float's NaN, which raises OverflowError for what no float can hold. What
    was typed is shown again as it was.
    """

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = max(-BEYOND_ALL, min(self.data, BEYOND_ALL))


class AmountField(DecimalField):
    """A decimal number that `NumberRange` can compare: what is no finite number is not valid.

    The validator raises ValueError for a signalling NaN, which anybody can type.
    """

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))


def version_in(typed: str | None) -> int:
    """The version that a form says was seen; 0, which no row has, for what is no such number."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) <= DIGITS_MAX else 0


def utc_from_local(local: datetime) -> datetime:
    """The moment at which the reader's clock shows `local`, in UTC.

    Raises ValueError for a year in which nothing of ours can lie: at the calendar's ends some zones lack the moment.
    """
    if local.year not in YEARS:
        raise ValueError(local.year)
    return to_utc(local).replace(tzinfo=UTC)
