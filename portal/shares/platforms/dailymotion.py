"""Dailymotion.

Sources: developers.dailymotion.com (oEmbed, for any site that embeds a video; player addresses), yt-dlp and iframely
(June to August 2026).
"""

from __future__ import annotations

import re
import sys
from typing import Any

from config import Settings
from portal.shares.platforms import telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.oembed import OEmbedReader, source_of, told_where_known
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import HostMemory, Identified, Media, MediaKind, Post, Reader
from portal.shares.platforms.shapes import is_usual_front, shape, words

ABOUT = About(
    "dailymotion", "Dailymotion", frozenset({"dailymotion.com", "dai.ly"}),
    without_key="title, description where it is told, channel (oEmbed)",
    with_key="nothing more that we ask for",
    with_login="nothing more that we ask for",
    never="private videos; when it was posted",
    profile_form="https://www.dailymotion.com/{name}",
)  # fmt: skip
_LANGUAGE = re.compile(r"\A[a-z]{2}(?:-[a-z]{2})?(?:/|\Z)", re.I)
_ID = r"(?P<id>[a-z0-9]{5,24})(?:_[^/]*)?"
_POST = shape(rf"(?:(?:embed|crawler|swf|amp)/)?video/{_ID}(?:/.*)?|swf/(?P<old>[a-z0-9]{{5,24}})")
_SHORT = shape(rf"(?:video/)?{_ID}")
_PLAYER = shape(r"player(?:/\w+)?\.html")
_PROFILE = shape(r"(?:user/)?(?P<name>[\w.-]{1,59}[\w-])(?:/(?:videos|playlists|about|\d+))?")
_RESERVED = words(
    """
    about archived browse cdn crawler embed explore feed followers groups hub legal live login logout oauth
    partner player playlist playlists press register search settings signin signup swf tags topic upload user
    video videos
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "dai.ly":
        found = _SHORT.fullmatch(address.path)
        return _post(found["id"]) if found else ABOUT.page(address)
    if not (is_usual_front(front) or front in ("touch", "geo", "games", "player")):
        return ABOUT.page(address)
    path = _LANGUAGE.sub("", address.path, count=1)
    found = _POST.fullmatch(path)
    if found:
        return _post(found["id"] or found["old"])
    if _PLAYER.fullmatch(path):
        inside = _SHORT.fullmatch(address.query.get("video", ""))
        return _post(inside["id"]) if inside else ABOUT.other()
    someone = _PROFILE.fullmatch(path)
    if someone and someone["name"].lower() not in _RESERVED:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.dailymotion.com/{name}", name)
    return ABOUT.page(address)


def _post(video_id: str) -> Identified:
    return ABOUT.post(f"https://www.dailymotion.com/video/{video_id}", video_id)


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """Its posts by oEmbed."""
    return OEmbedReader(
        sys.modules[__name__], "https://www.dailymotion.com/services/oembed", _read_from,
        parameters={"format": "json"},
    )  # fmt: skip


def _read_from(found: dict[str, Any], identified: Identified, author: str) -> Post:
    source, title = source_of(ABOUT.code), telling.words(found.get("title"))
    whole = "description" in found
    text = "\n\n".join(filter(None, (title, telling.words(found.get("description"))))) if whole else ""
    media = (Media(identified.canonical, kind=MediaKind.VIDEO),)
    return Post(
        platform=ABOUT.code, host="", post_key=identified.post_key, url=identified.canonical, author_id="",
        author_name=author, text=text, title=title, posted_at=None, visibility="public", source=source,
        links=links_in(text), media=media,
        told=told_where_known(source, author_name=author, title=title, text=whole, links=whole, media=media),
    )  # fmt: skip
