"""YouTube: videos, shorts, streams and community posts.

Sources: developers.google.com/youtube (oEmbed; Data API `videos.list`, 1 unit of 10,000 a day), yt-dlp (August 2026)
for addresses. oEmbed's 401 means that embedding is off, not that the video is missing.
"""

from __future__ import annotations

import re
import sys

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address, NotAnAddress, read_address
from portal.shares.platforms.keyed import KeyThenPublic
from portal.shares.platforms.pages import COLLECTION, LIVE, SIGN_IN
from portal.shares.platforms.reading import HostMemory, Identified, Kind, Reader
from portal.shares.platforms.shapes import is_usual_front, shape, spelled, words
from portal.shares.platforms.youtube_reading import YouTubeEmbedReader, YouTubeReader

ABOUT = About(
    "youtube", "YouTube",
    frozenset({"youtube.com", "youtu.be", "youtube-nocookie.com", "youtubekids.com", "youtubeeducation.com"}),
    without_key="title and channel's name (oEmbed)",
    with_key="channel's id, time, description, privacy, counts (Data API)",
    with_login="nothing more that we ask for",
    never="community posts; the paid-promotion mark",
    profile_form="https://www.youtube.com/@{name}",
)  # fmt: skip
_FRONTS = frozenset({"music", "gaming", "kids", "tv", "img"})
_VIDEO_ID = shape(r"(?P<id>[\w-]{11})(?:[^\w-].*)?")
_POST = shape(r"(?:shorts|live|embed|v|e|vi|watch|video)/(?P<id>[\w-]{11})(?:[^\w-].*)?")
_COMMUNITY = shape(r"post/(?P<id>Ug[\w-]{10,60})")
_WATCH = frozenset({"", "watch", "watch.php", "watch_popup", "movie", "ytscreeningroom"})
_CHANNEL = re.compile(r"(?P<base>@|(?i:channel|c|user)/|)(?P<name>[^/@]{1,100})(?:/(?P<tab>[a-z]+)(?:/.*)?)?")
_CHANNEL_ID = re.compile(r"UC[\w-]{22}", re.A)
_RESERVED = words(
    """
    about account ads attribution_link channel c channels clip consent copyright creators embed feed gaming
    hashtag howyoutubeworks iframe_api jobs kids learning live login logout m movies music new news oembed oops
    playlist playlists podcasts post premium press privacy redirect results s share shared shorts signin source
    sports storefront subscription_center t t.html testtube upload user v verify watch watch_popup yt
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if front in ("consent", "accounts"):
        return ABOUT.other(SIGN_IN)
    if not (is_usual_front(front) or front in _FRONTS):
        return ABOUT.page(address)
    return _video(address, is_short=domain == "youtu.be") or _community(address) or _channel(address)


def _video(address: Address, *, is_short: bool) -> Identified | None:
    path = address.path
    if path.lower() in _WATCH:
        found = _VIDEO_ID.fullmatch(address.query.get("v") or address.query.get("vi") or "")
    else:
        found = _POST.fullmatch(path) or (_VIDEO_ID.fullmatch(path) if is_short else None)
    if path.lower().startswith("embed/") and found and found["id"].lower() in ("videoseries", "live_stream"):
        return ABOUT.other(LIVE if found["id"].lower() == "live_stream" else COLLECTION)
    if found:
        return ABOUT.post(f"https://www.youtube.com/watch?v={found['id']}", found["id"])
    if path.lower() == "attribution_link":
        return _attributed(address.query.get("u", ""))
    return ABOUT.page(address) if is_short else None


def _attributed(onward: str) -> Identified | None:
    """What YouTube's own sharing names as the page to go on to."""
    if not onward.startswith("/") or onward.startswith("/attribution_link"):
        return None
    try:
        found = _video(read_address(f"https://www.youtube.com{onward}"), is_short=False)
    except NotAnAddress:
        return None
    return found if found and found.kind is Kind.POST else None


def _community(address: Address) -> Identified | None:
    found = _COMMUNITY.fullmatch(address.path) or _COMMUNITY.fullmatch(f"post/{address.query.get('lb', '')}")
    return ABOUT.post(f"https://www.youtube.com/post/{found['id']}", found["id"]) if found else None


def _channel(address: Address) -> Identified:
    found = _CHANNEL.fullmatch(address.path)
    if found is None or (not found["base"] and found["name"].lower() in _RESERVED):
        return ABOUT.page(address)
    if found["tab"] == "live":
        return ABOUT.other(LIVE)
    base, name = found["base"].lower(), found["name"]
    if base == "channel/":
        if not _CHANNEL_ID.fullmatch(name):
            return ABOUT.page(address)
    else:
        name = name.lower()
    return ABOUT.profile(f"https://www.youtube.com/{base}{spelled(name)}", f"@{name}" if base == "@" else name)


def reader(settings: Settings, _hosts: HostMemory) -> Reader:
    """By the Data API where the operator has a key, else by oEmbed."""
    this = sys.modules[__name__]
    public = YouTubeEmbedReader(this)
    key = settings.youtube_api_key.get_secret_value()
    return KeyThenPublic(YouTubeReader(this, key), public) if key else public
