"""A post's HTML as the text that people see, and the links behind it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset({"p", "div", "li", "blockquote", "ul", "ol"})
_UNSEEN = frozenset({"script", "style", "template"})
LENGTH_MAX = 64 * 1024
"""Characters of HTML that are read: servers allow posts of a few thousand, who runs one may send any number."""
_NO_TAG = re.compile(r"<(?=[!?]|[^<>]*(?:<|\Z))")
"""A `<` that begins no whole tag: the parser would look for its end as far as the text goes, for each of them."""


_LONG_NUMBER = re.compile(r"&(?=#[0-9]{9}|#[xX][0-9a-fA-F]{9})")
"""A character by a number that no character has: Python refuses to read one of thousands of digits."""


def harmless(html: str) -> str:
    """A stranger's HTML, as the parser reads it without raising and in a time that grows with its length alone."""
    return _LONG_NUMBER.sub("&amp;", _NO_TAG.sub("&lt;", html))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS and self.parts:
            self.parts.append("\n\n")
        classes = (named.get("class") or "").split()
        if tag == "a" and named.get("href") and not {"mention", "hashtag"} & set(classes):
            self.links.append(str(named["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def text_of_html(html: str) -> tuple[str, tuple[str, ...]]:
    """The text with its line breaks, and the addresses it links to; mentions and hashtags are no links.

    Mastodon hides parts of a shown address in spans (`invisible`), not the words: all of it is kept as text. The HTML
    is a stranger's: it is read as far as LENGTH_MAX, in a time that grows with its length alone.
    """
    parser = _Text()
    parser.feed(harmless(html[:LENGTH_MAX]))
    parser.close()
    text = re.sub(r"\n{3,}", "\n\n", "".join(parser.parts)).strip()
    return text, tuple(dict.fromkeys(parser.links))
