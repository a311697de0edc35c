"""What posts look like, filed so that what resembles another is found along an index, however many there are.

A text is filed by the MinHash sketch of its own words, a picture by its perceptual hash; both in bands, so that alike
ones share a row. Neither gives the text or the picture back. Of each band only the newest few are looked at, so a post
that thousands copied costs no more than any other. Two that are checked in the same moment may miss each other: what
is found is a flag for a person, never a lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, delete, insert, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.kernel.base import Base, one_of
from portal.shares import picture_likeness
from portal.shares.models import Share
from portal.shares.picture_likeness import PictureHash

ROWS_A_BAND = 2
"""Numbers of a sketch in one band: with 16 bands, what is alike by 0.6 shares one in 999 of 1,000 cases."""
NEWEST_A_BAND = 20


class PrintKind(StrEnum):
    TEXT = "text"
    PICTURE = "picture"


class TextPrint(Base):
    """The sketch of a share's own words."""

    __tablename__ = "text_print"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    sketch: Mapped[list[int]] = mapped_column(JSON)
    filed_at: Mapped[datetime]


class PicturePrint(Base):
    """The hash of one of a share's pictures."""

    __tablename__ = "picture_print"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    likeness: Mapped[str] = mapped_column(String(32))
    """`PictureHash.as_text`."""
    filed_at: Mapped[datetime]


class PrintBand(Base):
    """Where a print is looked up. The primary key is the index: kind, band, then the newest share last."""

    __tablename__ = "print_band"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    band: Mapped[str] = mapped_column(String(32), primary_key=True)
    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True, index=True)

    __table_args__ = (one_of("kind", PrintKind),)


def text_bands(sketch: Sequence[int]) -> tuple[str, ...]:
    """What a sketch is filed under; none for a text without words."""
    pairs = range(0, len(sketch) - ROWS_A_BAND + 1, ROWS_A_BAND)
    return tuple(f"{at}:{'.'.join(f'{each:x}' for each in sketch[at : at + ROWS_A_BAND])}" for at in pairs)


def file_prints(share: Share, *, sketch: Sequence[int], pictures: Sequence[PictureHash], now: datetime) -> None:
    """Keep how this share's post looks now, in place of how it looked before."""
    # Rows and no objects: a session that holds thousands of them would look through them at each of these.
    for table in (TextPrint, PicturePrint, PrintBand):
        old = delete(table).where(table.share_id == share.id)
        db.session.execute(old, execution_options={"synchronize_session": False})
    bands = {(PrintKind.TEXT.value, band) for band in text_bands(sketch)}
    bands |= {(PrintKind.PICTURE.value, band) for picture in pictures for band in picture_likeness.bands(picture)}
    rows: tuple[tuple[type[Base], list[dict[str, Any]]], ...] = (
        (TextPrint, [{"sketch": list(sketch), "filed_at": now}] if sketch else []),
        (
            PicturePrint,
            [{"place": at, "likeness": each.as_text(), "filed_at": now} for at, each in enumerate(pictures)],
        ),
        (PrintBand, [{"kind": kind, "band": band} for kind, band in sorted(bands)]),
    )
    for kept, values in rows:
        if values:
            db.session.execute(insert(kept.__table__), [{**row, "share_id": share.id} for row in values])  # type: ignore[arg-type]


def sketches_like(sketch: Sequence[int], *, beside: str = "") -> Mapping[str, float]:
    """By share, how alike its words are (0 to 1), of those that might be; `beside`: a share that is left out."""
    ids = _sharing(PrintKind.TEXT, text_bands(sketch)) - {beside}
    rows = db.session.execute(select(TextPrint.share_id, TextPrint.sketch).where(TextPrint.share_id.in_(ids)))
    return {share_id: _agreement(sketch, other) for share_id, other in rows}


def pictures_like(picture: PictureHash, *, beside: str = "") -> Mapping[str, int]:
    """By share, in how many bits its most alike picture differs, of those that are alike."""
    ids = _sharing(PrintKind.PICTURE, picture_likeness.probes(picture)) - {beside}
    rows = db.session.execute(
        select(PicturePrint.share_id, PicturePrint.likeness).where(PicturePrint.share_id.in_(ids))
    )
    found: dict[str, int] = {}
    for share_id, likeness in rows:
        bits = picture_likeness.distance_bits(picture, PictureHash.from_text(likeness))
        if bits <= picture_likeness.ALIKE_BITS_MAX:
            found[share_id] = min(bits, found.get(share_id, bits))
    return found


def _sharing(kind: PrintKind, bands: Iterable[str]) -> set[str]:
    """Shares filed under one of `bands`, the newest few of each. One read along the primary key for each band."""
    parts = [
        select(
            select(PrintBand.share_id)
            .where(PrintBand.kind == kind, PrintBand.band == band)
            .order_by(PrintBand.share_id.desc())
            .limit(NEWEST_A_BAND)
            .subquery()
        )
        for band in bands
    ]
    return set(db.session.scalars(union_all(*parts))) if parts else set()


def _agreement(one: Sequence[int], other: Sequence[int]) -> float:
    if len(one) != len(other) or not one:
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
