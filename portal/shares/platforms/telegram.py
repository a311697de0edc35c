"""Telegram: posts of public channels and groups.

Sources: core.telegram.org/api/links (all forms of t.me), gallery-dl (August 2026). The embedded page
`t.me/{channel}/{n}?embed=1` is not documented as an interface.
"""

from __future__ import annotations

import sys

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import COMMENT, INVITE, NOT_A_POST, PRIVATE, SHARE_DIALOG, STORY
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.shapes import USUAL_FRONTS, shape, words
from portal.shares.platforms.telegram_reading import Telegram

ABOUT = About(
    "telegram", "Telegram", frozenset({"t.me", "telegram.me", "telegram.dog", "telegram.org"}),
    without_key="channel, text, time, rounded views (its embedded page, undocumented)",
    with_key="nothing more that we ask for",
    with_login="nothing",
    never="who wrote it; private channels and groups",
    profile_form="https://t.me/{name}",
)  # fmt: skip
_NAME = r"(?P<name>[a-z]\w{3,31})"
_POST = shape(rf"(?:s/)?{_NAME}/(?:[1-9]\d{{0,9}}/)?(?P<id>[1-9]\d{{0,9}})")
_STORY = shape(rf"{_NAME}/s/\d+")
_PROFILE = shape(rf"(?:s/)?{_NAME}")
_ALONE = shape(_NAME)
_PLACES = {
    "c": PRIVATE, "joinchat": INVITE, "share": SHARE_DIALOG, "addlist": INVITE,
    "addstickers": NOT_A_POST, "call": INVITE,
}  # fmt: skip
_RESERVED = words(
    """
    joinchat addstickers addemoji addtheme addlist share proxy socks setlanguage boost giftcode invoice login
    contact confirmphone stickerset background premium newbot call
    """
)


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """Posts of public channels, as Telegram lets them be embedded."""
    return Telegram(sys.modules[__name__])


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    path = address.path
    if domain == "telegram.org" or "." in front:
        return ABOUT.page(address)
    if front not in USUAL_FRONTS:  # a channel's name may be a host: the.t.me/12
        if not _ALONE.fullmatch(front):
            return ABOUT.page(address)
        path = f"{front}/{path}".rstrip("/")
    first = path.partition("/")[0].lower()
    if first.startswith("+"):
        return ABOUT.other(INVITE)
    if first in _PLACES or first in _RESERVED:
        return ABOUT.other(_PLACES.get(first, NOT_A_POST))
    found = _POST.fullmatch(path)
    if found:
        return ABOUT.other(COMMENT) if "comment" in address.query else _post(found["name"].lower(), found["id"])
    someone = _PROFILE.fullmatch(path)
    if someone:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://t.me/{name}", name)
    return ABOUT.other(STORY) if _STORY.fullmatch(path) else ABOUT.page(address)


def _post(name: str, number: str) -> Identified:
    return ABOUT.post(f"https://t.me/{name}/{number}", f"{name}/{number}", author=name)
