"""When points expire and who may adjust them alone. Pure: no database, no clock."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

FIRST_NOTICE, SECOND_NOTICE = timedelta(days=30), timedelta(days=7)
"""How long before points expire their owner is told, twice."""
NOTICE_MIN = {1: timedelta(days=14), 2: timedelta(days=3)}
"""What is left at least after each notice: one that comes late puts the expiry off."""
TOGETHER = {1: timedelta(days=7), 2: timedelta(days=3)}
"""A notice speaks of what expires within so many days more, so that nobody is told every day."""
GIVEN_BACK_DAYS = timedelta(days=30)
"""Points that were set aside and come back can be spent for so long at least, however old they are."""
CLOCK_SLACK = timedelta(hours=2)
"""Points are taken that much later than they expire, so that a clock an hour ahead takes nothing early (P-33)."""


class ExpiryKind(StrEnum):
    """Never; so many months after they were earned; on a day of the year."""

    NONE = "none"
    ROLLING = "rolling"
    FIXED = "fixed"


@dataclass(frozen=True)
class Expiry:
    """`months`: rolling, how long points last; fixed, how long at least, so that December's last longer than a week."""

    kind: ExpiryKind = ExpiryKind.NONE
    months: int = 0
    fixed_month: int = 12
    fixed_day: int = 31


def expires_at(earned_at: datetime, expiry: Expiry, zone: ZoneInfo) -> datetime | None:
    """The first moment at which points earned then can't be counted on any more: a midnight of `zone`, in UTC.

    The day named is still theirs. A day that a month lacks is its last one.
    """
    if expiry.kind == ExpiryKind.NONE:
        return None
    lasts_until = months_after(earned_at.astimezone(zone).date(), expiry.months)
    if expiry.kind == ExpiryKind.FIXED:
        lasts_until = next(
            day
            for year in (lasts_until.year, lasts_until.year + 1)
            if (day := _day(year, expiry.fixed_month, expiry.fixed_day)) >= lasts_until
        )
    return datetime.combine(lasts_until + timedelta(days=1), time.min, zone).astimezone(UTC)


def months_after(day: date, months: int) -> date:
    """The same day `months` later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return _day(year, month + 1, day.day)


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def after_notice(expires: datetime, notice: int, now: datetime) -> datetime:
    """When points expire once their owner was told for the `notice`th time: never so soon that nobody could act."""
    return max(expires, now + NOTICE_MIN[notice])


def after_giving_back(expires: datetime | None, now: datetime) -> datetime | None:
    """When points expire that were set aside until `now`."""
    return None if expires is None else max(expires, now + GIVEN_BACK_DAYS)


def under_new_rules(before: datetime | None, by_rule: datetime | None, now: datetime) -> datetime | None:
    """When points that somebody has already expire under rules set `now`: never sooner than they were promised.

    What never expired is given three months at least.
    """
    if by_rule is None:
        return None
    return max(before, by_rule) if before is not None else max(by_rule, now + timedelta(days=92))


def needs_second_person(points: int, alone_max: int) -> bool:
    """May one manager book an adjustment of `points` alone? Adding and taking count alike."""
    return abs(points) > alone_max
