"""Threads.

Sources: developers.facebook.com (Threads API with `threads_basic`; oEmbed with an app's token, terms that forbid any
use but display, read March 2026); gallery-dl and ClearURLs for addresses.
"""

from __future__ import annotations

from portal.shares.platforms import id_times
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import REDIRECTOR
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "threads", "Threads", frozenset({"threads.com", "threads.net"}),
    without_key="nothing; the time from the code",
    with_key="nothing we may use: the oEmbed terms allow display only",
    with_login="own posts: id, text, time, link (Threads API, threads_basic)",
    never="without the fan's login everything but the time",
    profile_form="https://www.threads.com/@{name}",
    why_a_person="terms",
)  # fmt: skip
_POST = shape(r"(?:@(?P<author>[\w.]{0,29}\w)/post|t)/(?P<code>[\w-]{5,28})(?:/.*)?")
_PROFILE = shape(r"@(?P<name>[\w.]{0,29}\w)(?:/(?:replies|media|reposts))?")


def identify(address: Address) -> Identified:
    front, _domain = ABOUT.place(address)
    if front == "l":
        return ABOUT.other(REDIRECTOR)
    if not is_usual_front(front):
        return ABOUT.page(address)
    found = _POST.fullmatch(address.path)
    if found:
        author, code = (found["author"] or "").lower(), found["code"]
        path = f"@{author}/post/{code}" if author else f"t/{code}"
        at = id_times.of_meta_code(code)
        return ABOUT.post(f"https://www.threads.com/{path}", code, author=author, posted_at=at)
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.threads.com/@{name}", name)
    return ABOUT.page(address)
