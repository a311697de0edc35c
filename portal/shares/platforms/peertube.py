"""PeerTube: any server that says of itself, by nodeinfo, that it runs PeerTube.

Sources: docs.joinpeertube.org (REST API `GET /api/v1/videos/{id}`), yt-dlp and gallery-dl (August 2026) for addresses.
A video has a UUID and a short form of it, the same number in base 58 (short-uuid's Flickr alphabet): one post key.
"""

from __future__ import annotations

import re
from uuid import UUID

from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.base58 import number_of
from portal.shares.platforms.pages import COLLECTION
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import shape

ABOUT = About(
    "peertube", "PeerTube", frozenset(),
    without_key="account, text, time, privacy (the server's API)",
    with_key="nothing more: it takes none",
    with_login="nothing more that we ask for",
    never="private and internal videos",
    software=frozenset({"peertube"}),
)  # fmt: skip
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_POST = shape(rf"(?:w|videos/(?:watch|embed|live))/(?P<id>{_UUID}|(?-i:[1-9a-km-zA-HJ-NP-Z]{{20,22}}))")
_UUID_ALONE = re.compile(_UUID)
_LIST = shape(r"(?:w/p|videos/watch/playlist|video-playlists/embed)/.+")
_PROFILE = shape(
    r"(?:a|accounts)/(?P<name>[\w.-]{0,99}[\w-])(?:@(?P<home>[a-z0-9.-]+[a-z0-9]))?(?:/(?:video-channels|videos|about))?"
)


def identify(address: Address) -> Identified:
    host = address.host
    found = _POST.fullmatch(address.path)
    if found:
        return _video(host, found["id"])
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        home = (someone["home"] or host).lower()
        at_home = "" if home == host else f"@{home}"
        name = someone["name"].lower()
        return ABOUT.profile(f"https://{host}/a/{name}{at_home}", f"{name}{at_home}", host=host)
    return ABOUT.other(COLLECTION, host=host) if _LIST.fullmatch(address.path) else ABOUT.page(address, host=host)


def _video(host: str, written: str) -> Identified:
    if _UUID_ALONE.fullmatch(written.lower()):
        written = written.lower()
        number = UUID(written).int
    else:
        number = number_of(written)
    uuid = UUID(int=number) if number < 2**128 else written
    return ABOUT.post(f"https://{host}/w/{written}", written, host=host, key=f"{host}:{uuid}")
