"""A post on Tumblr: by oEmbed without a key, by API v2 with the operator's.

Sources: tumblr.com/docs/en/api/v2 (`/blog/{name}/posts`, `/blog/{name}/info`, api_key in the query), the Neue Post
Format (tumblr.com/docs/npf: blocks of text, links, pictures; `trail` is what a reblog passes on), tumblr.com/oembed.
A post's tags stand below it, for everybody to read, so they are part of its text. oEmbed tells neither the text nor
whether it is a reblog.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from portal.accounts.ports import Profile
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.html_text import text_of_html
from portal.shares.platforms.keyed import KeyedApi, KeyedReader
from portal.shares.platforms.oembed import OEmbedReader, source_of, told_where_known
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import (
    Counts,
    Identified,
    Media,
    Post,
    Problem,
    Relation,
    Trouble,
    UnreadableError,
    told,
)

CODE = "tumblr"
SOURCE = "tumblr_api"
ORIGIN = "https://api.tumblr.com"
_FIELDS = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "counts", "relation")


def embed_reader(known: Identifier) -> OEmbedReader:
    """Posts without a key: the blog's name, and the headline where there is one."""
    return OEmbedReader(known, "https://www.tumblr.com/oembed/1.0", _embedded)


class TumblrReader(KeyedReader):
    """Posts and blogs by API v2."""

    def __init__(self, known: Identifier, key: str) -> None:
        super().__init__(known, KeyedApi(Api(ORIGIN), source=SOURCE))
        self._secret = {"api_key": key}

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        path = f"/v2/blog/{quote(identified.author, safe='')}/posts?id={identified.post_id}&npf=true&reblog_info=true"
        posts = self._api.ask(fetcher, path, secret=self._secret)["response"]["posts"]
        if not posts:
            raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, "not_listed"))
        return _post_from(posts[0], identified)

    def _profile(self, fetcher: Fetcher, name: str) -> Profile:
        path = f"/v2/blog/{quote(name, safe='')}/info"
        blog = self._api.ask(fetcher, path, secret=self._secret)["response"]["blog"]
        words, _links = text_of_html(telling.words(blog.get("description")))
        text = "\n".join((telling.words(blog.get("title")), words))
        return Profile(str(blog["uuid"]), str(blog["name"]).lower(), text, None)


def _post_from(found: dict[str, Any], identified: Identified) -> Post:
    blocks = found.get("content") or []
    own = "\n\n".join(filter(None, map(_words_of, blocks)))
    tags = " ".join(f"#{tag}" for tag in found.get("tags") or [])
    text, name = "\n\n".join(filter(None, (own, tags))), str(found["blog"]["name"]).lower()
    first = str(found.get("reblogged_from_id") or "")
    relation = Relation.ORIGINAL if not first else Relation.QUOTE if blocks else Relation.REPOST
    about_key, about_url = f"{CODE}:{first}" if first else "", telling.words(found.get("reblogged_from_url"))
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=f"https://www.tumblr.com/{name}/{identified.post_id}",
        author_id=str(found["blog"]["uuid"]), author_name=name, text=text,
        posted_at=telling.moment(found["timestamp"]),
        visibility="public" if found.get("state", "published") == "published" else str(found["state"]), source=SOURCE,
        links=telling.links(_links_of(blocks), links_in(own)), media=tuple(_media_of(blocks)), relation=relation,
        counts=Counts(likes=telling.count(found.get("note_count"))), about_key=about_key, about_url=about_url,
        told=told(SOURCE, *_FIELDS, *(["about_key"] if about_key else []), *(["about_url"] if about_url else [])),
    )  # fmt: skip


def _words_of(block: dict[str, Any]) -> str:
    return telling.words(block.get("text")) if block.get("type") == "text" else ""


def _links_of(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        yield from (telling.words(each.get("url")) for each in block.get("formatting") or [])
        if block.get("type") == "link":
            yield telling.words(block.get("url"))


def _media_of(blocks: list[dict[str, Any]]) -> Iterator[Media]:
    for block in blocks:
        if block.get("type") == "image":
            sizes = block.get("media") or [{}]
            yield telling.media(sizes[0].get("url"), alt=block.get("alt_text"))
        elif block.get("type") == "video":
            yield telling.media(block.get("url") or (block.get("media") or {}).get("url"), kind="video")


def _embedded(found: dict[str, Any], identified: Identified, author: str) -> Post:
    source, title = source_of(CODE), telling.words(found.get("title"))
    name = author or telling.words(found.get("author_name")).lower()
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical, author_id="", author_name=name,
        text="", title=title, posted_at=None, visibility="public", source=source,
        told=told_where_known(source, author_name=name, title=title),
    )  # fmt: skip
