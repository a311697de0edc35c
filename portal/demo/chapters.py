"""How far the demo data came: each chapter notes itself in the audit trail, in the transaction that made it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.kernel.audit import AuditEntry, audit

ACTION = "demo.chapter_loaded"
HOUSE, PEOPLE, PLACES, SEASON, BOOKS, MESSAGES = "house", "people", "places", "season", "books", "messages"
ALL = (HOUSE, PEOPLE, PLACES, SEASON, BOOKS, MESSAGES)


def told() -> set[str]:
    """The chapters that are there."""
    return set(db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == ACTION)))


def note(chapter: str, *, now: datetime) -> None:
    """This chapter is there, told as of `now`."""
    audit(ACTION, ("demo", chapter), actor_id=None, why="demo data", after={"now": now.isoformat()})


def told_as_of() -> datetime | None:
    """The moment from which the first chapter counted its days: later ones have to count from the same."""
    first = select(AuditEntry.after).where(AuditEntry.action == ACTION).order_by(AuditEntry.number).limit(1)
    noted = db.session.scalar(first)
    return datetime.fromisoformat(noted["now"]) if noted else None
