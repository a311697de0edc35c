"""What resembles a post: other shares' texts and pictures, and the mission's own share kit.

Disclosure, tag and mentions are what every post of a mission has, so they are taken away before words are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from portal.extensions import db
from portal.missions.disclosure_texts import CAPTION_LANGUAGES, first_line
from portal.missions.models import Mission
from portal.shares import picture_likeness, prints
from portal.shares.checks.history import History, Resembling
from portal.shares.checks.phrases import plain
from portal.shares.likeness import NEARLY_THE_SAME, normalised, shingles, sketch
from portal.shares.models import Evidence, Share, ShareState
from portal.shares.picture_likeness import PictureHash
from portal.shares.platforms.reading import Post, Relation, Trouble

FOUND_MAX = 10
PERCENT = 100


@dataclass(frozen=True)
class Pictures:
    """The pictures of a post, as far as they could be looked at."""

    shown: int = 0
    hashes: tuple[PictureHash, ...] = ()
    plain: int = 0
    """Looked at, and with nothing in them to recognise."""
    kit: int = 0
    """Of `hashes`, how many are the share kit's."""

    @property
    def seen(self) -> int:
        return len(self.hashes) + self.plain


def own_words(text: str, mission: Mission, country: str) -> str:
    """`text` without the disclosure, the tag and the mentions that the mission asks for of a fan in `country`."""
    brand = current_app.config["SETTINGS"].brand_name
    lines = {
        first_line(jurisdiction=mission.jurisdiction, country=country, language=language, brand=brand)
        for language in CAPTION_LANGUAGES
    }
    rest = plain(text)
    for line in sorted((*lines, mission.required_tag, *mission.required_mentions), key=len, reverse=True):
        if line:
            rest = rest.replace(plain(line), " ")
    return rest


def history_of(share: Share, post: Post, pictures: Pictures) -> History:
    """Look up what resembles `post`. Reads only, along indexes."""
    words = _words_of(post, share)
    texts = {
        share_id: round(likeness * PERCENT)
        for share_id, likeness in prints.sketches_like(sketch(words), beside=share.id).items()
        if likeness >= NEARLY_THE_SAME
    }
    images: dict[str, int] = {}
    for each in pictures.hashes:
        for share_id, bits in prints.pictures_like(each, beside=share.id).items():
            percent = round((1 - bits / picture_likeness.BITS) * PERCENT)
            images[share_id] = max(percent, images.get(share_id, 0))
    return History(
        texts=_resembling(share, texts), pictures=() if pictures.kit else _resembling(share, images),
        own_posts=_own_posts(share, post.about_key), own_letters=len(normalised(words).replace(" ", "")),
        kit_percent=_kit_percent(words, share.mission), kit_pictures=pictures.kit, pictures_shown=pictures.shown,
        pictures_seen=pictures.seen,
    )  # fmt: skip


def keep_prints(share: Share, post: Post, pictures: Sequence[PictureHash], *, now: datetime) -> None:
    """File how the post looks, for those that come after it."""
    prints.file_prints(share, sketch=sketch(_words_of(post, share)), pictures=pictures, now=now)


def _words_of(post: Post, share: Share) -> str:
    """What its author wrote: nothing, where somebody else's post was passed on as it is."""
    if post.relation is Relation.REPOST:
        return ""
    return own_words(post.text, share.mission, share.person.country)


def _resembling(share: Share, found: Mapping[str, int]) -> tuple[Resembling, ...]:
    """Those that still count for something: what was withdrawn or declined is no older share."""
    most = sorted(found, key=lambda share_id: (-found[share_id], share_id))[:FOUND_MAX]
    if not most:
        return ()
    rows = {
        row.id: row
        for row in db.session.execute(
            select(Share.id, Share.person_id, Share.state, Share.award_id).where(
                Share.id.in_(most), Share.state.not_in((ShareState.REJECTED, ShareState.WITHDRAWN))
            )
        )
    }
    gone = _gone([share_id for share_id in most if share_id in rows])
    return tuple(
        Resembling(
            share_id, rows[share_id].person_id == share.person_id, found[share_id], rows[share_id].award_id is not None,
            share_id in gone or rows[share_id].state == ShareState.REVOKED,
        )
        for share_id in most if share_id in rows
    )  # fmt: skip


def _gone(share_ids: Sequence[str]) -> set[str]:
    """Those whose post was gone when it was last looked at. Leans on `ix_evidence_share`."""
    in_time = db.session.execute(
        select(Evidence.share_id, Evidence.status).where(Evidence.share_id.in_(share_ids))
        .order_by(Evidence.seen_at, Evidence.id)
    )  # fmt: skip
    latest = {row.share_id: row.status for row in in_time}
    return {share_id for share_id, status in latest.items() if status == Trouble.GONE}


def _own_posts(share: Share, about_key: str) -> frozenset[str]:
    """The post that this one is about, where it is the person's own and was handed in before."""
    if not about_key:
        return frozenset()
    mine = select(Share.id).where(Share.post_key == about_key, Share.person_id == share.person_id, Share.id != share.id)
    return frozenset({about_key}) if db.session.scalar(mine.limit(1)) else frozenset()


def _kit_percent(words: str, mission: Mission) -> int:
    """How much of `words` stands in one of the share kit's captions."""
    own = shingles(words)
    if not own or not mission.captions:
        return 0
    return max(round(len(own & shingles(caption.text)) / len(own) * PERCENT) for caption in mission.captions)
