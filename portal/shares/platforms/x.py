"""X, formerly Twitter.

Sources: docs.x.com (publish.x.com/oembed, X API v2 and its prices of April 2026), yt-dlp and gallery-dl (August 2026)
for addresses. X does not check the name in an address: only the number leads to the post.
"""

from __future__ import annotations

import sys

from config import Settings
from portal.shares.platforms import id_times, x_embed
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.keyed import KeyThenPublic
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.shapes import is_usual_front, shape, words
from portal.shares.platforms.x_reading import XReader

ABOUT = About(
    "x", "X", frozenset({"x.com", "twitter.com", "t.co", "twimg.com"}),
    without_key="name, text unless it is long, language (publish.x.com/oembed); the time from the id",
    with_key="author's id, time, edits, text, counts, what it quotes or answers (API v2, from $0.005 a post)",
    with_login="own posts, the same fields (API v2, $0.001 a post)",
    never="protected posts, which look like deleted ones; that the name in the address is the author's",
    profile_form="https://x.com/{name}",
)  # fmt: skip
_ID = r"(?P<id>[1-9]\d{0,18})"
_POST = shape(rf"(?:i/web/|i/|@?(?P<author>\w{{1,20}})/)?(?:status(?:es)?|article)/{_ID}(?:/(?P<tail>\w+).*)?")
_PLAYER = shape(rf"i/(?:videos(?:/tweet)?|cards/tfw/v1)/{_ID}")
_LISTS = words("likes retweets reposts quotes analytics hidden history media_tags")
_PROFILE = shape(
    r"@?(?P<name>\w{1,20})(?:/(?:with_replies|media|likes|timeline|tweets|highlights|articles|photo|header_photo))?"
)
_RESERVED = words(
    """
    i home explore search hashtag hashtags login signup intent share settings messages notifications compose tos
    privacy about jobs download account logout who_to_follow oauth bookmarks lists widgets communities status
    statuses rules topics premium help verified
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "t.co" or (front == "pic" and domain != "twimg.com"):
        short = not front or front == "pic"
        return ABOUT.short(f"https://{address.host}/{address.path}") if short and address.path else ABOUT.other()
    if front == "platform" and address.path.lower() == "embed/tweet.html":
        return _post(address.query.get("id", ""), "") or ABOUT.other()
    if domain == "twimg.com" or not is_usual_front(front):
        return ABOUT.page(address)
    found = _POST.fullmatch(address.path)
    if found and (found["tail"] or "").lower() not in _LISTS:
        return _post(found["id"], found["author"] or "") or ABOUT.other()
    player = _PLAYER.fullmatch(address.path)
    if player:
        return _post(player["id"], "") or ABOUT.other()
    someone = _PROFILE.fullmatch(address.path)
    if someone and someone["name"].lower() not in _RESERVED:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://x.com/{name}", name)
    return ABOUT.page(address)


def _post(post_id: str, author: str) -> Identified | None:
    if not post_id.isdecimal() or len(post_id) > 19:
        return None
    author = "" if author.lower() == "i" else author.lower()
    return ABOUT.post(
        f"https://x.com/{author or 'i'}/status/{post_id}", post_id, author=author,
        posted_at=id_times.of_x(int(post_id)),
    )  # fmt: skip


def reader(settings: Settings, _hosts: HostMemory) -> Reader:
    """By the API where the operator has a key, else by oEmbed."""
    this = sys.modules[__name__]
    public = x_embed.reader(this)
    key = settings.x_bearer_token.get_secret_value()
    return KeyThenPublic(XReader(this, key), public) if key else public
