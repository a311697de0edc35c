"""A post or comment on Reddit: by oEmbed without a key, by the Data API with the operator's approved app.

Sources: reddit.com/dev/api (`GET /api/info?id=`, `GET /user/{name}/about`), the OAuth2 page of reddit-archive's wiki
(application-only OAuth), the Data API's terms (approval since November 2025, 100 requests a minute for each client),
reddit.com/wiki/oembed. `removed_by_category` tells what a moderator removed from what the author deleted; a comment
shows it in its words. Private communities answer 403 to an app that is no member.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from urllib.parse import quote

from portal.accounts.ports import Profile
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.keyed import AppToken, KeyedApi, KeyedReader
from portal.shares.platforms.oembed import OEmbedReader, source_of, told_where_known
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import (
    Counts,
    Identified,
    Media,
    MediaKind,
    Post,
    Problem,
    Relation,
    Trouble,
    UnreadableError,
    told,
)

CODE = "reddit"
SOURCE = "reddit_api"
ORIGIN = "https://oauth.reddit.com"
TOKENS = "https://www.reddit.com"
DELETED, REMOVED = "[deleted]", "[removed]"
_FIELDS = ("text", "posted_at", "visibility", "links", "media", "counts", "relation")
_OPEN = frozenset({"public", "restricted", "user", "archived"})
"""Kinds of community that anybody can read."""


def embed_reader(known: Identifier) -> OEmbedReader:
    """Posts without a key: the headline and the author's name."""
    return OEmbedReader(known, "https://www.reddit.com/oembed", _embedded)


class RedditReader(KeyedReader):
    """Posts and profiles by the Data API."""

    def __init__(self, known: Identifier, client_id: str, client_secret: str) -> None:
        basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        token = AppToken(Api(TOKENS, {"Authorization": f"Basic {basic}"}), "/api/v1/access_token", source=SOURCE)
        super().__init__(known, KeyedApi(Api(ORIGIN), source=SOURCE, token=token, complaint=_complaint))

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        post, _, comment = identified.post_id.partition("/")
        name = f"t1_{comment}" if comment else f"t3_{post}"
        listed = self._api.ask(fetcher, f"/api/info?id={quote(name)}&raw_json=1")["data"]["children"]
        if not listed:
            raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, "not_listed"))
        found = listed[0]["data"]
        _refuse_gone(found, identified, words=str(found.get("body") if comment else ""))
        return _comment_from(found, identified) if comment else _post_from(found, identified)

    def _profile(self, fetcher: Fetcher, name: str) -> Profile:
        found = self._api.ask(fetcher, f"/user/{quote(name, safe='')}/about?raw_json=1")["data"]
        page = found.get("subreddit") or {}
        text = "\n".join((telling.words(page.get("title")), telling.words(page.get("public_description"))))
        return Profile(f"t2_{found['id']}", str(found["name"]).lower(), text, telling.count(page.get("subscribers")))


def _refuse_gone(found: dict[str, Any], identified: Identified, *, words: str) -> None:
    """Raises UnreadableError for what its author deleted or somebody else removed, told apart."""
    by = found.get("removed_by_category")
    if by == "deleted" or words == DELETED or (not by and found.get("author") == DELETED and not found.get("title")):
        raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, "deleted"))
    if by or words == REMOVED:
        detail = f"removed_by_{by}" if isinstance(by, str) and by.isidentifier() else "removed"
        raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, detail))


def _post_from(found: dict[str, Any], identified: Identified) -> Post:
    text = "\n\n".join(filter(None, (telling.words(found.get("title")), telling.words(found.get("selftext")))))
    leads_to = telling.words(found.get("url_overridden_by_dest"))
    media = tuple(_media(found, leads_to))
    parent = str(found.get("crosspost_parent") or "").removeprefix("t3_")
    relation = Relation.ORIGINAL
    if parent:
        first: dict[str, Any] = next(iter(found.get("crosspost_parent_list") or []), {})
        relation = Relation.REPOST if first.get("title") == found.get("title") else Relation.QUOTE
    return _made(
        found, identified, text=text, media=media, relation=relation,
        links=telling.links([] if media or not leads_to else [leads_to], links_in(text)),
        about=parent, counts=Counts(
            likes=telling.count(found.get("score")), comments=telling.count(found.get("num_comments")),
            shares=telling.count(found.get("num_crossposts")),
        ),
    )  # fmt: skip


def _comment_from(found: dict[str, Any], identified: Identified) -> Post:
    text, parent = str(found["body"]), str(found["parent_id"])
    post = identified.post_id.partition("/")[0]
    about = post if parent.startswith("t3_") else f"{post}/{parent.removeprefix('t1_')}"
    return _made(
        found, identified, text=text, media=(), relation=Relation.REPLY, links=links_in(text), about=about,
        counts=Counts(likes=telling.count(found.get("score"))),
    )  # fmt: skip


def _made(
    found: dict[str, Any], identified: Identified, *, text: str, media: tuple[Media, ...], relation: Relation,
    links: tuple[str, ...], about: str, counts: Counts,
) -> Post:  # fmt: skip
    author_id, name = telling.words(found.get("author_fullname")), telling.words(found.get("author"))
    name = "" if name == DELETED else name.lower()
    edited = found.get("edited")
    about_url = f"https://www.reddit.com/comments/{about.replace('/', '/_/')}" if about else ""
    also = {"author_id": author_id, "author_name": name, "about_key": about, "about_url": about}
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical, author_id=author_id,
        author_name=name, text=text, posted_at=_moment(found["created_utc"]),
        edited_at=_moment(edited) if edited and not isinstance(edited, bool) else None,
        visibility="public" if found.get("subreddit_type") in _OPEN else "private", source=SOURCE, links=links,
        media=media, counts=counts, relation=relation, about_key=f"{CODE}:{about}" if about else "",
        about_url=about_url,
        told=told(SOURCE, *_FIELDS, *(field for field, value in also.items() if value))
        | (told(SOURCE, "edited_at") if "edited" in found else {}),
    )  # fmt: skip


def _media(found: dict[str, Any], leads_to: str) -> list[Media]:
    if found.get("is_video"):
        return [Media(leads_to, kind=MediaKind.VIDEO)]
    if found.get("is_gallery"):
        several = found.get("media_metadata") or {}
        return [Media(telling.words((each.get("s") or {}).get("u"))) for each in several.values()]
    return [Media(leads_to)] if found.get("post_hint") == "image" else []


def _moment(seconds: Any) -> datetime:
    return telling.moment(seconds)


def _embedded(found: dict[str, Any], identified: Identified, _author: str) -> Post:
    """`title` is the headline, of a comment that of its post; the words below are not told."""
    source, title = source_of(CODE), telling.words(found.get("title"))
    name = telling.words(found.get("author_name")).lower()
    name = "" if name == DELETED else name
    title = "" if "/" in identified.post_id else title
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical, author_id="", author_name=name,
        text="", title=title, posted_at=None, visibility="public", source=source,
        told=told_where_known(source, author_name=name, title=title),
    )  # fmt: skip


def _complaint(status: int, found: dict[str, Any]) -> str:
    """403 with a reason is a community's own door; without one it is ours that is shut."""
    if status == 401 or (status == 403 and not found.get("reason")):
        return "key"
    return ""
