"""Reading Telegram: what it shows of a public channel's post to be embedded in other pages.

Source: the page `t.me/{channel}/{n}?embed=1`, which Telegram's own widget (core.telegram.org/widgets/post) shows; its
classes are not documented. It names the channel, never the person, and no other id of either: a name may be given away
and taken up by somebody else, who then also has the posts.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from portal.accounts.ports import Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import get_page, moment_from, profile_by, reading_by
from portal.shares.platforms.html_text import harmless
from portal.shares.platforms.page_facts import facts_of
from portal.shares.platforms.profiles import guide_of, understand_profile
from portal.shares.platforms.reading import (
    Counts,
    Identified,
    Media,
    MediaKind,
    Post,
    Problem,
    Reading,
    Relation,
    Trouble,
    UnreadableError,
    told,
)

SOURCE = "telegram_embed"
LENGTH_MAX = 256 * 1024
_FIELDS = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "relation")
_PICTURE = re.compile(r"url\('?(https?://[^')\s]{1,2000})'?\)")
_POST_PATH = re.compile(r"https://t\.me/(?P<name>\w{4,32})/(?P<id>\d{1,10})\Z")
_VOID = frozenset({"img", "br", "meta", "link", "input", "source", "hr", "wbr"})
_THOUSANDS = {"K": 1_000, "M": 1_000_000}


class Telegram:
    def __init__(self, known: Identifier) -> None:
        self._known = known
        self.guide = guide_of(known.ABOUT, can_prove_by_code=True)

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(lambda: self._post(fetcher, identified), source=SOURCE, url=identified.canonical)

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: _profile(fetcher, name))

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        page = get_page(fetcher, f"{identified.canonical}?embed=1&mode=tme", source=SOURCE)
        seen = _Widget()
        seen.feed(harmless(page.text[:LENGTH_MAX]))
        seen.close()
        if seen.texts["error"]:
            raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, "not_shown"))
        if seen.post.lower() != identified.post_id.lower() or not seen.posted:
            raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, identified.canonical, "other_shape"))
        return _post_from(seen, identified)


def _profile(fetcher: Fetcher, name: str) -> Profile:
    facts = facts_of(get_page(fetcher, f"https://t.me/{name}", source=SOURCE).text, f"https://t.me/{name}")
    if not facts.first("og:title") or facts.first("og:title").startswith("Telegram: "):
        raise ProfileUnreadable("not_found")
    return Profile(name.lower(), name.lower(), facts.first("og:description"), None)


def _post_from(seen: _Widget, identified: Identified) -> Post:
    texts = seen.texts
    views = _number(texts["views"])
    relation, about = Relation.ORIGINAL, ""
    if seen.hrefs["reply"]:
        relation, about = Relation.REPLY, seen.hrefs["reply"]
    elif seen.forwarded:
        relation, about = Relation.REPOST, seen.hrefs["forwarded_from_name"]
    post = _POST_PATH.match(about.partition("?")[0])
    key = f"telegram:{post['name'].lower()}/{post['id']}" if post else ""
    return Post(
        platform="telegram", host="", post_key=identified.post_key, url=identified.canonical,
        author_id=identified.author, author_name=identified.author, text=texts["text"].strip(),
        posted_at=moment_from(seen.posted), visibility="public", source=SOURCE,
        links=telling.links(seen.links), media=tuple(seen.media), relation=relation,
        counts=Counts(views=views) if views is not None else None, about_key=key, about_url=about if key else "",
        told=told(SOURCE, *_FIELDS, *(["counts"] if views is not None else []))
        | (told(SOURCE, "about_key", "about_url") if key else {}),
    )  # fmt: skip


def _number(shown: str) -> int | None:
    """A count as it is shown, rounded: 874, 1.2K, 3M."""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,3})?)([KM]?)", shown.strip())
    return int(float(found[1]) * _THOUSANDS.get(found[2], 1)) if found else None


class _Widget(HTMLParser):
    """The parts of the widget that carry a class of their own."""

    _TEXTS = ("text", "views", "error")
    _LINKED = ("reply", "forwarded_from_name")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hrefs: dict[str, str] = dict.fromkeys(self._LINKED, "")
        self.links: list[str] = []
        self.media: list[Media] = []
        self.post = self.posted = ""
        self.forwarded = False
        self._words: dict[str, list[str]] = {name: [] for name in self._TEXTS}
        self._open: list[str] = []
        """What each open element is for; empty for most."""
        self._within: list[str] = []
        """Those of them that are for something."""

    @property
    def texts(self) -> dict[str, str]:
        return {name: "".join(words) for name, words in self._words.items()}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named: dict[str, Any] = dict(attributes)
        parts = {
            each.removeprefix("tgme_widget_message_") for each in str(named.get("class") or "").split()
            if each.startswith("tgme_widget_message_")
        }  # fmt: skip
        href = str(named.get("href") or "")
        self.post = self.post or str(named.get("data-post") or "")
        self.forwarded = self.forwarded or "forwarded_from" in parts
        for part in parts & set(self._LINKED):
            self.hrefs[part] = self.hrefs[part] or href
        if tag == "time" and named.get("datetime") and not self.posted:
            self.posted = str(named["datetime"])
        if tag == "br":
            self.handle_data("\n")
        if tag == "a" and self._within == ["text"]:
            self.links.append(href)
        self._see(parts, str(named.get("style") or ""), href)
        if tag not in _VOID:
            self._open.append(next((part for part in ("reply", *self._TEXTS) if part in parts), ""))
            self._within += filter(None, self._open[-1:])

    def _see(self, parts: set[str], style: str, href: str) -> None:
        picture = _PICTURE.search(style)
        if "photo_wrap" in parts and picture:
            self.media.append(Media(picture[1]))
        elif "video_player" in parts:
            self.media.append(Media(href, kind=MediaKind.VIDEO))

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag not in _VOID and self._open.pop():
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if self._within and self._within[0] != "reply":  # where the words of another post are quoted
            self._words[self._within[-1]].append(data)
