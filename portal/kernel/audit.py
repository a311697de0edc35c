"""The audit trail: who did what to what, before and after, when and why; append-only and hash-chained (P-20)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Identity, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import ID_LENGTH, Base
from portal.kernel.database import make_append_only

CHAIN_LOCK = 7_205_001
"""Key of the PostgreSQL advisory lock that puts entries in one line; SQLite has one writer anyway."""

GENESIS = "0" * 64


class AuditEntry(Base):
    """One staff or security action."""

    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(db.Integer, "sqlite"),
        Identity(always=False),
        primary_key=True,
    )
    at: Mapped[datetime]
    actor_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    """The person's id, or None for the operators' commands and the portal itself. No foreign key: it outlives them."""
    action: Mapped[str] = mapped_column(String(80))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(80))
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(Text)
    chained: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the entry before and this one."""

    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id"),)


make_append_only(AuditEntry)


def audit(
    action: str,
    subject: tuple[str, str],
    *,
    actor_id: str | None,
    why: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry in the open transaction. `action` is a stable code like `share.declined`."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    last = db.session.scalar(select(AuditEntry.chained).order_by(AuditEntry.number.desc()).limit(1))
    entry = AuditEntry(
        at=clock.now(),
        actor_id=actor_id,
        action=action,
        subject_kind=subject[0],
        subject_id=subject[1],
        before=before or {},
        after=after or {},
        why=why,
    )
    entry.chained = _chain(last or GENESIS, entry)
    db.session.add(entry)
    db.session.flush()
    return entry


def _chain(before: str, entry: AuditEntry) -> str:
    content = [
        before, entry.at.isoformat(timespec="microseconds"), entry.actor_id, entry.action, entry.subject_kind,
        entry.subject_id, entry.before, entry.after, entry.why,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_altered() -> int | None:
    """The number of the first entry that doesn't fit its chain, or None when all do."""
    before = GENESIS
    for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.number)).yield_per(1000):
        if entry.chained != _chain(before, entry):
            return entry.number
        before = entry.chained
    return None


def entries_about(subject: tuple[str, str]) -> list[tuple[str, AuditEntry]]:
    """All entries about `subject`, oldest first, each with the chain value of the one before it."""
    mine = select(AuditEntry).where(AuditEntry.subject_kind == subject[0], AuditEntry.subject_id == subject[1])
    return [(_chained_before(entry), entry) for entry in db.session.scalars(mine.order_by(AuditEntry.number)).all()]


def fits_its_chain(before: str, entry: AuditEntry) -> bool:
    """Is `entry` what was chained after `before`? Needs no database."""
    return entry.chained == _chain(before, entry)


def _chained_before(entry: AuditEntry) -> str:
    query = select(AuditEntry.chained).where(AuditEntry.number < entry.number)
    return db.session.scalar(query.order_by(AuditEntry.number.desc()).limit(1)) or GENESIS
