"""What we remember of networks' servers: what runs there, and a breaker that leaves one in trouble alone.

Source: PROMISES P-34.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.jobs import lanes
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.shares.models import NetworkHost

KNOWN_FOR = timedelta(days=7)
NOT_A_SERVER_FOR = timedelta(hours=1)
OUTAGES_BEFORE_REST = 5
REST_FIRST = timedelta(minutes=1)
REST_MAX = timedelta(minutes=15)
FEDIVERSE = "mastodon"


class StoredHosts:
    """The memory of what runs where, in the database (platforms.reading.HostMemory)."""

    def software_of(self, host: str) -> str | None:
        known = db.session.get(NetworkHost, (FEDIVERSE, host))
        if known is None or known.software_until is None or known.software_until <= clock.now():
            return None
        return known.software

    def remember(self, host: str, software: str) -> None:
        end_reading()
        with unit_of_work():
            row = _held_row(FEDIVERSE, host)
            row.software = software
            row.software_until = clock.now() + (KNOWN_FOR if software else NOT_A_SERVER_FOR)


def software_by_host(now: datetime) -> dict[str, str]:
    """What is known to run where; nothing while there is no database."""
    if not inspect(db.engine).has_table(NetworkHost.__tablename__):
        return {}
    known = select(NetworkHost.host, NetworkHost.software).where(
        NetworkHost.platform == FEDIVERSE, NetworkHost.software_until > now, NetworkHost.software != ""
    )
    return {host: software for host, software in db.session.execute(known) if software}


def resting_until(platform: str, host: str, now: datetime) -> datetime | None:
    """Until when this server is left alone; None when it may be asked."""
    row = db.session.get(NetworkHost, (platform, host))
    return row.rest_until if row and row.rest_until and row.rest_until > now else None


def note_outage(platform: str, host: str, *, retry_after_seconds: int | None, now: datetime) -> None:
    """A read failed because of the server. Too many in a row, or its own wish, give it a rest; planned looks wait."""
    row = _held_row(platform, host)
    row.outages += 1
    rest = timedelta(seconds=retry_after_seconds or 0)
    if row.outages >= OUTAGES_BEFORE_REST:
        rest = max(rest, REST_FIRST * 2 ** min(row.outages - OUTAGES_BEFORE_REST, 8))
    if rest:
        row.rest_until = max(row.rest_until or now, now + min(rest, REST_MAX))
        lanes.close(lane_of(platform, host), row.rest_until)


def note_answer(platform: str, host: str) -> None:
    """It answers: whatever went wrong before is forgotten."""
    row = db.session.get(NetworkHost, (platform, host))
    if row is not None and row.outages:
        row = _held_row(platform, host)  # the server before its lane, as `note_outage` does
        row.outages, row.rest_until = 0, None
        lanes.reopen(lane_of(platform, host))


def lane_of(platform: str, host: str) -> str:
    """The lane in which planned looks at this server wait for each other."""
    return f"{platform}:{host}"


def _held_row(platform: str, host: str) -> NetworkHost:
    """Its row, made if need be, and held until the transaction ends: looks fail and come back at the same moment."""
    insert = postgresql_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"platform": platform, "host": host, "outages": 0}
    db.session.execute(insert(NetworkHost).values(values).on_conflict_do_nothing())
    return db.session.get_one(NetworkHost, (platform, host), with_for_update=True, populate_existing=True)
