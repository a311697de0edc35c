"""What forms carry as text and anybody can send: the version of a row that was seen, a moment on one's own clock."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import to_utc

DIGITS_MAX = 9
YEARS = range(2000, 2101)


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
