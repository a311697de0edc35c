"""A page or blog of none of the networks.

Source: RFC 6596 (`rel=canonical`): which address is a page's own, only the page itself says. Offline there is its
address as it was pasted, in one spelling, without what only tracks.
"""

from __future__ import annotations

import sys
from urllib.parse import urlencode

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import WEB_PAGE
from portal.shares.platforms.reading import HostMemory, Identified, Kind, Reader
from portal.shares.platforms.shapes import spelled
from portal.shares.platforms.web_reading import WebPages

ABOUT = About(
    "web", "Web page or blog", frozenset(),
    without_key="author, time, text, as far as the page names them (Open Graph, JSON-LD)",
    with_key="nothing more",
    with_login="nothing; whose the host is, once it carries our token",
    never="that the time is true: it is the author's word",
)  # fmt: skip
_TRACKS = ("utm_", "mc_", "pk_", "mtm_", "_hs")
_TRACKS_WHOLE = frozenset({"fbclid", "gclid", "dclid", "msclkid", "twclid", "igshid", "igsh", "yclid", "ttclid", "amp"})


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """Pages that say of themselves what they are."""
    return WebPages(sys.modules[__name__])


def identify(address: Address) -> Identified:
    query = {name: value for name, value in address.query.items() if not _tracks(name.lower())}
    path = "/".join(spelled(segment) for segment in address.segments)
    canonical = f"https://{address.host}/{path}" + (f"?{urlencode(query)}" if query else "")
    key = f"{ABOUT.code}:{canonical}"
    return Identified(ABOUT.code, Kind.OTHER, address.host, canonical, post_key=key, reason=WEB_PAGE)


def _tracks(name: str) -> bool:
    return name in _TRACKS_WHOLE or name.startswith(_TRACKS)
