"""Looks for pictures that were handed in before, by anybody: the very same, or one that looks like it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select

from portal.extensions import db
from portal.shares.checks.finding import Finding
from portal.shares.handed_in_models import HandedPicture
from portal.shares.models import Share
from portal.shares.picture_likeness import PictureHash, alike
from portal.shares.queries import STANDS

CODE = "new_pictures"
"""The code of the check whose result this is."""
COMPARED_MAX = 20_000
"""The newest ones; each costs a fraction of a microsecond to compare, and reading them some milliseconds."""
NAMED_MAX = 6


def check_pictures(share: Share, pictures: Iterable[HandedPicture]) -> Finding:
    """Passed when none of them was seen before; otherwise unknown, since a person has to say whose picture it is.

    `details` names the earlier pictures for the moderator.
    """
    seen: dict[str, str] = {}
    mine = list(pictures)
    for known_id, digest, likeness in _others(share, {picture.digest for picture in mine}):
        hashed = PictureHash.from_text(likeness) if likeness else None
        for picture in mine:
            if picture.digest == digest or (hashed and _looks_like(picture, hashed)):
                seen[known_id] = picture.id
    if not seen:
        return Finding.passed("new")
    return Finding.unknown("seen_before", pictures=dict(list(seen.items())[:NAMED_MAX]), count=len(set(seen.values())))


def _looks_like(picture: HandedPicture, hashed: PictureHash) -> bool:
    return bool(picture.likeness) and alike(PictureHash.from_text(picture.likeness), hashed)


def _others(share: Share, digests: set[str]) -> Iterable[tuple[str, str, str]]:
    """Pictures of shares that stand, but for this one: the same file however old, and the newest of all others."""
    columns = select(HandedPicture.id, HandedPicture.digest, HandedPicture.likeness).join(
        Share, Share.id == HandedPicture.share_id
    )
    columns = columns.where(Share.id != share.id, STANDS)
    same = columns.where(HandedPicture.digest.in_(digests)).limit(NAMED_MAX)
    newest = columns.where(or_(HandedPicture.likeness != "", HandedPicture.digest.in_(digests)))
    newest = newest.order_by(HandedPicture.id.desc()).limit(COMPARED_MAX)
    for query in (same, newest):
        yield from db.session.execute(query)
