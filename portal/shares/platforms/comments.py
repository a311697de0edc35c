"""Addresses of comments on networks where a comment is no post of its own.

Elsewhere (Bluesky, Lemmy, Mastodon, Perch, Reddit, Threads, X) a reply or comment is a post with its own address, and
needs nothing here. Sources: what "copy link" of a comment gives on each network, August 2026: YouTube `lc`, Facebook
`comment_id`, LinkedIn `commentUrn`, Telegram `comment`, Instagram `/p/{code}/c/{id}`. None of them can be read without
a login or a key, so a person looks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from portal.shares.platforms.addresses import Address
from portal.shares.platforms.reading import Identified, Kind

PARAMETERS: dict[str, tuple[str, ...]] = {
    "youtube": ("lc",),
    "facebook": ("comment_id",),
    "linkedin": ("commentUrn", "dashCommentUrn"),
    "telegram": ("comment",),
}
NO_POSTS = frozenset({
    "dailymotion", "facebook", "flickr", "instagram", "linkedin", "medium", "peertube", "pinterest", "snapchat",
    "telegram", "tiktok", "twitch", "vimeo", "youtube",
})  # fmt: skip
"""Where the address of a post is never that of somebody's comment."""
_ID = re.compile(r"[\w\-.:(),%=@]{1,200}\Z")
_INSTAGRAM = re.compile(r"(?:[\w.]+/)?(?P<form>p|reels?|tv)/(?P<code>[\w-]{1,56})/c/(?P<comment>[0-9]{5,30})(?:/.*)?\Z")
_TELEGRAM = re.compile(r"(?P<post>[A-Za-z]\w{3,31}/[0-9]{1,10})\Z")


@dataclass(frozen=True, slots=True)
class CommentAddress:
    """Where one comment is: a claim, like every address."""

    platform: str
    url: str
    key: str
    """What makes it one comment."""


def comment_at(address: Address, found: Identified) -> CommentAddress | None:
    """The comment that an address points at; None where it points at none, or its network has none."""
    if found.platform == "instagram":
        here = _INSTAGRAM.match(address.path)
        return _made("instagram", f"https://www.instagram.com/p/{here['code']}/c/{here['comment']}/", here["comment"]) \
            if here else None  # fmt: skip
    for name in PARAMETERS.get(found.platform, ()):
        comment = address.query.get(name, "")
        url = found.canonical if found.kind is Kind.POST else _channel_post(address, found)
        if url and _ID.match(comment):
            between = "&" if "?" in url else "?"
            return _made(found.platform, f"{url}{between}{name}={quote(comment, safe=':(),')}", comment)
    return None


def _channel_post(address: Address, found: Identified) -> str:
    """Telegram's address of a comment is no post's, since its page is the discussion."""
    here = _TELEGRAM.match(address.path) if found.platform == "telegram" else None
    return f"https://t.me/{here['post'].lower()}" if here else ""


def _made(platform: str, url: str, comment: str) -> CommentAddress:
    return CommentAddress(platform, url[:2000], f"{platform}:comment:{comment}"[:500])
