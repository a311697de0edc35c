"""Flickr.

Sources: flickr.com/services/api (`misc.urls`: addresses, short links in base 58; oEmbed), yt-dlp, gallery-dl and
iframely (June to August 2026).
"""

from __future__ import annotations

import re
import sys

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.base58 import number_of
from portal.shares.platforms.flickr_reading import FlickrReader, embed_reader
from portal.shares.platforms.keyed import KeyThenPublic
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "flickr", "Flickr", frozenset({"flickr.com", "flic.kr"}),
    without_key="title and name (oEmbed)",
    with_key="owner's id, text, time (flickr.photos.getInfo)",
    with_login="nothing more that we ask for",
    never="private photos",
    profile_form="https://www.flickr.com/photos/{name}/",
)  # fmt: skip
_USER = r"(?P<user>[\w-]{2,60}|\d+@N\d+)"
_ID = r"(?P<id>[1-9]\d{0,14})"
_POST = shape(rf"photos/{_USER}/{_ID}(?:/.*)?")
_PROFILE = shape(rf"(?:photos|people)/{_USER}")
_SHORT = re.compile(r"p/([1-9a-km-zA-HJ-NP-Z]{1,10})")
_NUMBER = shape(_ID)
_RESERVED = frozenset({"tags", "friends", "me", "search", "upload", "organize"})


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "flic.kr":
        found = _SHORT.fullmatch(address.path)
        return _by_number(str(number_of(found[1]))) if found else ABOUT.page(address)
    if not (is_usual_front(front) or front == "secure"):
        return ABOUT.page(address)
    photo = _POST.fullmatch(address.path)
    if photo and photo["user"].lower() not in _RESERVED:
        user = _name(photo["user"])
        return ABOUT.post(f"https://www.flickr.com/photos/{user}/{photo['id']}/", photo["id"], author=user)
    if address.path.lower() == "photo.gne" and _NUMBER.fullmatch(address.query.get("id", "")):
        return _by_number(address.query["id"])
    someone = _PROFILE.fullmatch(address.path)
    if someone and someone["user"].lower() not in _RESERVED:
        user = _name(someone["user"])
        return ABOUT.profile(f"https://www.flickr.com/photos/{user}/", user)
    return ABOUT.page(address)


def _name(written: str) -> str:
    """Names are lower case; ids end in `@N` and a number."""
    return written.upper() if "@" in written else written.lower()


def _by_number(number: str) -> Identified:
    return ABOUT.post(f"https://www.flickr.com/photo.gne?id={number}", number)


def reader(settings: Settings, _hosts: HostMemory) -> Reader:
    """By the API where the operator has a key, else by oEmbed."""
    this = sys.modules[__name__]
    public, key = embed_reader(this), settings.flickr_api_key.get_secret_value()
    return KeyThenPublic(FlickrReader(this, key), public) if key else public
