"""Vimeo.

Sources: developer.vimeo.com (oEmbed, for any site that embeds a video; its `upload_date` names no zone, so it is no
moment to us), yt-dlp and iframely (June to August 2026) for addresses. An unlisted video has
ten hexadecimal digits behind its number, without which nobody sees it; 403 and 404 don't tell private from locked to a
domain.
"""

from __future__ import annotations

import sys
from typing import Any

from config import Settings
from portal.shares.platforms import telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.oembed import AnotherPost, OEmbedReader, source_of, told_where_known
from portal.shares.platforms.pages import PRIVATE
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import HostMemory, Identified, Media, MediaKind, Post, Reader, Trouble
from portal.shares.platforms.shapes import is_usual_front, shape, words

ABOUT = About(
    "vimeo", "Vimeo", frozenset({"vimeo.com", "vimeopro.com"}),
    without_key="title, description, name (oEmbed)",
    with_key="nothing more that we ask for",
    with_login="nothing more that we ask for",
    never="videos behind a password or locked to a domain; when it was posted: the upload date has no zone",
    profile_form="https://vimeo.com/{name}",
)  # fmt: skip
_ID = r"(?P<id>[1-9]\d{2,11})"
_HASH = r"(?P<hash>[0-9a-f]{10})"
_POST = shape(
    rf"(?:(?:channels/[\w-]+|groups/[\w-]+/videos|(?:album|showcase)/\d+/video|ondemand/[\w-]+|m|video|couchmode/.+)/)?{_ID}"
    rf"(?:/{_HASH})?(?:/(?:description|likes|comments|fullscreen|embed))?"
)
_PLAYER = shape(rf"video/{_ID}(?:/{_HASH})?(?:/config)?")
_ON_PRO = shape(rf".+/video/{_ID}")
_HASH_ALONE = shape(_HASH)
_NUMBER = shape(_ID)
_PROFILE = shape(r"(?P<name>[a-z][\w-]{1,60})(?:/(?:videos|about|likes|collections|following|followers))?")
_RESERVED = words(
    """
    about albums album api blog business categories channels couchmode create customers event events explore
    features for-hire group groups help home jobs join log_in login logout m manage moogaloop.swf news oauth
    ondemand ott plus privacy reviews search settings share showcase signup site_map solutions staff stock store
    tags terms upgrade upload user video videos video-marketing watch watchlater
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "vimeopro.com":
        found = _ON_PRO.fullmatch(address.path)
    elif front == "player":
        found = _PLAYER.fullmatch(address.path)
    elif is_usual_front(front):
        found = _POST.fullmatch(address.path)
        if found is None and address.path.lower() == "moogaloop.swf":
            found = _NUMBER.fullmatch(address.query.get("clip_id", ""))
    else:
        return ABOUT.page(address)
    if found:
        return _post(found["id"], found.groupdict().get("hash") or address.query.get("h", ""))
    return _profile(address) if domain == "vimeo.com" and front != "player" else ABOUT.page(address)


def _profile(address: Address) -> Identified:
    if len(address.segments) > 1 and address.segments[1].lower() == "review":
        return ABOUT.other(PRIVATE)
    someone = _PROFILE.fullmatch(address.path)
    if someone and someone["name"].lower() not in _RESERVED:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://vimeo.com/{name}", name)
    return ABOUT.page(address)


def _post(number: str, unlisted: str) -> Identified:
    unlisted = unlisted.lower() if _HASH_ALONE.fullmatch(unlisted) else ""
    return ABOUT.post(f"https://vimeo.com/{number}" + (f"/{unlisted}" if unlisted else ""), number)


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """Its posts by oEmbed."""
    return OEmbedReader(
        sys.modules[__name__], "https://vimeo.com/api/oembed.json", _read_from,
        meanings={404: (Trouble.GONE, "gone_private_or_locked")},
    )  # fmt: skip


def _read_from(found: dict[str, Any], identified: Identified, author: str) -> Post:
    if str(found.get("video_id") or identified.post_id) != identified.post_id:
        raise AnotherPost
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
