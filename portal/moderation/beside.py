"""A post that we can't read, as its owner shows it, and beside it what is known: for the person who looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Person
from portal.extensions import db
from portal.missions.disclosure_texts import first_line
from portal.moderation.models import Case
from portal.shares import screenshots
from portal.shares.handed_in_models import AlikePicture, HandedPicture, PictureUse
from portal.shares.models import Share, ShareForm

EARLIER_MAX = 4


@dataclass(frozen=True)
class Beside:
    """`alike`: by picture, those of other shares that look like it, with whose they are; a flag, never a verdict."""

    pictures: Sequence[HandedPicture] = ()
    words: str = ""
    alike: Mapping[str, Sequence[Row[*tuple[Any, ...]]]] = field(default_factory=dict)
    earlier: Sequence[Row[*tuple[Any, ...]]] = ()
    """The person's screenshots of other shares on the same network, the newest first: they show the same account."""
    disclosure: str = ""
    """The words that the kit gave for saying that one is rewarded."""

    def __bool__(self) -> bool:
        return bool(self.pictures or self.words)


def beside_of(share: Share) -> Beside:
    """Gather it: two look-ups for a post without screenshots, four queries for one with them."""
    if share.form != ShareForm.POST:
        return Beside()
    pictures, words = screenshots.screenshots_of(share), screenshots.words_of(share)
    if not pictures:
        return Beside(words=words)
    disclosure = first_line(
        jurisdiction=share.mission.jurisdiction, country=share.person.country, language=share.person.locale,
        brand=current_app.config["SETTINGS"].brand_name,
    )  # fmt: skip
    return Beside(pictures, words, _alike([each.id for each in pictures]), _earlier(share), disclosure)


def _alike(ids: Sequence[str]) -> Mapping[str, Sequence[Row[*tuple[Any, ...]]]]:
    """Found when the later of the two came, and told on both sides."""
    found: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for mine, theirs in ((AlikePicture.picture_id, AlikePicture.other_id),
                         (AlikePicture.other_id, AlikePicture.picture_id)):  # fmt: skip
        for row in db.session.execute(
            select(
                mine.label("mine_id"), HandedPicture.id, HandedPicture.alt, HandedPicture.stored_at,
                HandedPicture.person_id, Person.display_name, AlikePicture.bits, Share.state, _case_of_share(),
            )
            .join(HandedPicture, HandedPicture.id == theirs)
            .join(Share, Share.id == HandedPicture.share_id)
            .join(Person, Person.id == HandedPicture.person_id)
            .where(mine.in_(ids))
            .order_by(AlikePicture.bits, HandedPicture.id.desc())
        ):  # fmt: skip
            found.setdefault(row.mine_id, []).append(row)
    return found


def _earlier(share: Share) -> Sequence[Row[*tuple[Any, ...]]]:
    """Leans on `ix_handed_picture_person_id`."""
    return db.session.execute(
        select(HandedPicture.id, HandedPicture.alt, HandedPicture.stored_at, Share.state, _case_of_share())
        .join(Share, Share.id == HandedPicture.share_id)
        .where(
            HandedPicture.person_id == share.person_id, HandedPicture.use == PictureUse.EVIDENCE,
            Share.id != share.id, Share.platform == share.platform,
        )
        .order_by(HandedPicture.id.desc())
        .limit(EARLIER_MAX)
    ).all()  # fmt: skip


def _case_of_share() -> Any:
    """The newest case of the share in the row, if there is one."""
    case = aliased(Case)
    return select(func.max(case.id)).where(case.share_id == Share.id).scalar_subquery().label("case_id")
