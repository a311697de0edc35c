"""DEV (dev.to).

Source: developers.forem.com (`GET /api/articles/{user}/{slug}`, `GET /api/users/by_username`: no key, a user agent is
asked for). An article's number stays when its author takes another name, so that is what makes it one post.
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

from config import Settings
from portal.accounts.ports import Profile, ProfileAddress
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.fetching import get_json, moment_from, profile_by, reading_by
from portal.shares.platforms.html_text import text_of_html
from portal.shares.platforms.pages import PRIVATE
from portal.shares.platforms.profiles import guide_of, understand_profile
from portal.shares.platforms.reading import Counts, HostMemory, Identified, Post, Reader, Reading, told
from portal.shares.platforms.shapes import USUAL_FRONTS, shape, words

ABOUT = About(
    "devto", "DEV", frozenset({"dev.to"}),
    without_key="author's id, text, time, edits, counts (Forem API)",
    with_key="nothing more that we ask for",
    with_login="nothing more that we ask for",
    never="drafts",
    profile_form="https://dev.to/{name}",
)  # fmt: skip
SOURCE = "forem_api"
API = "https://dev.to/api"
_FIELDS = (
    "author_id",
    "author_name",
    "text",
    "posted_at",
    "edited_at",
    "visibility",
    "links",
    "media",
    "counts",
    "relation",
)
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


def reader(_settings: Settings, _hosts: HostMemory) -> Reader:
    """DEV's own interface."""
    return Dev()


class Dev:
    guide = guide_of(ABOUT, can_prove_by_code=True)

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(sys.modules[__name__], typed)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        url = f"{API}/articles/{quote(identified.post_id)}"
        return reading_by(
            lambda: _post_from(get_json(fetcher, url, source=SOURCE)), source=SOURCE, url=identified.canonical
        )

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        url = f"{API}/users/by_username?url={quote(name)}"
        return profile_by(lambda: _profile_from(get_json(fetcher, url, source=SOURCE)))


def _profile_from(found: dict[str, Any]) -> Profile:
    lines = (telling.words(found.get(name)) for name in ("name", "summary", "location", "website_url"))
    return Profile(str(found["id"]), str(found["username"]).lower(), "\n".join(filter(None, lines)), None)


def _post_from(found: dict[str, Any]) -> Post:
    user, number, title = found["user"], int(found["id"]), str(found["title"])
    body, links = text_of_html(str(found["body_html"]))
    edited, cover = found.get("edited_at"), telling.words(found.get("cover_image"))
    tags = " ".join(f"#{tag}" for tag in found.get("tags") or [])
    name, slug = str(user["username"]).lower(), str(found["slug"])
    language = telling.language(found.get("language"))
    return Post(
        platform=ABOUT.code, host="", post_key=f"{ABOUT.code}:{number}", url=f"https://dev.to/{name}/{slug}",
        author_id=str(user["user_id"]), author_name=name, text="\n\n".join(filter(None, (title, body, tags))),
        posted_at=moment_from(str(found["published_timestamp"])), visibility="public", source=SOURCE,
        edited_at=moment_from(str(edited)) if edited else None, links=telling.links(links),
        media=(telling.media(cover),) if cover else (), language=language,
        counts=Counts(likes=telling.count(found.get("public_reactions_count")),
                      comments=telling.count(found.get("comments_count"))),
        told=told(SOURCE, *_FIELDS, *(["language"] if language else [])),
    )  # fmt: skip
