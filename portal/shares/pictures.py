"""Pictures that fans hand in: remade and stored first, with no transaction open, then kept with their claim.

The files lie in a folder of their own that `/files` never serves: their owner and staff who review reach them through
routes that ask who they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import Select, func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.files import PRIVATE_FOLDER, FileMissing, Files
from portal.kernel.images import ENDING, remake
from portal.kernel.unit_of_work import after_commit
from portal.missions.claim_models import Claim
from portal.shares.handed_in_models import HandedPicture, PictureUse
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.picture_likeness import hash_bytes

PICTURES_MAX = 8
"""Of one claim: as many as somebody looks at."""
ALT_LENGTH_MAX = 300


class TooManyPictures(Exception):
    """There is no room for another one; nothing was changed."""

    sentence: LazyString = _l("Eight pictures are the most for one mission. Take one out first.")


@dataclass(frozen=True)
class Remade:
    """An upload as it was stored."""

    file: str
    thumbnail: str
    width_pixels: int
    height_pixels: int
    digest: str
    likeness: str


def remake_and_store(upload: bytes) -> Remade:
    """Both renditions, in the private folder. No transaction may be open. Raises kernel.images.ImageRefused."""
    picture = remake(upload)
    hashed = hash_bytes(picture.thumbnail.data)
    files = _files()
    return Remade(
        file=files.put(picture.full.data, folder=PRIVATE_FOLDER, ending=ENDING),
        thumbnail=files.put(picture.thumbnail.data, folder=PRIVATE_FOLDER, ending=ENDING),
        width_pixels=picture.full.width_pixels, height_pixels=picture.full.height_pixels,
        digest=hashlib.sha256(picture.full.data).hexdigest(), likeness=hashed.as_text() if hashed else "",
    )  # fmt: skip


def throw_away(remade: Remade) -> None:
    """Its row could not be kept: the files go too."""
    _delete_files(remade.file, remade.thumbnail)


def keep_picture(
    claim: Claim, remade: Remade, *, person: Person, use: PictureUse, alt: str, share: Share | None = None,
    now: datetime,
) -> HandedPicture:  # fmt: skip
    """Keep a stored picture with the claim, or at once with its share. The same picture twice is kept once.

    Raises TooManyPictures; then, and when it is there already, its files are the caller's to `throw_away`.
    """
    db.session.execute(select(Claim.id).where(Claim.id == claim.id).with_for_update())
    waiting = _waiting(claim, share)
    known = next((each for each in db.session.scalars(waiting) if each.digest == remade.digest), None)
    if known is not None:
        known.alt = alt[:ALT_LENGTH_MAX] or known.alt
        return known
    if (db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0) >= PICTURES_MAX:
        raise TooManyPictures
    picture = HandedPicture(
        claim_id=claim.id, share_id=share.id if share else None, person_id=person.id, use=use, file=remade.file,
        thumbnail=remade.thumbnail, alt=alt[:ALT_LENGTH_MAX], width_pixels=remade.width_pixels,
        height_pixels=remade.height_pixels, digest=remade.digest, likeness=remade.likeness, stored_at=now,
    )  # fmt: skip
    db.session.add(picture)
    db.session.flush()
    return picture


def describe(pictures: Iterable[HandedPicture], alts: Mapping[str, str]) -> None:
    """Take over what was typed about them, by their ids."""
    for picture in pictures:
        if picture.id in alts:
            picture.alt = alts[picture.id].strip()[:ALT_LENGTH_MAX]
    db.session.flush()


def may_take_out(picture: HandedPicture) -> bool:
    """Only while nobody decides over it."""
    return picture.share is None or picture.share.state == ShareState.NEEDS_FIX


def take_out(picture: HandedPicture) -> None:
    """Forget a picture; its files go once that is committed."""
    file, thumbnail = picture.file, picture.thumbnail
    db.session.delete(picture)
    db.session.flush()
    after_commit(lambda: _delete_files(file, thumbnail))


def hand_over(claim: Claim, share: Share) -> Sequence[HandedPicture]:
    """What waited with the claim belongs to its share from now on."""
    waiting = waiting_with(claim)
    for picture in waiting:
        picture.share_id = share.id
    db.session.flush()
    return waiting


def hand_back(share: Share) -> None:
    """The share was taken back by its owner: its pictures wait with the claim again. Not those of a post: see
    `screenshots.forget`.
    """
    if share.form == ShareForm.POST:
        return
    for picture in pictures_of(share.id):
        picture.share_id = None
    db.session.flush()


def waiting_with(claim: Claim) -> Sequence[HandedPicture]:
    """Pictures that no share has yet, as they were added. Leans on `ix_handed_picture_claim_id`."""
    return db.session.scalars(_waiting(claim, None).order_by(HandedPicture.id)).all()


def pictures_of(share_id: str) -> Sequence[HandedPicture]:
    """Those of a share, as they were added. Leans on `ix_handed_picture_share_id`."""
    return db.session.scalars(
        select(HandedPicture).where(HandedPicture.share_id == share_id).order_by(HandedPicture.id)
    ).all()


def picture_of(person_id: str, picture_id: str) -> HandedPicture | None:
    """That person's picture; None for anybody else's."""
    return db.session.scalar(
        select(HandedPicture).where(HandedPicture.id == picture_id, HandedPicture.person_id == person_id)
    )


def _waiting(claim: Claim, share: Share | None) -> Select[HandedPicture]:
    of_claim = select(HandedPicture).where(HandedPicture.claim_id == claim.id)
    return of_claim.where(HandedPicture.share_id == share.id if share else HandedPicture.share_id.is_(None))


def _delete_files(*keys: str) -> None:
    for key in keys:
        with suppress(FileMissing):
            _files().delete(key)


def _files() -> Files:
    files: Files = current_app.extensions["portal_files"]
    return files
