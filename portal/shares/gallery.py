"""Works that may be used now: handed in with permission, found to count, and neither taken back nor run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.extensions import db
from portal.kernel.pages import Page, page_of
from portal.shares.handed_in_models import HandedPicture, PictureUse, UsePermission
from portal.shares.models import Share, ShareState

PAGE_LENGTH = 24
COUNTED = (ShareState.VERIFIED, ShareState.SETTLED)


@dataclass(frozen=True)
class Gallery:
    page: Page[HandedPicture]
    permissions: Mapping[str, UsePermission]
    """By share: what its owner allowed, word for word."""


def gallery(cursor: str | None, *, now: datetime) -> Gallery:
    """The newest first. Leans on the primary key, read from its end."""
    with_owner = _usable(now).options(
        joinedload(HandedPicture.share).joinedload(Share.person),
        joinedload(HandedPicture.share).joinedload(Share.mission),
    )
    page = page_of(with_owner, by=[HandedPicture.id], cursor=cursor, length=PAGE_LENGTH)
    shares = {picture.share_id for picture in page.rows}
    found = db.session.scalars(select(UsePermission).where(UsePermission.share_id.in_(shares)))
    return Gallery(page, {permission.share_id: permission for permission in found})


def usable_picture(picture_id: str, *, now: datetime) -> HandedPicture | None:
    """That picture while it may be used; None from the moment on at which it may not."""
    return db.session.scalar(_usable(now).where(HandedPicture.id == picture_id))


def _usable(now: datetime) -> Select[HandedPicture]:
    return (
        select(HandedPicture)
        .join(Share, Share.id == HandedPicture.share_id)
        .join(UsePermission, UsePermission.share_id == HandedPicture.share_id)
        .where(
            HandedPicture.use == PictureUse.WORK,
            Share.state.in_(COUNTED),
            UsePermission.withdrawn_at.is_(None),
            UsePermission.ends_at > now,
        )
    )
