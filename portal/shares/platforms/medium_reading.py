"""Reading Medium: what a story's own page says of it.

Source: the page `medium.com/p/{id}`, which leads to the story wherever its publication lives; its JSON-LD (schema.org
NewsArticle or SocialMediaPosting: author, times, `isAccessibleForFree`) and Open Graph. Of a story behind the paywall
only the beginning is there.
"""

from __future__ import annotations

import re

from portal.accounts.ports import Profile, ProfileAddress
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import get_page, moment_from, profile_by, reading_by
from portal.shares.platforms.page_facts import PageFacts, facts_of
from portal.shares.platforms.profiles import guide_of, understand_profile
from portal.shares.platforms.reading import Identified, Post, Problem, Reading, Trouble, UnreadableError, told
from portal.shares.platforms.walls import wall_before

SOURCE = "medium_page"
_FIELDS = ("author_id", "author_name", "posted_at", "visibility", "media")
_AUTHOR = re.compile(r"https://(?:medium\.com/@(?P<name>[\w.-]{1,60})|(?P<blog>[a-z0-9-]{1,63})\.medium\.com/?)", re.I)


class Medium:
    def __init__(self, known: Identifier) -> None:
        self._known = known
        self.guide = guide_of(known.ABOUT, can_prove_by_code=True)

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(lambda: _post(fetcher, identified), source=SOURCE, url=identified.canonical)

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: _profile(fetcher, name))


def _profile(fetcher: Fetcher, name: str) -> Profile:
    url = f"https://medium.com/@{name}/about"
    facts = facts_of(get_page(fetcher, url, source=SOURCE).text, url)
    text = "\n".join(filter(None, (facts.first("og:description", "description"), facts.text)))
    return Profile(name.lower(), name.lower(), text, None)


def _post(fetcher: Fetcher, identified: Identified) -> Post:
    page = get_page(fetcher, identified.canonical, source=SOURCE)
    facts = facts_of(page.text, page.final_url)
    wall = wall_before(facts, identified.canonical)
    if wall:
        raise UnreadableError(Problem(Trouble.LOGIN_WALL, SOURCE, identified.canonical, wall))
    if identified.post_id not in f"{facts.canonical} {facts.first('og:url')} {page.final_url}":
        raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, identified.canonical, "other_shape"))
    return _post_from(facts, identified)


def _post_from(facts: PageFacts, identified: Identified) -> Post:
    author = _AUTHOR.match(facts.author_url)
    name = (author["name"] or author["blog"]).lower() if author else ""
    paywalled = facts.data.get("isAccessibleForFree") in (False, "False", "false")
    edited, image = facts.modified, facts.first("og:image")
    changed = moment_from(edited) if edited else None
    posted = moment_from(facts.published)
    words = "" if paywalled else facts.text
    return Post(
        platform="medium", host="", post_key=identified.post_key, url=identified.canonical,
        author_id=name, author_name=name, text="\n\n".join(filter(None, (facts.headline, words))), posted_at=posted,
        visibility="members" if paywalled else "public", source=SOURCE,
        edited_at=changed if changed and changed > posted else None, links=telling.links(facts.links) if words else (),
        media=(telling.media(image),) if image else (), language=telling.language(facts.language),
        told=told(SOURCE, *_FIELDS) | (told(SOURCE, "text", "links") if words else {})
        | (told(SOURCE, "edited_at") if edited else {}) | (told(SOURCE, "language") if facts.language else {}),
    )  # fmt: skip
