"""TikTok.

Sources: developers.tiktok.com (Display API video.list; oEmbed, which needs no login and is to be replaced by the Embed
Player, read October 2026), yt-dlp and gallery-dl (August 2026) for addresses. oEmbed's `title` is the caption. It fails
alike for friends-only, private and missing posts, as a rule with 400: only 404 and 410 say that there is none.
"""

from __future__ import annotations

import sys
from typing import Any

from config import Settings
from portal.shares.platforms import id_times, telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.oembed import AnotherPost, OEmbedReader, source_of, told_by_id, told_where_known
from portal.shares.platforms.reading import HostMemory, Identified, Media, MediaKind, Post, Reader
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "tiktok", "TikTok", frozenset({"tiktok.com", "tiktokv.com", "tiktokv.us", "tiktokv.eu"}),
    without_key="caption and name (oEmbed); the time from the id",
    with_key="nothing more about a stranger's post",
    with_login="own videos: id, time, description, counts (Display API, video.list)",
    never="friends-only and private posts; stories and lives",
    profile_form="https://www.tiktok.com/@{name}",
)  # fmt: skip
_ID = r"(?P<id>[1-9]\d{4,19})"
_POST = shape(rf"(?:amp/)?@(?P<author>(?:[\w.-]{{0,99}}[\w-])?)/(?P<form>video|photo)/{_ID}(?:/.*)?")
_WITHOUT_NAME = shape(
    rf"(?:(?:i18n/)?share/(?P<form>video|photo)|v|video|embed(?:/v\d)?|player/v\d)/{_ID}(?:\.html)?(?:/.*)?"
)
_SHORT = shape(r"t/[\w-]{5,}")
_PROFILE = shape(r"@(?P<name>[\w.-]{0,99}[\w-])")


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if front in ("vm", "vt") and domain == "tiktok.com":
        return ABOUT.short(f"https://{address.host}/{address.segments[0]}") if address.path else ABOUT.other()
    if front != "lite" and not is_usual_front(front):
        return ABOUT.page(address)
    found = _POST.fullmatch(address.path) or _WITHOUT_NAME.fullmatch(address.path)
    if found:
        named = found.groupdict()
        return _post(found["id"], _name(named.get("author") or ""), (found["form"] or "video").lower())
    if _SHORT.fullmatch(address.path):
        return ABOUT.short(f"https://www.tiktok.com/{address.path}")
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        name = _name(someone["name"])
        return ABOUT.profile(f"https://www.tiktok.com/@{name}", name)
    return ABOUT.page(address)


def _name(written: str) -> str:
    """Names ignore case; the long ids that may stand in their place don't."""
    return written if written.startswith("MS4wLjAB") else written.lower()


def _post(post_id: str, author: str, form: str) -> Identified:
    return ABOUT.post(
        f"https://www.tiktok.com/@{author}/{form}/{post_id}", post_id, author=author,
        posted_at=id_times.of_tiktok(int(post_id)),
    )  # fmt: skip


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """Its posts by oEmbed."""
    return OEmbedReader(sys.modules[__name__], "https://www.tiktok.com/oembed", _read_from)


def _read_from(found: dict[str, Any], identified: Identified, author: str) -> Post:
    if str(found.get("embed_product_id") or identified.post_id) != identified.post_id:
        raise AnotherPost
    source, caption = source_of(ABOUT.code), telling.words(found.get("title"))
    url = identified.canonical.replace("/@/", f"/@{author}/")
    media = (Media(url, kind=MediaKind.IMAGE if "/photo/" in url else MediaKind.VIDEO),)
    return Post(
        platform=ABOUT.code, host="", post_key=identified.post_key, url=url, author_id="", author_name=author,
        text=caption, posted_at=identified.posted_at, visibility="public", source=source, media=media,
        told=told_where_known(source, author_name=author, media=media, text="title" in found) | told_by_id(identified),
    )  # fmt: skip
