"""A person's weeks in the running season: those in which they handed something in, and those in which they rested.

Nothing is lost by a week of rest, and no number of weeks in a row is counted: a programme that asks for something every
week makes people promote too much.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.accounts.models import Person
from portal.campaigns.models import Campaign
from portal.extensions import db
from portal.shares.models import Share, ShareState

WEEK = timedelta(days=7)
WEEKS_SHOWN = 7
SHARES_MAX = 500
"""More than a season brings of one person; the newest count."""


@dataclass(frozen=True)
class Week:
    """Seven days, counted from the season's first moment."""

    number: int
    is_active: bool
    is_now: bool


@dataclass(frozen=True)
class Rhythm:
    """Since the season began, or since they joined."""

    weeks: list[Week]
    """The last `WEEKS_SHOWN` of them, this one included."""
    active: int
    rested: int
    """Weeks that are over; this one may still become either."""


def rhythm(person: Person, season: Campaign, *, now: datetime) -> Rhythm | None:
    """None for whoever has handed nothing in yet. One query, which leans on `ix_share_person`."""
    handed_in = db.session.scalars(
        select(Share.submitted_at)
        .where(Share.person_id == person.id, Share.state != ShareState.WITHDRAWN)
        .where(Share.submitted_at >= season.starts_at)
        .order_by(Share.submitted_at.desc())
        .limit(SHARES_MAX)
    )
    return rhythm_of(handed_in.all(), starts_at=season.starts_at, joined_at=person.joined_at, now=now)


def rhythm_of(
    handed_in: Iterable[datetime], *, starts_at: datetime, joined_at: datetime, now: datetime
) -> Rhythm | None:
    """Pure: moments in, weeks out. None where none is active."""
    active = {_number(at, starts_at) for at in handed_in}
    if not active:
        return None
    this = _number(now, starts_at)
    weeks = [
        Week(number, number in active, number == this)
        for number in range(max(1, _number(joined_at, starts_at)), this + 1)
    ]
    rested = sum(not week.is_active and not week.is_now for week in weeks)
    return Rhythm(weeks[-WEEKS_SHOWN:], sum(week.is_active for week in weeks), rested)


def _number(at: datetime, starts_at: datetime) -> int:
    return (at - starts_at) // WEEK + 1
