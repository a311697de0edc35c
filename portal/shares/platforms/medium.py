"""Medium.

Sources: help.medium.com (addresses of stories and profiles), iframely (June 2026). A publication on a domain of its own
is a web page to us, until its page names medium.com.
"""

from __future__ import annotations

import re
import sys

from config import Settings
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.medium_reading import Medium
from portal.shares.platforms.pages import REDIRECTOR, SIGN_IN
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.shapes import USUAL_FRONTS, shape, spelled

ABOUT = About(
    "medium", "Medium", frozenset({"medium.com"}),
    without_key="author, title, time, and of free stories the text (the page itself)",
    with_key="nothing: the API takes no new apps",
    with_login="nothing",
    never="the text behind the paywall",
    profile_form="https://medium.com/@{name}",
)  # fmt: skip
_POST = re.compile(
    r"(?:amp/)?(?:(?:(?P<author>@[^/]{1,60})|(?!p/|@)[^/]{1,100}|s/[^/]{1,100})/)?(?:[^/]*-)?(?P<id>[0-9a-f]{8,12})(?:/amp)?",
    re.I,
)
_BY_ID = shape(r"(?:amp/)?p/(?:[^/]*-)?(?P<id>[0-9a-f]{8,12})(?:/(?:amp|share|responses))?")
_PROFILE = re.compile(r"(?P<name>@[^/]{1,60})(?:/(?:about|latest|followers|following|responses|highlights|lists))?")
_NO_BLOGS = frozenset({"help", "api", "cdn-images-1", "miro", "glyph", "policy", "status", "partnerprogram", "rsci"})
_NO_PUBLICATIONS = frozenset({"m", "me", "tag", "search", "topic", "u", "feed", "new-story", "plans", "r"})
_BLOG = shape(r"[a-z0-9][a-z0-9-]{0,62}")


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """Stories, as their own pages describe them."""
    return Medium(sys.modules[__name__])


def identify(address: Address) -> Identified:
    front, _domain = ABOUT.place(address)
    if front == "link":
        return ABOUT.short(f"https://link.medium.com/{address.path}") if address.path else ABOUT.other()
    first = address.segments[0].lower() if address.segments else ""
    if first in ("m", "r"):
        return ABOUT.other(SIGN_IN if address.path.lower().startswith("m/signin") else REDIRECTOR)
    of_somebody = front not in USUAL_FRONTS
    if of_somebody and (front in _NO_BLOGS or not _BLOG.fullmatch(front)):
        return ABOUT.page(address)
    found = _BY_ID.fullmatch(address.path) or (None if first in _NO_PUBLICATIONS else _POST.fullmatch(address.path))
    if found:
        author = found.groupdict().get("author") or (f"@{front}" if of_somebody else "")
        post_id = found["id"].lower()
        return ABOUT.post(f"https://medium.com/p/{post_id}", post_id, author=author.lower())
    someone = _PROFILE.fullmatch(address.path)
    if someone or (of_somebody and not address.path):
        name = someone["name"].lower() if someone else f"@{front}"
        return ABOUT.profile(f"https://medium.com/{spelled(name)}", name)
    return ABOUT.page(address)
