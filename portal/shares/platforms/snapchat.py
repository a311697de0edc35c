"""Snapchat: Spotlight. Snaps and stories have no lasting public address.

Sources: yt-dlp (August 2026) for addresses; there is no documented public API.
"""

from __future__ import annotations

from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import STORY
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "snapchat", "Snapchat", frozenset({"snapchat.com"}),
    without_key="nothing documented",
    with_key="nothing",
    with_login="nothing",
    never="stories and snaps: a screenshot and a person",
    profile_form="https://www.snapchat.com/@{name}",
    why_a_person="no_api",
)  # fmt: skip
_NAME = r"(?P<name>[\w.-]{0,39}[\w-])"
_POST = shape(rf"(?:(?:@|add/){_NAME}/)?spotlight/(?P<id>[\w-]{{8,200}})(?:/.*)?")
_SHORT = shape(r"t/\w{4,}")
_PROFILE = shape(rf"(?:@|add/){_NAME}")


def identify(address: Address) -> Identified:
    front, _domain = ABOUT.place(address)
    if front in ("story", "map"):
        return ABOUT.other(STORY)
    if not is_usual_front(front):
        return ABOUT.page(address)
    found = _POST.fullmatch(address.path)
    if found:
        author = (found["name"] or "").lower()
        return ABOUT.post(f"https://www.snapchat.com/spotlight/{found['id']}", found["id"], author=author)
    if _SHORT.fullmatch(address.path):
        return ABOUT.short(f"https://www.snapchat.com/{address.path}")
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.snapchat.com/@{name}", name)
    if address.segments[:1] == ("s",) or (address.segments[:1] == ("p",) and len(address.segments) > 1):
        return ABOUT.other(STORY)
    return ABOUT.page(address)
