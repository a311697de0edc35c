"""Writes that are safe to repeat (P-25): same key and content, first answer again.

A form carries a key that was made when it was shown. The view asks `first_answer` and, after the verb, calls
`remember`, both inside its unit of work: two requests at once are settled by the table's primary key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import String, Text, delete
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import ID_LENGTH, Base, violation_raises

KEPT_FOR = timedelta(hours=48)
KEY_LENGTH_MAX = 64


class AnsweredRequest(Base):
    """The answer that was given to one caller's key."""

    __tablename__ = "answered_request"

    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH_MAX), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime] = mapped_column(index=True)


class KeyReused(Exception):
    """The same key came with other content, or its first request is still running: answer 409."""


def fingerprint(action: str, content: Mapping[str, object]) -> str:
    """A digest of what was asked for; the CSRF token and the key itself don't belong into `content`."""
    asked = json.dumps([action, dict(content)], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()


def first_answer(person_id: str, key: str, print_: str) -> str | None:
    """The address that the first request with this key was sent to, or None. Raises KeyReused."""
    known = db.session.get(AnsweredRequest, (person_id, _as_kept(key)))
    if known is None:
        return None
    if known.fingerprint != print_:
        raise KeyReused
    return known.location


def remember(person_id: str, key: str, print_: str, location: str) -> None:
    """Keep the answer in the open transaction. Raises KeyReused when another request was faster."""
    db.session.add(
        AnsweredRequest(
            person_id=person_id, key=_as_kept(key), fingerprint=print_, location=location, answered_at=clock.now()
        )
    )  # fmt: skip
    with violation_raises(KeyReused()):
        db.session.flush()


def _as_kept(key: str) -> str:
    """Ours are short. One that somebody made up is as long as they like, and just as good: its digest stands for it."""
    return key if len(key) <= KEY_LENGTH_MAX else hashlib.sha256(key.encode()).hexdigest()


@jobs.every(timedelta(hours=6), "forget_answers")
def _forget(_lease: jobs.Lease) -> None:
    db.session.execute(delete(AnsweredRequest).where(AnsweredRequest.answered_at < clock.now() - KEPT_FOR))
