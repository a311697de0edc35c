"""Words that staff don't want beside the brand: a list with reasons, each change of it in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import Base, PublicId, one_of, violation_raises, where
from portal.shares.checks.finding import BrandWord, Severity
from portal.shares.checks.phrases import plain

PLAIN_LENGTH_MAX = 240
"""Of a phrase as it is compared: some signs are written out then."""


class WatchedWord(PublicId, Base):
    """A word or phrase; one that nobody watches for any more is kept, since verdicts were given by it."""

    __tablename__ = "watched_word"

    phrase: Mapped[str] = mapped_column(String(120))
    """As staff typed it."""
    phrase_plain: Mapped[str] = mapped_column(String(PLAIN_LENGTH_MAX))
    """As it is compared."""
    severity: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(300))
    """Why not; fans read it."""
    added_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    added_by: Mapped[Person | None] = relationship()

    __table_args__ = (
        one_of("severity", Severity),
        CheckConstraint("phrase_plain <> ''", name="says_something"),
        Index("a_word_is_watched_once", "phrase_plain", unique=True, **where("retired_at IS NULL")),
    )


class WordRefused(Exception):
    """Nothing was changed. `reason_code`: watched_already, says_nothing, too_long."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


def words_in_force() -> tuple[BrandWord, ...]:
    """What the checks look for, in the order in which it was added."""
    return tuple(BrandWord(word.phrase, word.severity, word.reason) for word in watched_words())


def watched_words() -> Sequence[WatchedWord]:
    """The list as staff see it."""
    query = select(WatchedWord).where(WatchedWord.retired_at.is_(None))
    return db.session.scalars(query.order_by(WatchedWord.added_at, WatchedWord.id)).all()


def watch_word(phrase: str, *, severity: Severity, reason: str, actor: Person, now: datetime) -> WatchedWord:
    """Look for it in every post from now on. Raises WordRefused."""
    compared = plain(phrase)
    if not any(sign.isalnum() for sign in compared):
        raise WordRefused("says_nothing")
    if len(compared) > PLAIN_LENGTH_MAX:
        raise WordRefused("too_long")
    word = WatchedWord(
        phrase=" ".join(phrase.split()), phrase_plain=compared, severity=severity, reason=reason.strip(),
        added_by_id=actor.id, added_at=now,
    )  # fmt: skip
    db.session.add(word)
    with violation_raises(WordRefused("watched_already")):
        db.session.flush()
    audit("word.watched", ("watched_word", word.id), actor_id=actor.id, why=word.reason, after=_told(word))
    return word


def retire_word(word_id: str, *, why: str, actor: Person, now: datetime) -> WatchedWord | None:
    """Look for it no more; once it is retired, nothing happens. None for a word that never was."""
    word = db.session.get(WatchedWord, word_id, with_for_update=True, populate_existing=True)
    if word is not None and word.retired_at is None:
        word.retired_at = now
        db.session.flush()
        audit("word.retired", ("watched_word", word.id), actor_id=actor.id, why=why, before=_told(word))
    return word


def _told(word: WatchedWord) -> dict[str, str]:
    return {"phrase": word.phrase, "severity": word.severity, "reason": word.reason}
