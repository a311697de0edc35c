"""What the community posted: the same posts for Perch, where they can be opened, and for the checks."""

from __future__ import annotations

import base64
import io
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from PIL import Image

from portal.demo import story
from portal.demo.perch import SeededPost, stamp
from portal.demo.story import Member, Told
from portal.demo.timing import Moments
from portal.shares.platforms.reading import Counts, Relation

MASTODON_ID_SHIFT = 16
"""A status id of Mastodon is its Unix time in milliseconds, shifted by this, plus a counter."""

PHONES_EVERY = 6
FOLLOWERS_UNTOLD = 650
"""Of those whose figures the sandbox has."""
PULLS_FOR_DAYS = 1.5


@dataclass(frozen=True)
class Written:
    """A post at its times: as it was handed in, as it was mended, as it is now."""

    told: Told
    moments: Moments
    link: str
    author: Member

    def text_at(self, moment: datetime) -> str:
        """As it stood there then."""
        text = self.told.first if self.told.first and moment < self.moments.mended_at else self.told.text
        if self.told.edited and moment >= self.moments.later_at:
            text = self.told.edited
        return text.replace("{link}", self.link)

    def gone_at(self, moment: datetime) -> str:
        """What had become of it then; empty while it stood there."""
        back_at = self.moments.back_at
        is_away = moment >= self.moments.later_at and (back_at is None or moment < back_at)
        return self.told.gone if is_away else ""

    def counts_at(self, moment: datetime) -> Counts:
        """What anybody could see under it then: fast at first, then ever slower."""
        draw = random.Random(f"pull of {self.told.key}")
        followers = self.author.followers or FOLLOWERS_UNTOLD
        likes, views = followers * draw.uniform(0.02, 0.09) + 3, followers * draw.uniform(0.4, 1.6)
        days = max((moment - self.moments.posted_at) / timedelta(days=1), 0.0)
        grown = 1 - math.exp(-days / PULLS_FOR_DAYS)
        return Counts(likes=round(likes * grown), comments=0, shares=0, views=round(views * grown))

    @property
    def alt(self) -> str:
        return story.alt_texts()[self.told.picture] if self.told.picture else ""

    def edited_at(self, moment: datetime) -> datetime | None:
        """When it was last changed, as one read it then."""
        if self.told.edited and moment >= self.moments.later_at:
            return self.moments.later_at
        return self.moments.mended_at if self.told.first and moment >= self.moments.mended_at else None


def for_perch(written: Written, about: str, *, now: datetime) -> dict[str, Any]:
    """What Perch is told of it. `about`: key of the post that it answers, quotes or passes on."""
    told, counts = written.told, written.counts_at(now)
    gone, edited_at = written.gone_at(now), written.edited_at(now)
    post: dict[str, Any] = {
        "key": told.key, "account": f"demo-{told.borrowed or told.by}", "text": written.text_at(now),
        "created_at": stamp(written.moments.posted_at),
        "private": told.trouble == "private" or gone == "private", "deleted": gone == "deleted",
        "likes": counts.likes, "views": counts.views,
    }  # fmt: skip
    if about:
        post |= {"relation": told.relation or Relation.REPLY, "about": about}
    if edited_at is not None:
        post["edited_at"] = stamp(edited_at)
    if told.picture:
        post["picture"] = {"data": _as_upload(told.picture), "alt": written.alt}
    return post


def typed_address(written: Written, seeded: Mapping[str, SeededPost], members: Mapping[str, Member]) -> str:
    """What somebody pasted; now and then as their phone spells it."""
    told = written.told
    if told.net == "mastodon":
        return _mastodon_address(told, members[told.by], written.moments.posted_at)
    url = seeded[told.key].url
    return url.replace("/@", "/m/@", 1) if told.number % PHONES_EVERY == 0 else url


def _mastodon_address(told: Told, member: Member, posted_at: datetime) -> str:
    """Where it is on a server that does not exist."""
    name, _, host = member.mastodon.partition("@")
    status_id = (int(posted_at.timestamp() * 1000) << MASTODON_ID_SHIFT) + told.number
    return f"https://{host}/@{name}/{status_id}"


@cache
def _as_upload(name: str) -> str:
    """The picture as a phone would send it: a small JPEG, in base64."""
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(story.picture(name))).convert("RGB")
    picture.save(file, "JPEG", quality=80)
    return base64.b64encode(file.getvalue()).decode()
