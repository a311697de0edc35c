"""Reading a page of none of the networks: all that is known of it is what it says of itself.

Whose it is: the host's, and a host is somebody's once its front page carries our code in its title or in a `meta`
element (a blog's tagline will do), where comments and guests can't put it. What makes it one post is its
`rel=canonical` on that host; a page that names one elsewhere says that it is a copy.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l

from portal.accounts.ports import Network, NotAProfile, Profile, ProfileAddress
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.addresses import NotAnAddress, read_address
from portal.shares.platforms.fetching import get_page, moment_from, profile_by, reading_by
from portal.shares.platforms.page_facts import PageFacts, facts_of
from portal.shares.platforms.reading import (
    Certainty,
    Identified,
    Post,
    Problem,
    Reading,
    Relation,
    Trouble,
    UnreadableError,
    told,
)
from portal.shares.platforms.walls import wall_before

CODE = "web"
SOURCE = "web_page"


class WebPages:
    guide = Network(CODE, _l("Web page or blog"), federated=False, example="blog.example", can_prove_by_code=True)

    def __init__(self, known: Identifier) -> None:
        self._known = known

    def understand(self, typed: str) -> ProfileAddress:
        """A host, alone or in an address of its. Raises NotAProfile."""
        try:
            host = read_address(typed).host
        except NotAnAddress:
            raise NotAProfile("not_a_handle") from None
        return ProfileAddress(CODE, "", host.removeprefix("www."), f"https://{host}/")

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: _profile(fetcher, name))

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(lambda: self._post(fetcher, identified), source=SOURCE, url=identified.canonical)

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        page = get_page(fetcher, identified.canonical, source=SOURCE)
        facts = facts_of(page.text, page.final_url)
        wall = wall_before(facts, identified.canonical)
        if wall:
            raise UnreadableError(Problem(Trouble.LOGIN_WALL, SOURCE, identified.canonical, wall))
        if _host_of(page.final_url) != _host_of(identified.canonical):
            raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, identified.canonical, "leads_away"))
        own = self._own(facts.canonical or facts.first("og:url"), identified)
        elsewhere = facts.canonical if facts.canonical and _host_of(facts.canonical) != _host_of(own.canonical) else ""
        return _post_from(facts, own, elsewhere)

    def _own(self, named: str, asked: Identified) -> Identified:
        """The page as it names itself, where that is a page of the same host and not its front page."""
        try:
            found = self._known.identify(read_address(named)) if named else None
        except NotAnAddress:
            found = None
        same = found is not None and found.canonical and _host_of(found.canonical) == _host_of(asked.canonical)
        if found is None or not same or (_is_front(found.canonical) and not _is_front(asked.canonical)):
            return asked
        return found


def _profile(fetcher: Fetcher, name: str) -> Profile:
    url = f"https://{name}/"
    page = get_page(fetcher, url, source=SOURCE)
    if _host_of(page.final_url) != name:
        raise UnreadableError(Problem(Trouble.GONE, SOURCE, url, "leads_away"))
    facts = facts_of(page.text, page.final_url)
    return Profile(name, name, "\n".join([facts.title, *facts.meta.values()]), None)


def _post_from(facts: PageFacts, own: Identified, elsewhere: str) -> Post:
    host = _host_of(own.canonical)
    posted, edited = _moment(facts.published), _moment(facts.modified)
    image, film = facts.first("og:image", "og:image:url"), facts.first("og:video", "og:video:url")
    headline = "" if facts.text.startswith(facts.headline) else facts.headline
    language = telling.language(facts.language or facts.first("og:locale") or facts.data.get("inLanguage"))
    claimed = {
        "posted_at": posted, "edited_at": edited, "language": language, "about_url": elsewhere,
    }  # fmt: skip
    return Post(
        platform=CODE, host="", post_key=own.post_key, url=own.canonical, author_id=host, author_name=host,
        text="\n\n".join(filter(None, (headline, facts.text))), posted_at=posted, source=SOURCE,
        edited_at=edited if edited and posted and edited > posted else None,
        visibility="unlisted" if "noindex" in facts.first("robots").lower() else "public",
        links=telling.links(facts.links),
        media=(*((telling.media(image, alt=facts.first("og:image:alt")),) if image else ()),
               *((telling.media(film, kind="video"),) if film else ())),
        language=language, relation=Relation.REPOST if elsewhere else Relation.ORIGINAL, about_url=elsewhere,
        told=told(SOURCE, "author_id", "author_name", "text", "links", "media", "visibility")
        | told(SOURCE, "relation", *(name for name, value in claimed.items() if value), certainty=Certainty.CLAIMED),
    )  # fmt: skip


def _moment(written: str) -> datetime | None:
    try:
        return moment_from(written)
    except (ValueError, OverflowError):
        return None


def _host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query
