"""Answers of public addresses kept between readings, in the database: a recheck of what didn't change costs a 304.

They are kept for as long as a share is usually looked at again, and then forgotten; what a decision rests on is kept as
evidence instead.
"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.fetcher import Remembered
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.shares.models import KeptAnswer

KEPT_FOR = timedelta(days=8)
"""A day more than the pause between two looks at a post in its first week."""
FORGOTTEN_AT_ONCE_MAX = 20


class StoredAnswers:
    """The memory of a fetcher (kernel.fetcher.remembered.AnswerMemory)."""

    def recall(self, url: str) -> Remembered | None:
        row = db.session.get(KeptAnswer, _digest(url))
        found = None
        if row is not None and row.kept_until > clock.now():
            found = Remembered(row.final_url, row.headers, zlib.decompress(row.body))
        end_reading()
        return found

    def keep(self, url: str, answer: Remembered) -> None:
        now = clock.now()
        end_reading()
        with suppress(IntegrityError), unit_of_work():  # another worker, asking at the same moment, kept its own
            _forget_old()
            row = KeptAnswer(
                address_digest=_digest(url), final_url=answer.final_url, headers=dict(answer.headers),
                body=zlib.compress(answer.body), kept_until=now + KEPT_FOR,
            )  # fmt: skip
            db.session.merge(row)


def _forget_old() -> None:
    """A few at a time, whenever one is kept: there are never many more than are in use."""
    old = select(KeptAnswer.address_digest).where(KeptAnswer.kept_until <= clock.now()).limit(FORGOTTEN_AT_ONCE_MAX)
    db.session.execute(delete(KeptAnswer).where(KeptAnswer.address_digest.in_(db.session.scalars(old).all())))


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
