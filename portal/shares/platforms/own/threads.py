"""Threads API: one's own posts.

Source: developers.facebook.com (`GET /v1.0/me/threads`, scope threads_basic: fields of a Threads media object; counts
need another permission, which we don't ask for).
"""

from __future__ import annotations

from portal.accounts.logins.using import Key
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.fetching import moment_from, reading_by
from portal.shares.platforms.own.listing import post_in_list
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import Identified, Post, Reading, Relation, told

CODE = "threads"
SOURCE = "threads_own"
API = "https://graph.threads.net"
_FIELDS = "id,shortcode,text,media_type,media_url,permalink,timestamp,is_quote_post,alt_text,link_attachment_url"
_KNOWN = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "relation")


def read(fetcher: Fetcher, identified: Identified, key: Key) -> Reading:
    return reading_by(lambda: _post(fetcher, identified, key), source=SOURCE, url=identified.canonical)


def _post(fetcher: Fetcher, identified: Identified, key: Key) -> Post:
    api = Api(API, {"Authorization": f"Bearer {key.token}"})
    found = post_in_list(
        fetcher, api, "/v1.0/me/threads", _FIELDS, identified, source=SOURCE,
        is_it=lambda post: post.get("shortcode") == identified.post_id,
    )  # fmt: skip
    text, kind = telling.words(found.get("text")), str(found.get("media_type") or "")
    relation = Relation.QUOTE if found.get("is_quote_post") is True else Relation.ORIGINAL
    if kind == "REPOST_FACADE":
        relation = Relation.REPOST
    shown = found.get("media_url")
    media = telling.media(shown, alt=found.get("alt_text"), kind="video" if kind == "VIDEO" else "image")
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical, author_id=key.external_id,
        author_name=key.name, text=text, posted_at=moment_from(str(found["timestamp"])), visibility="public",
        source=SOURCE, links=telling.links(links_in(text), [telling.words(found.get("link_attachment_url"))]),
        media=(media,) if shown else (), relation=relation, told=told(SOURCE, *_KNOWN),
    )  # fmt: skip
