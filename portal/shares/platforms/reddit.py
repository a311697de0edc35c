"""Reddit: posts, and comments, which are posts of their own.

Sources: reddit.com/dev/api and its Data API terms (app approval since November 2025; reading without a login answers
403 since May 2026), gallery-dl and yt-dlp (August 2026) for addresses.
"""

from __future__ import annotations

import sys

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.keyed import KeyThenPublic
from portal.shares.platforms.pages import COLLECTION, NOT_A_POST, REDIRECTOR
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.reddit_reading import RedditReader, embed_reader
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "reddit", "Reddit", frozenset({"reddit.com", "redd.it", "redditmedia.com"}),
    without_key="title and name (oEmbed)",
    with_key="author, text, time, counts, removed or deleted (OAuth, 100 a minute, after approval)",
    with_login="nothing more that we ask for",
    never="private subreddits",
    profile_form="https://www.reddit.com/user/{name}",
)  # fmt: skip
_FRONTS = frozenset({"old", "new", "np", "i", "sh", "embed", "ssl", "pay", "beta", "oauth", "api"})
_NAME = r"[\w.-]{1,49}[\w-]"
_ID = r"[a-z0-9]{1,12}"
_POST = shape(
    rf"(?:(?:r/(?:u_(?P<own>{_NAME})|{_NAME})|u(?:ser)?/(?P<author>{_NAME}))/)?comments/(?P<id>{_ID})(?:\.\w+)?"
    rf"(?:/(?:[^/]*)(?:/(?P<comment>(?!embed\b)[a-z0-9]{{4,12}})(?![^/.])[^/]*)?(?:/.*)?)?"
)
_GALLERY = shape(rf"(?:r/{_NAME}/)?(?:gallery|tb)/(?P<id>{_ID})(?:/.*)?")
_SHORT = shape(rf"(?:r|u|user)/{_NAME}/s/[\w-]{{5,}}")
_PROFILE = shape(rf"(?:r/u_|u(?:ser)?/)(?P<name>{_NAME})(?:/(?!m/|s/).*)?")
_SUBREDDIT = shape(r"r/[\w.+-]+")


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if front == "out":
        return ABOUT.other(REDIRECTOR)
    if domain == "redd.it":
        return _short_host(front, address)
    if not (is_usual_front(front) or front in _FRONTS):
        return ABOUT.page(address)
    path = address.path.removeprefix("amp/")
    found = _POST.fullmatch(path)
    if found:
        return _post(found["id"], found["comment"] or "", found["author"] or found["own"] or "")
    gallery = _GALLERY.fullmatch(path)
    if gallery:
        return _post(gallery["id"], "", "")
    if _SHORT.fullmatch(path):
        return ABOUT.short(f"https://www.reddit.com/{path}")
    someone = _PROFILE.fullmatch(path)
    if someone:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.reddit.com/user/{name}", name)
    return ABOUT.other(COLLECTION) if _SUBREDDIT.fullmatch(path) else ABOUT.page(address)


def _short_host(front: str, address: Address) -> Identified:
    """redd.it names the post; v.redd.it a video that leads to its post; i.redd.it and others a file."""
    name = address.segments[0] if address.segments else ""
    if front in ("", "www") and name.isalnum() and name.isascii() and len(name) <= 12:
        return _post(name, "", "")
    if front == "v" and name.isalnum():
        return ABOUT.short(f"https://v.redd.it/{name}")
    return ABOUT.other(NOT_A_POST)


def _post(post_id: str, comment: str, author: str) -> Identified:
    post_id, comment, author = post_id.lower(), comment.lower(), author.lower()
    if comment:
        canonical = f"https://www.reddit.com/comments/{post_id}/_/{comment}"
        return ABOUT.post(canonical, f"{post_id}/{comment}", key=f"{post_id}/{comment}")
    return ABOUT.post(f"https://www.reddit.com/comments/{post_id}", post_id, author=author)


def reader(settings: Settings, _hosts: HostMemory) -> Reader:
    """By the Data API where the operator has an approved app, else by oEmbed."""
    this = sys.modules[__name__]
    public = embed_reader(this)
    secret = settings.reddit_client_secret.get_secret_value()
    return KeyThenPublic(RedditReader(this, settings.reddit_client_id, secret), public) if secret else public
