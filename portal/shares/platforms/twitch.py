"""Twitch: recordings and clips.

Sources: dev.twitch.tv (Helix, with an app's token), yt-dlp (August 2026) for addresses. A channel's page is also its
live stream.
"""

from __future__ import annotations

import sys

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import LIVE, NOT_A_POST
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.shapes import is_usual_front, shape, words
from portal.shares.platforms.twitch_reading import TwitchReader

ABOUT = About(
    "twitch", "Twitch", frozenset({"twitch.tv"}),
    without_key="nothing",
    with_key="channel's id, title, time, views (Helix, an app's token)",
    with_login="nothing more that we ask for",
    never="the live stream itself; recordings that have expired",
    why_a_person="no_key",
    profile_form="https://www.twitch.tv/{name}",
)  # fmt: skip
_NAME = r"(?P<name>\w{2,30})"
_SLUG = r"(?P<slug>[a-z][\w-]{3,100})"
_VIDEO = shape(rf"(?:videos|{_NAME}/v(?:ideo)?)/v?(?P<id>[1-9]\d{{0,15}})(?:/.*)?")
_CLIP = shape(rf"(?:{_NAME}/)?clip/{_SLUG}(?:/.*)?")
_ON_CLIPS = shape(rf"(?:{_NAME}/)?{_SLUG}")
_SCHEDULE = shape(rf"{_NAME}/schedule")
_PROFILE = shape(rf"{_NAME}(?:/(?:videos|clips|about|schedule|profile|collections|followers|following)(?:/.*)?)?")
_VIDEO_ID = shape(r"v?(?P<id>[1-9]\d{0,15})")
_RESERVED = words(
    """
    about activate bits blog browse clip clips collections creatorcamp dashboard directory downloads drops embed
    event events friends inventory jobs login logout moderator p payments popout prime products search settings
    signup store subscriptions subs team teams turbo u user videos wallet year_in_review
    """
)


def identify(address: Address) -> Identified:
    front, _domain = ABOUT.place(address)
    if front == "clips":
        return _on_clips(address)
    if front == "player":
        return _video(address.query.get("video", ""), LIVE if "channel" in address.query else NOT_A_POST)
    if not (is_usual_front(front) or front == "go"):
        return ABOUT.page(address)
    found = _VIDEO.fullmatch(address.path)
    if found:
        return _video(found["id"], NOT_A_POST, found["name"] or "")
    clip = _CLIP.fullmatch(address.path)
    if clip:
        return _clip(clip["slug"], clip["name"] or "")
    if _SCHEDULE.fullmatch(address.path) and "vodID" in address.query:
        return _video(address.query["vodID"], NOT_A_POST)
    someone = _PROFILE.fullmatch(address.path)
    if someone and someone["name"].lower() not in _RESERVED:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.twitch.tv/{name}", name)
    return ABOUT.page(address)


def _on_clips(address: Address) -> Identified:
    path = address.query.get("clip", "") if address.path.lower() == "embed" else address.path
    found = _ON_CLIPS.fullmatch(path)
    if found is None or path.lower() in ("create", "embed"):
        return ABOUT.page(address)
    return _clip(found["slug"], found["name"] or "")


def _video(written: str, otherwise: str, author: str = "") -> Identified:
    found = _VIDEO_ID.fullmatch(written)
    if found is None:
        return ABOUT.other(otherwise)
    return ABOUT.post(f"https://www.twitch.tv/videos/{found['id']}", found["id"], author=author.lower())


def _clip(slug: str, author: str) -> Identified:
    return ABOUT.post(f"https://clips.twitch.tv/{slug}", slug, author=author.lower())


def reader(settings: Settings, _hosts: HostMemory) -> Reader | None:
    """By Helix where the operator has an app; there is no other way."""
    this = sys.modules[__name__]
    secret = settings.twitch_client_secret.get_secret_value()
    return TwitchReader(this, settings.twitch_client_id, secret) if secret else None
