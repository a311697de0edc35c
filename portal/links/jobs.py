"""Rolls spooled clicks up into days."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.links.models import ClickDay, OwnVisitor, SpoolRead, TrackedLink, VisitorDay
from portal.links.own_visits import note_own_visitors
from portal.links.spool import Spool, hour_of
from portal.links.visitors import CONNECTION_LENGTH, DIGEST_LENGTH

ROLL_UP_EVERY = timedelta(minutes=1)
CHUNK_BYTES = 1024 * 1024
MINUTES_OF_DAY = 24 * 60
KEEP_VISITORS = timedelta(days=2)
"""A day is closed when no spool of it can be left; then its visitors' digests are forgotten."""

log = structlog.get_logger()


@jobs.every(ROLL_UP_EVERY, "roll_up_clicks")
def roll_up_clicks(_lease: jobs.Lease) -> None:
    """Count what was spooled since the last time.

    How far a file was read is written in the same transaction, so a crash counts nothing twice. A file is removed in
    the round after it was read to its end.
    """
    spool: Spool = current_app.extensions["portal_click_spool"]
    now = clock.now()
    for path in spool.files():
        _roll_up_file(path, now)


def _roll_up_file(path: Path, now: datetime) -> None:
    read = db.session.get(SpoolRead, path.name) or SpoolRead(name=path.name, bytes_read=0, read_at=now)
    with path.open("rb") as file:
        file.seek(read.bytes_read)
        data = file.read(CHUNK_BYTES)
    whole = data[: data.rfind(b"\n") + 1]
    if whole:
        count_lines(whole.decode(errors="replace").splitlines())
        read.bytes_read, read.read_at = read.bytes_read + len(whole), now
        db.session.add(read)
    elif hour_of(path) < f"{now - timedelta(hours=1):%Y%m%dT%H}":
        # Its hour is long over, so nobody writes to it any more.
        path.unlink(missing_ok=True)
        db.session.execute(delete(SpoolRead).where(SpoolRead.name == path.name))


@dataclass(frozen=True)
class Line:
    """One line of the spool: a click, or that a person used the portal (`own`)."""

    day: date
    link_id: str
    visitor: str
    connection: str = ""
    minute: int = 0
    odd: bool = False
    own: bool = False

    @classmethod
    def read(cls, text: str) -> Line:
        """From `day link visitor connection minute odd`, or `day =person visitor`. Raises ValueError."""
        parts = text.split(" ")
        if len(parts) not in (3, 6) or len(parts[2]) != DIGEST_LENGTH:
            raise ValueError(text)
        day = date.fromisoformat(parts[0])
        if parts[1].startswith("="):
            return cls(day, parts[1][1:], parts[2], own=True)
        if len(parts) == 3:
            return cls(day, parts[1], parts[2])
        if len(parts[3]) != CONNECTION_LENGTH or not parts[4].isdigit() or int(parts[4]) >= MINUTES_OF_DAY:
            raise ValueError(text)
        return cls(day, parts[1], parts[2], parts[3], int(parts[4]), parts[5] == "1")


def count_lines(lines: list[str]) -> None:
    """Add clicks to their days, and note who used the portal. Damaged lines and unknown links are left out."""
    clicks: Counter[tuple[str, date]] = Counter()
    visitors: dict[tuple[str, date], dict[str, Line]] = defaultdict(dict)
    own: set[tuple[date, str, str]] = set()
    for text in lines:
        try:
            line = Line.read(text)
        except ValueError:
            log.warning("click_line_damaged")
            continue
        if line.own:
            own.add((line.day, line.visitor, line.link_id))
        else:
            clicks[line.link_id, line.day] += 1
            visitors[line.link_id, line.day].setdefault(line.visitor, line)
    note_own_visitors(own)
    known = set(db.session.scalars(select(TrackedLink.id).where(TrackedLink.id.in_({link for link, _ in clicks}))))
    for (link_id, day), count in sorted(clicks.items()):
        if link_id in known:
            new = _new_visitors(link_id, day, visitors[link_id, day])
            _add(link_id, day, visitors=new, clicks=count)


def _new_visitors(link_id: str, day: date, came: dict[str, Line]) -> int:
    rows = [
        {
            "link_id": link_id, "day": day, "visitor": visitor, "connection": line.connection, "minute": line.minute,
            "unlike_a_person": line.odd,
        }
        for visitor, line in sorted(came.items())
    ]  # fmt: skip
    statement = _insert(VisitorDay).values(rows).on_conflict_do_nothing().returning(VisitorDay.visitor)
    return len(db.session.scalars(statement).all())


def _add(link_id: str, day: date, *, visitors: int, clicks: int) -> None:
    statement = _insert(ClickDay).values(link_id=link_id, day=day, visitors=visitors, clicks=clicks)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["link_id", "day"],
            set_={"visitors": ClickDay.visitors + visitors, "clicks": ClickDay.clicks + clicks},
        )
    )


def _insert(table: type[VisitorDay] | type[ClickDay]) -> PostgresInsert | SqliteInsert:
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


@jobs.every(timedelta(hours=6), "forget_visitors")
def forget_visitors(_lease: jobs.Lease) -> None:
    """Throw away the digests of days that are closed: after that nobody can tell who followed a link."""
    for table in (VisitorDay, OwnVisitor):
        db.session.execute(delete(table).where(table.day < (clock.now() - KEEP_VISITORS).date()))
