"""Conversions: what the brand's shop tells came of a link, each once, and whether it was taken back.

Told in any order and any number of times, it comes to the same: a conversion that was taken back never counts again,
even where the news of it comes first. What decides is the unique name of the event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.kernel import events
from portal.links.events import ConversionsChanged
from portal.links.models import Conversion, TrackedLink


class News(StrEnum):
    """What the shop says."""

    CONVERSION = "conversion"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True)
class Told:
    """One postback, already proved to be the shop's."""

    news: News
    event_id: str
    code: str
    """Of the link: what stood in the address that the customer came by."""
    happened_at: datetime


class UnknownLink(Exception):
    """No link has this code."""


class OtherLink(Exception):
    """This event was told already, of another link."""


class HeardMeanwhile(Exception):
    """The same event is being written by another request; asked again, it gets its answer."""


def hear(told: Told, *, now: datetime) -> bool:
    """Write down what was told; False when nothing is new. Raises UnknownLink, OtherLink, HeardMeanwhile."""
    link = db.session.scalar(select(TrackedLink).where(TrackedLink.code == told.code))
    if link is None:
        raise UnknownLink
    known = db.session.scalar(select(Conversion).where(Conversion.event_id == told.event_id))
    if known is None:
        _write(told, link, now)
        return True
    if known.link_id != link.id:
        raise OtherLink
    if told.news == News.CONVERSION:
        return False
    return _take_back(known, link, now)


def count_of(link_id: str) -> int:
    """How many came of a link and were not taken back. Leans on `ix_conversion_link`."""
    standing = select(func.count()).where(Conversion.link_id == link_id, Conversion.taken_back_at.is_(None))
    return db.session.scalar(standing) or 0


def _write(told: Told, link: TrackedLink, now: datetime) -> None:
    gone = told.news == News.TAKEN_BACK
    row = Conversion(
        link_id=link.id, event_id=told.event_id, happened_at=told.happened_at, heard_at=now,
        taken_back_at=now if gone else None,
    )  # fmt: skip
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError as twice:
        raise HeardMeanwhile from twice
    if not gone:
        _tell(link, row, taken_back=False)


def _take_back(known: Conversion, link: TrackedLink, now: datetime) -> bool:
    was_standing = db.session.scalar(
        update(Conversion)
        .where(Conversion.id == known.id, Conversion.taken_back_at.is_(None))
        .values(taken_back_at=now)
        .returning(Conversion.id)
        .execution_options(synchronize_session=False)
    )
    if was_standing is None:
        return False
    _tell(link, known, taken_back=True)
    return True


def _tell(link: TrackedLink, row: Conversion, *, taken_back: bool) -> None:
    if link.claim_ref is not None:
        events.record(ConversionsChanged(link.claim_ref, row.id, taken_back))
