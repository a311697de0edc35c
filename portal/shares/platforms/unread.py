"""Addresses that are understood well enough to say why they can't be handed in: other networks, redirects, copies."""

from __future__ import annotations

from portal.shares.platforms.addresses import Address
from portal.shares.platforms.reading import Kind

NOT_YET = {
    "bsky.app": "Bluesky",
    "dai.ly": "Dailymotion",
    "dailymotion.com": "Dailymotion",
    "dev.to": "DEV",
    "discord.com": "Discord",
    "facebook.com": "Facebook",
    "fb.watch": "Facebook",
    "instagram.com": "Instagram",
    "instagr.am": "Instagram",
    "linkedin.com": "LinkedIn",
    "flic.kr": "Flickr",
    "flickr.com": "Flickr",
    "lnkd.in": "LinkedIn",
    "medium.com": "Medium",
    "pin.it": "Pinterest",
    "pinterest.com": "Pinterest",
    "redd.it": "Reddit",
    "reddit.com": "Reddit",
    "snapchat.com": "Snapchat",
    "t.co": "X",
    "t.me": "Telegram",
    "threads.com": "Threads",
    "threads.net": "Threads",
    "tiktok.com": "TikTok",
    "tiktokv.com": "TikTok",
    "tumblr.com": "Tumblr",
    "twitch.tv": "Twitch",
    "twitter.com": "X",
    "vimeo.com": "Vimeo",
    "whatsapp.com": "WhatsApp",
    "x.com": "X",
    "youtu.be": "YouTube",
    "youtube.com": "YouTube",
    "youtube-nocookie.com": "YouTube",
}
"""Hosts, with everything below them, of networks that have no module here yet."""

REDIRECTORS = frozenset(
    {"bit.ly", "buff.ly", "fxtwitter.com", "google.com", "l.facebook.com", "l.instagram.com", "nitter.net", "ow.ly",
     "tinyurl.com", "vxtwitter.com", "web.archive.org"}
)  # fmt: skip
"""Hosts that show or lead to posts of others: the original's address is asked for instead."""

_PAGES = {
    Kind.SEARCH: frozenset({"search", "explore", "tags", "hashtag", "discover"}),
    Kind.SHARE_DIALOG: frozenset({"share", "sharer", "sharer.php", "sharing", "intent", "compose", "publish"}),
    Kind.SIGN_IN: frozenset({"login", "sign_in", "sign-in", "signin", "auth", "oauth"}),
}


def page_kind(address: Address) -> Kind:
    """What a page that is no post probably is, by its first path segment."""
    first = address.segments[0].lower() if address.segments else ""
    return next((kind for kind, words in _PAGES.items() if first in words), Kind.OTHER)


def is_below(host: str, parent: str) -> bool:
    """Is `host` that name or one below it? Never a mere ending: notreddit.com is not reddit.com."""
    return host == parent or host.endswith("." + parent)


def name_of_unread(host: str) -> str | None:
    """The name of a network that can't be read yet."""
    return next((name for known, name in NOT_YET.items() if is_below(host, known)), None)


def is_redirector(host: str) -> bool:
    return any(is_below(host, known) for known in REDIRECTORS)
