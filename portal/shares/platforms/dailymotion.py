"""Dailymotion.

Sources: developers.dailymotion.com (oEmbed, player addresses), yt-dlp and iframely (June to August 2026).
"""

from __future__ import annotations

import re

from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import is_usual_front, shape, words

ABOUT = About(
    "dailymotion", "Dailymotion", frozenset({"dailymotion.com", "dai.ly"}),
    without_key="title and channel (oEmbed)",
    with_key="nothing more that we ask for",
    with_login="nothing more that we ask for",
    never="private videos",
    profile_form="https://www.dailymotion.com/{name}",
)  # fmt: skip
_LANGUAGE = re.compile(r"\A[a-z]{2}(?:-[a-z]{2})?/(?=.)", re.I)
_ID = r"(?P<id>[a-z0-9]{5,24})(?:_[^/]*)?"
_POST = shape(rf"(?:(?:embed|crawler|swf|amp)/)?video/{_ID}(?:/.*)?|swf/(?P<old>[a-z0-9]{{5,24}})")
_SHORT = shape(rf"(?:video/)?{_ID}")
_PLAYER = shape(r"player(?:/\w+)?\.html")
_PROFILE = shape(r"(?:user/)?(?P<name>[\w.-]{1,59}[\w-])(?:/(?:videos|playlists|about|\d+))?")
_RESERVED = words(
    """
    about archived browse cdn crawler embed explore feed followers groups hub legal live login logout oauth
    partner player playlist playlists press register search settings signin signup swf tags topic upload user
    video videos
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "dai.ly":
        found = _SHORT.fullmatch(address.path)
        return _post(found["id"]) if found else ABOUT.page(address)
    if not (is_usual_front(front) or front in ("touch", "geo", "games", "player")):
        return ABOUT.page(address)
    path = _LANGUAGE.sub("", address.path, count=1)
    found = _POST.fullmatch(path)
    if found:
        return _post(found["id"] or found["old"])
    if _PLAYER.fullmatch(path):
        inside = _SHORT.fullmatch(address.query.get("video", ""))
        return _post(inside["id"]) if inside else ABOUT.other()
    someone = _PROFILE.fullmatch(path)
    if someone and someone["name"].lower() not in _RESERVED:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.dailymotion.com/{name}", name)
    return ABOUT.page(address)


def _post(video_id: str) -> Identified:
    return ABOUT.post(f"https://www.dailymotion.com/video/{video_id}", video_id)
