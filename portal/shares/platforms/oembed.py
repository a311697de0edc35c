"""oEmbed: what a network tells any site that embeds a post. Asked only where the network's terms allow such use.

Source: oembed.com, the format's specification; each network's own endpoint and terms are named in its module. An
answer names the author by their page's address; names are not ids. What it calls `title` is seldom the whole text of
a post: each network's module says what it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from portal.accounts.ports import Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.addresses import NotAnAddress, read_address
from portal.shares.platforms.fetching import JSON_TYPES, asked, check_status, object_in, reading_by
from portal.shares.platforms.profiles import guide_of, understand_profile
from portal.shares.platforms.reading import (
    Certainty,
    Identified,
    Kind,
    Post,
    Problem,
    Reading,
    Told,
    Trouble,
    UnreadableError,
    told,
)
from portal.shares.platforms.short_links import followed

PostFrom = Callable[[dict[str, Any], Identified, str], Post]
"""Makes a post of an answer, the post that was asked for, and the author's name. Raises AnotherPost."""
TYPES = (*JSON_TYPES, "application/json+oembed", "text/javascript")


class AnotherPost(Exception):
    """The answer is about another post than was asked for: nothing of it counts."""


class OEmbedReader:
    """Posts by a network's oEmbed endpoint (platforms.reading.Reader).

    `meanings`: what statuses mean there, where that is more than they say themselves. `post_from` makes the post of an
    answer. Profiles are none of oEmbed's business: a person confirms accounts.
    """

    def __init__(
        self, known: Identifier, endpoint: str, post_from: PostFrom, *,
        parameters: Mapping[str, str] | None = None, meanings: Mapping[int, tuple[Trouble, str]] | None = None,
    ) -> None:  # fmt: skip
        self._known, self._endpoint, self._post_from = known, endpoint, post_from
        self._parameters, self._meanings = dict(parameters or {}), dict(meanings or {})
        self._source = source_of(known.ABOUT.code)
        self.guide = guide_of(known.ABOUT, can_prove_by_code=False)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(
            lambda: self._read(fetcher, followed(fetcher, self._known, identified)),
            source=self._source, url=identified.canonical,
        )  # fmt: skip

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        raise ProfileUnreadable("unsupported")

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)

    def _read(self, fetcher: Fetcher, identified: Identified) -> Post:
        url = f"{self._endpoint}?{urlencode({'url': identified.canonical} | self._parameters)}"
        answer = asked(lambda: fetcher.get(url, accept=TYPES), url, source=self._source)
        if answer.status in self._meanings:
            trouble, detail = self._meanings[answer.status]
            raise UnreadableError(Problem(trouble, self._source, url, detail))
        check_status(answer, url, self._source)
        found = object_in(answer, url, self._source)
        try:
            return self._post_from(found, identified, author_of(self._known, found))
        except AnotherPost:
            raise UnreadableError(Problem(Trouble.UNEXPECTED, self._source, url, "another_post")) from None


def source_of(code: str) -> str:
    """How evidence names a network's oEmbed."""
    return f"{code}_oembed"


def author_of(known: Identifier, found: Mapping[str, Any]) -> str:
    """The author's name as `author_url` has it, as the network compares it; empty where it names nobody."""
    url = found.get("author_url")
    try:
        author = known.identify(read_address(url)) if isinstance(url, str) else None
    except NotAnAddress:
        return ""
    return author.author.removeprefix("@") if author and author.kind is Kind.PROFILE else ""


def told_where_known(source: str, **fields: Any) -> dict[str, Told]:
    """What oEmbed told: those of `fields` that are not empty; that anybody can see it, since it answers nobody else."""
    return told(source, "visibility", *(name for name, value in fields.items() if value))


def told_by_id(identified: Identified) -> dict[str, Told]:
    """The time, where the id carries it."""
    return told("id", "posted_at", certainty=Certainty.DERIVED) if identified.posted_at else {}
