"""What the community posted: the same posts for Perch, where they can be opened, and for the checks."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from PIL import Image

from portal.demo import story
from portal.demo.perch import SeededPost, stamp
from portal.demo.story import Member, Told
from portal.demo.timing import Moments

MASTODON_ID_SHIFT = 16
"""A status id of Mastodon is its Unix time in milliseconds, shifted by this, plus a counter."""

PHONES_EVERY = 6


@dataclass(frozen=True)
class Written:
    """A post at its times: as it was handed in, as it was mended, as it is now."""

    told: Told
    moments: Moments
    link: str

    @property
    def at_first(self) -> str:
        return self._with_link(self.told.first or self.told.text)

    @property
    def mended(self) -> str:
        return self._with_link(self.told.text)

    @property
    def now(self) -> str:
        return self.told.edited or self.mended

    @property
    def alt(self) -> str:
        return story.alt_texts()[self.told.picture] if self.told.picture else ""

    @property
    def edited_at(self) -> datetime | None:
        return self.moments.mended_at if self.told.first or self.told.edited else None

    def _with_link(self, text: str) -> str:
        return text.replace("{link}", self.link)


def for_perch(written: Written) -> dict[str, Any]:
    """What Perch is told of it."""
    told = written.told
    post: dict[str, Any] = {
        "key": told.key, "account": f"demo-{told.borrowed or told.by}", "text": written.now,
        "created_at": stamp(written.moments.posted_at),
        "private": told.trouble == "private" or told.gone == "private", "deleted": told.gone == "deleted",
    }  # fmt: skip
    if written.edited_at is not None:
        post["edited_at"] = stamp(written.edited_at)
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
