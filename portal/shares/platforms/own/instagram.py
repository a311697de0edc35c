"""Instagram API with Instagram Login: posts of one's own business or creator account.

Source: developers.facebook.com (`GET /me/media`, the fields of IG Media; stories are not in it, and an account that is
private has no such login).
"""

from __future__ import annotations

from portal.accounts.logins.using import Key
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.fetching import moment_from, reading_by
from portal.shares.platforms.own.listing import post_in_list
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import Counts, Identified, Post, Reading, told

CODE = "instagram"
SOURCE = "instagram_own"
API = "https://graph.instagram.com"
_FIELDS = "id,shortcode,caption,media_type,media_url,permalink,timestamp,like_count,comments_count"
_KNOWN = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "counts")


def read(fetcher: Fetcher, identified: Identified, key: Key) -> Reading:
    return reading_by(lambda: _post(fetcher, identified, key), source=SOURCE, url=identified.canonical)


def _post(fetcher: Fetcher, identified: Identified, key: Key) -> Post:
    api = Api(API, {"Authorization": f"Bearer {key.token}"})
    found = post_in_list(
        fetcher, api, "/me/media", _FIELDS, identified, source=SOURCE,
        is_it=lambda post: post.get("shortcode") == identified.post_id
        or f"/{identified.post_id}/" in telling.words(post.get("permalink")),
    )  # fmt: skip
    caption = telling.words(found.get("caption"))
    kind = "video" if found.get("media_type") == "VIDEO" else "image"
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical, author_id=key.external_id,
        author_name=key.name, text=caption, posted_at=moment_from(str(found["timestamp"])), visibility="public",
        source=SOURCE, links=links_in(caption), media=(telling.media(found.get("media_url"), kind=kind),),
        counts=Counts(telling.count(found.get("like_count")), telling.count(found.get("comments_count"))),
        told=told(SOURCE, *_KNOWN),
    )  # fmt: skip
