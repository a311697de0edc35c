"""Tumblr: posts on a blog's own host and on the dashboard's.

Sources: tumblr.com/docs (oEmbed, API v2), gallery-dl and yt-dlp (August 2026) for addresses. A blog on a domain of its
own is a web page to us.
"""

from __future__ import annotations

import sys

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.keyed import KeyThenPublic
from portal.shares.platforms.pages import REDIRECTOR
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.shapes import USUAL_FRONTS, shape, words
from portal.shares.platforms.tumblr_reading import TumblrReader, embed_reader

ABOUT = About(
    "tumblr", "Tumblr", frozenset({"tumblr.com", "tmblr.co", "umblr.com"}),
    without_key="headline and blog (oEmbed)",
    with_key="blog's id, time, text, whether it is a reblog (API v2)",
    with_login="nothing more that we ask for",
    never="posts of password-protected blogs",
    profile_example="tumblr.com/adamends",
    profile_form="https://www.tumblr.com/{name}",
)  # fmt: skip
_BLOG = r"(?P<blog>[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)"
_ID = r"(?P<id>[1-9]\d{0,19})"
_ON_BLOG = shape(rf"(?:post|image|private|video)/{_ID}(?:/.*)?")
_ON_DASHBOARD = shape(rf"(?:(?:dashboard/)?blog/(?:view/)?|@)?{_BLOG}/{_ID}(?:/.*)?")
_PROFILE = shape(rf"(?:(?:dashboard/)?blog/(?:view/)?|@)?{_BLOG}(?:/archive)?")
_SHORT = shape(r"[^/]+/[^/]+/\w{5,}")
_NO_BLOGS = frozenset(
    {"api", "assets", "embed", "static", "media", "px", "help", "staff-assets", "engineering", "secure"}
)
_RESERVED = words(
    """
    about activity api apps ask blog blogs business changes communities customize dashboard developers docs
    explore follow following help inbox jobs likes live login logout logo mega-editor messages new oauth policy
    press privacy reblog recommended register search security settings share spotlight submit support tagged
    terms themes theme tips tv video widgets radar post image private tumblrmart
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "tmblr.co" or front == "at":
        has_code = domain == "tmblr.co" or _SHORT.fullmatch(address.path)
        return ABOUT.short(f"https://{address.host}/{address.path}") if has_code and address.path else ABOUT.other()
    if domain == "umblr.com":
        return ABOUT.other(REDIRECTOR)
    if front not in USUAL_FRONTS:
        return _on_blog(front, address)
    found = _ON_DASHBOARD.fullmatch(address.path)
    if found and found["blog"].lower() not in _RESERVED:
        return _post(found["blog"].lower(), found["id"])
    someone = _PROFILE.fullmatch(address.path)
    if someone and someone["blog"].lower() not in _RESERVED:
        return _profile(someone["blog"].lower())
    return ABOUT.page(address)


def _on_blog(blog: str, address: Address) -> Identified:
    if "." in blog.removeprefix("www.") or blog in _NO_BLOGS:
        return ABOUT.page(address)
    blog = blog.removeprefix("www.")
    found = _ON_BLOG.fullmatch(address.path)
    if found:
        return _post(blog, found["id"])
    return ABOUT.page(address) if address.path else _profile(blog)


def _post(blog: str, post_id: str) -> Identified:
    return ABOUT.post(f"https://www.tumblr.com/{blog}/{post_id}", post_id, author=blog)


def _profile(blog: str) -> Identified:
    return ABOUT.profile(f"https://www.tumblr.com/{blog}", blog)


def reader(settings: Settings, _hosts: HostMemory) -> Reader:
    """By the API where the operator has a key, else by oEmbed."""
    this = sys.modules[__name__]
    public, key = embed_reader(this), settings.tumblr_api_key.get_secret_value()
    return KeyThenPublic(TumblrReader(this, key), public) if key else public
