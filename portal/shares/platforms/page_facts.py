"""What a web page says of itself, for programs and for people.

Sources: ogp.me (Open Graph), schema.org in JSON-LD (Article and its kinds), RFC 6596 (`rel=canonical`), the HTML Living
Standard for `lang`, `meta` and the elements that hold the page's own words. The page is a stranger's: it is read as far
as LENGTH_MAX, in a time that grows with its length alone, and all it says is a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from portal.kernel.fetcher import read_json
from portal.shares.platforms.html_text import harmless

LENGTH_MAX = 512 * 1024
"""Characters of a page that are read."""
TEXT_LENGTH_MAX = 64 * 1024
DATA_BLOCKS_MAX = 20
_WHOLE_LINES = frozenset({"p", "div", "li", "blockquote", "ul", "ol", "h1", "h2", "h3", "h4", "section", "br", "tr"})
_AROUND = frozenset({"nav", "header", "footer", "aside", "form", "template", "noscript"})
"""What stands around a page's own words."""
_OWN = frozenset({"article", "main"})
_ARTICLES = frozenset({"Article", "BlogPosting", "NewsArticle", "SocialMediaPosting", "TechArticle", "Report",
                       "VideoObject", "Review", "Recipe", "DiscussionForumPosting", "LiveBlogPosting"})  # fmt: skip


@dataclass
class PageFacts:
    """Everything as the page has it; addresses made whole."""

    url: str
    meta: dict[str, str] = field(default_factory=dict)
    """By name or property in lower case: the first one counts."""
    title: str = ""
    language: str = ""
    canonical: str = ""
    text: str = ""
    """Its own words: those of its article, else of its main part, else all but menus and the like."""
    links: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    """The JSON-LD object that describes the page's article; empty where there is none."""
    has_article: bool = False

    def first(self, *names: str) -> str:
        """The first of these that the page's meta elements have."""
        return next((self.meta[name] for name in names if self.meta.get(name)), "")

    @property
    def headline(self) -> str:
        return self.first("og:title", "twitter:title") or _word(self.data.get("headline")) or self.title

    @property
    def published(self) -> str:
        return _word(self.data.get("datePublished")) or self.first("article:published_time", "date", "dc.date")

    @property
    def modified(self) -> str:
        return _word(self.data.get("dateModified")) or self.first("article:modified_time", "og:updated_time")

    @property
    def author_url(self) -> str:
        authors = self.data.get("author")
        author = authors[0] if isinstance(authors, list) and authors else authors
        named = _word(author.get("url")) if isinstance(author, dict) else ""
        return named or self.first("article:author")

    @property
    def describes_itself(self) -> bool:
        """Does it say that it is an article, or at least what it is about?"""
        return bool(self.data or self.has_article or self.first("og:title", "article:published_time"))


def facts_of(html: str, url: str) -> PageFacts:
    """Read a page that was found at `url`. Never raises."""
    html, blocks = _without_unseen(html[:LENGTH_MAX])
    parser = _Page(url)
    parser.feed(harmless(html))
    parser.close()
    facts = parser.facts
    facts.data = next(_articles(blocks), {})
    facts.text, facts.links = parser.words()
    facts.has_article = bool(parser.own["article"].text)
    return facts


def _without_unseen(html: str) -> tuple[str, list[str]]:
    """The page without its comments, scripts and styles, and its JSON-LD blocks."""
    blocks: list[str] = []
    html = "".join(_cut(html, "<!--", "-->", []))
    for name in ("script", "style", "svg"):
        inside: list[str] = []
        html = "".join(_cut(html, f"<{name}", f"</{name}", inside))
        blocks += [block.partition(">")[2] for block in inside if "ld+json" in block.partition(">")[0].lower()]
    return html.replace("<!doctype html>", "").replace("<!DOCTYPE html>", ""), blocks[:DATA_BLOCKS_MAX]


def _cut(html: str, opening: str, closing: str, inside: list[str]) -> Iterator[str]:
    lower, at = html.lower(), 0
    if len(lower) != len(html):  # a letter whose small form is two
        lower = html
    while (start := lower.find(opening, at)) >= 0:
        yield html[at:start]
        end = lower.find(closing, start + len(opening))
        if end < 0:
            return
        inside.append(html[start + len(opening) : end])
        at = end + len(closing)
        if closing.startswith("</"):
            at = html.find(">", at) + 1 or len(html)
    yield html[at:]


def _articles(blocks: list[str]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        try:
            found = read_json(block.strip())
        except (ValueError, RecursionError):
            continue
        candidates = found if isinstance(found, list) else [found]
        for each in candidates[:DATA_BLOCKS_MAX]:
            graph = each.get("@graph") if isinstance(each, dict) else None
            for one in graph[:DATA_BLOCKS_MAX] if isinstance(graph, list) else [each]:
                if isinstance(one, dict) and _ARTICLES & _types(one):
                    yield one


def _types(found: dict[str, Any]) -> set[str]:
    kind = found.get("@type")
    return {str(each) for each in (kind if isinstance(kind, list) else [kind])}


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


class _Words:
    """Text with its line breaks, and the links in it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.links: list[str] = []

    @property
    def text(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self.parts).splitlines())
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:TEXT_LENGTH_MAX]


class _Page(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.facts = PageFacts(url)
        self.own = {name: _Words() for name in ("article", "main", "")}
        self._inside = dict.fromkeys((*_AROUND, *_OWN, "title"), 0)
        self._base = url

    def words(self) -> tuple[str, tuple[str, ...]]:
        """What the page itself says, from the innermost part that says anything."""
        part = next((each for each in self.own.values() if each.text), self.own[""])
        links = (self._whole(link) for link in part.links)
        return part.text, tuple(dict.fromkeys(link for link in links if link.startswith(("http://", "https://"))))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in reversed(attributes)}
        if tag in self._inside:
            self._inside[tag] += 1
        if tag in _WHOLE_LINES:
            self._add("\n")
        if tag == "a" and named.get("href"):
            for part in self._parts():
                part.links.append(named["href"])
        elif tag == "html":
            self.facts.language = self.facts.language or named.get("lang", "")
        elif tag == "base" and named.get("href") and self._base == self.facts.url:
            self._base = self._whole(named["href"])
        elif tag == "meta":
            name = (named.get("property") or named.get("name") or "").lower()
            self.facts.meta.setdefault(name, named.get("content", "").strip())
        elif tag == "link" and "canonical" in named.get("rel", "").lower().split():
            self.facts.canonical = self.facts.canonical or self._whole(named.get("href", ""))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside.get(tag):
            self._inside[tag] -= 1
        if tag in _WHOLE_LINES:
            self._add("\n")

    def handle_data(self, data: str) -> None:
        if self._inside["title"]:
            self.facts.title = (self.facts.title + data)[:1000].strip()
        else:
            self._add(data)

    def _add(self, text: str) -> None:
        for part in self._parts():
            part.parts.append(text)

    def _parts(self) -> list[_Words]:
        if any(self._inside[name] for name in _AROUND):
            return []
        return [words for name, words in self.own.items() if not name or self._inside[name]]

    def _whole(self, link: str) -> str:
        try:
            return urljoin(self._base, link.strip())
        except ValueError:
            return ""
