"""Closing days: once a day (UTC) is closed, no movement is posted in it any more, so that it can be sealed.

A clock that is late, or a request that began before midnight and commits after, is posted at the first open moment
instead: nothing is lost, and nothing slips into a sealed day (PROMISES P-33).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select, text

from portal.extensions import db
from portal.points.guards import CLOSING_LOCK
from portal.points.seal_models import Closing

GRACE = timedelta(minutes=15)
"""After midnight, so that clocks a few minutes apart change nobody's day."""
WAIT_MS = 2_000
"""Longest wait for movements that are being written; they queue up behind us meanwhile."""


def close_days(*, now: datetime) -> date | None:
    """Close every day that ended GRACE ago or earlier; gives the last closed one. Safe to repeat.

    Waits until nobody writes a movement. Raises sqlalchemy's OperationalError when somebody takes longer than WAIT_MS:
    the caller tries again later.
    """
    until, known = last_to_close(now), closed_until()
    if known is not None and known >= until:
        return known
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_MS}ms'"))
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CLOSING_LOCK})
        known = closed_until()
        if known is not None and known >= until:
            return known
    db.session.add(Closing(until=until, closed_at=now))
    db.session.flush()
    return until


def closed_until() -> date | None:
    """The last day that is closed. Leans on the primary key."""
    return db.session.scalar(select(func.max(Closing.until)))


def last_to_close(now: datetime) -> date:
    """The last day that ended at least GRACE before `now`."""
    return (now - GRACE).astimezone(UTC).date() - timedelta(days=1)


def first_moment(day: date) -> datetime:
    """Midnight, UTC."""
    return datetime.combine(day, time.min, UTC)
