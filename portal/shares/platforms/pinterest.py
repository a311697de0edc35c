"""Pinterest.

Sources: developers.pinterest.com (oEmbed, for any site that embeds a pin; its `title` is not the description),
gallery-dl, yt-dlp and iframely (June to August 2026) for addresses and the countries' domains.
"""

from __future__ import annotations

import sys
from typing import Any

from config import Settings
from portal.shares.platforms import telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.oembed import OEmbedReader, source_of, told_where_known
from portal.shares.platforms.pages import COLLECTION, REDIRECTOR, SHARE_DIALOG
from portal.shares.platforms.reading import HostMemory, Identified, Media, Post, Reader
from portal.shares.platforms.shapes import is_usual_front, shape, words

_ENDINGS = (
    "com at be ca ch cl co co.at co.in co.kr co.nz co.uk com.au com.bo com.ec com.mx com.pe com.py com.uy com.vn de dk "
    "ec es fr hu id ie in info it jp kr mx nl nz pe ph pt ru se th tw uk uy vn"
)  # fmt: skip
ABOUT = About(
    "pinterest", "Pinterest", frozenset({f"pinterest.{ending}" for ending in _ENDINGS.split()} | {"pin.it"}),
    without_key="title and name (oEmbed)",
    with_key="nothing that we ask for",
    with_login="nothing that we ask for",
    never="when it was pinned; the description; secret boards",
    profile_form="https://www.pinterest.com/{name}/",
)  # fmt: skip
_POST = shape(r"(?:amp/)?pin/(?:[^/]*--)?(?P<id>[1-9]\d{0,19})(?:/.*)?")
_PROFILE = shape(
    r"(?P<name>[\w-]{2,50})(?:/(?:pins|boards|_saved|_created|_shop|followers|following|_pins|_profile|tries|likes))?"
)
_BOARD = shape(r"[\w-]{2,50}/.+")
_RESERVED = words(
    """
    _ about amp business categories convert create discover explore follow ideas login logout me oauth offsite
    password pin pin-builder pin-creation-tool policy privacy resource search settings shopping signup source
    terms today topics videos news_hub homefeed
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "pin.it":
        return ABOUT.short(f"https://pin.it/{address.path}") if address.path else ABOUT.other()
    if not is_usual_front(front):
        return ABOUT.page(address)
    found = _POST.fullmatch(address.path)
    if found:
        return ABOUT.post(f"https://www.pinterest.com/pin/{found['id']}/", found["id"])
    first = address.segments[0].lower() if address.segments else ""
    if address.path.lower().startswith(("pin/create", "pin/find")):
        return ABOUT.other(SHARE_DIALOG)
    if first in _RESERVED:
        return ABOUT.other(REDIRECTOR) if first == "offsite" else ABOUT.page(address)
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.pinterest.com/{name}/", name)
    return ABOUT.other(COLLECTION) if _BOARD.fullmatch(address.path) else ABOUT.page(address)


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """Its posts by oEmbed."""
    return OEmbedReader(sys.modules[__name__], "https://www.pinterest.com/oembed.json", _read_from)


def _read_from(found: dict[str, Any], identified: Identified, author: str) -> Post:
    source, title = source_of(ABOUT.code), telling.words(found.get("title"))
    picture = telling.words(found.get("thumbnail_url"))
    return Post(
        platform=ABOUT.code, host="", post_key=identified.post_key, url=identified.canonical, author_id="",
        author_name=author, text="", title=title, posted_at=None, visibility="public", source=source,
        media=(Media(picture),) if picture else (),
        told=told_where_known(source, author_name=author, title=title, media=picture),
    )  # fmt: skip
