"""DEV (dev.to).

Source: developers.forem.com (`GET /api/articles/{user}/{slug}`, no key, a user agent is asked for).
"""

from __future__ import annotations

from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import PRIVATE
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import USUAL_FRONTS, shape, words

ABOUT = About(
    "devto", "DEV", frozenset({"dev.to"}),
    without_key="author, text, time (Forem API)",
    with_key="nothing more that we ask for",
    with_login="nothing more that we ask for",
    never="drafts",
)  # fmt: skip
_POST = shape(r"(?P<name>[\w-]{1,60})/(?P<slug>[\w-]{1,200})")
_PROFILE = shape(r"(?P<name>[\w-]{1,60})")
_RESERVED = words(
    """
    about admin api apps badge badges challenges checkin code-of-conduct comments connect contact dashboard
    embed enter faq feed guidelines help infinity jobs latest listings liquid_tags new notifications onboarding
    orgs org page p pod podcasts privacy readinglist reactions remoteimages report-abuse rss search security
    series session settings shop signout sitemap social_previews sponsors stories subforems t tag tags terms top
    trending users videos week year month welcome
    """
)
_NO_SLUGS = frozenset({"series", "comment", "comments", "feed", "edit", "followers", "following"})


def identify(address: Address) -> Identified:
    front, _domain = ABOUT.place(address)
    first = address.segments[0].lower() if address.segments else ""
    if front not in USUAL_FRONTS or first in _RESERVED:
        return ABOUT.page(address)
    found = _POST.fullmatch(address.path)
    if found and found["slug"].lower() not in _NO_SLUGS:
        if "-temp-slug-" in found["slug"].lower():
            return ABOUT.other(PRIVATE)
        name, slug = found["name"].lower(), found["slug"].lower()
        return ABOUT.post(f"https://dev.to/{name}/{slug}", f"{name}/{slug}", author=name)
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://dev.to/{name}", name)
    return ABOUT.page(address)
