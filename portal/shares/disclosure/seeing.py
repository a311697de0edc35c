"""A caption in one form: what the rules look at, and where each of its letters stood.

One form of each letter (NFKC, so ＃ＡＤ is #AD), lower case, Latin letters without accents, straight quotes, nothing
unseen. Addresses become blanks and handles a sign of their own, so that no rule looks inside them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from portal.shares.graphemes import clusters

HANDLE = "\ue000"
"""Stands for a handle; from the private use area, which no caption's text has."""
LINK = "\ue001"
RUN_LENGTH = 4
"""So many hashtags in a row hide one among them."""

Span = tuple[int, int]

_UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", HANDLE: " ", LINK: " ", "\r": "\n", "\u2028": "\n", "\u2029": "\n"}
)
_CJK = "\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef"
_SUFFIXES = (
    "com|net|org|info|biz|edu|gov|io|co|app|shop|store|blog|link|page|site|online|example|test|invalid|me|ly|gl|be|tv|"
    "de|at|ch|fr|nl|es|it|br|pt|jp|kr|uk|eu|us|ie|lu|se|dk|fi|pl|cz|ad|ai|social"
)
_ADDRESS = re.compile(
    rf"(?P<link>(?:https?://|www\.)[^\s{_CJK}]+"
    rf"|(?<![\w@.#])(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+(?:(?:{_SUFFIXES})(?![\w\-])(?:[/?][^\s{_CJK}]*)?|[a-z]{{2,}}/[^\s{_CJK}]*))"
    r"|(?P<mail>(?<![\w@])[a-z0-9][a-z0-9.+_\-]*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+)"
    r"|(?P<handle>(?<![a-z0-9_@])@[a-z0-9_](?:[a-z0-9_.\-]*[a-z0-9_])?(?:@[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?)?)"
)  # fmt: skip
_TAG = re.compile(r"#(\w+)")
_BETWEEN_TAGS = re.compile(r"[^\w#\n\ue000\ue001]*(?:\n[^\w#\n\ue000\ue001]*)?")


@dataclass(frozen=True)
class Tag:
    """A hashtag: `word` is what stands behind the #."""

    start: int
    end: int
    word: str


@dataclass(frozen=True)
class Seen:
    """A caption as the rules see it."""

    caption: str
    """As it was written."""
    text: str
    origin: tuple[int, ...] | None
    """For each letter of `text`, and for its end, where it stood in `caption`; None: at the same place."""

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        return tuple(Tag(found.start(), found.end(), found[1]) for found in _TAG.finditer(self.text))

    @cached_property
    def runs(self) -> tuple[tuple[Tag, ...], ...]:
        """Rows of `RUN_LENGTH` hashtags or more, with nothing but signs between them.

        A new line goes on with the row where both lines are hashtags alone; an empty line ends it.
        """
        rows: list[list[Tag]] = []
        for tag in self.tags:
            if rows and self._follows(rows[-1], tag):
                rows[-1].append(tag)
            else:
                rows.append([tag])
        return tuple(tuple(row) for row in rows if len(row) >= RUN_LENGTH)

    @property
    def first_word(self) -> int:
        """Where the first word or hashtag begins."""
        found = re.search(rf"[#\w{HANDLE}{LINK}]", self.text)
        return found.start() if found else 0

    def where(self, span: Span) -> Span:
        """The same piece in the caption as it was written."""
        if self.origin is None:
            return span
        return self.origin[span[0]], self.origin[span[1]]

    def written(self, span: Span) -> str:
        start, end = self.where(span)
        return self.caption[start:end]

    def signs_before(self, at: int) -> int:
        """How many characters a reader has seen when they come to `at`; unseen ones don't count."""
        if self.caption.isascii():
            return at
        end = self.where((at, at))[0]
        return sum(1 for start, sign in clusters(self.caption[:end]) if _UNSEEN.sub("", sign))

    def lines_before(self, at: int) -> int:
        return self.text.count("\n", 0, at)

    def without(self, spans: list[Span]) -> Seen:
        """The same caption with these pieces out of sight."""
        text = self.text
        for start, end in spans:
            text = text[:start] + LINK * (end - start) + text[end:]
        return Seen(self.caption, text, self.origin)

    def _follows(self, row: list[Tag], tag: Tag) -> bool:
        gap = self.text[row[-1].end : tag.start]
        if not _BETWEEN_TAGS.fullmatch(gap):
            return False
        if "\n" not in gap:
            return True
        line = self.text[self.text.rfind("\n", 0, row[-1].end) + 1 : row[-1].end]
        ends = self.text.find("\n", tag.end)
        next_line = self.text[tag.start : ends if ends >= 0 else len(self.text)]
        return not re.search(r"\w", _TAG.sub("", line)) and not re.search(r"\w", _TAG.sub("", next_line))


def see(caption: str) -> Seen:
    """Bring a caption into the form that the rules look at."""
    if caption.isascii() and "\r" not in caption:
        text = caption.lower().translate(_QUOTES)
        return Seen(caption, _hide_addresses(text), None)
    letters: list[str] = []
    origin: list[int] = []
    for start, sign in clusters(caption):
        shown = _plain_sign(sign)
        letters.append(shown)
        origin.extend([start] * len(shown))
    origin.append(len(caption))
    return Seen(caption, _hide_addresses("".join(letters)), tuple(origin))


def plain(text: str) -> str:
    """One form of each letter, without a word being hidden."""
    if text.isascii():
        return text.lower().translate(_QUOTES)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold())
    return unicodedata.normalize("NFC", "".join(_unaccented(folded))).translate(_QUOTES)


@lru_cache(maxsize=4096)
def _plain_sign(sign: str) -> str:
    return plain(sign)


def _unaccented(text: str) -> Iterator[str]:
    """Latin letters without accents; a mark on any other script's letter is part of it."""
    latin = False
    for sign in unicodedata.normalize("NFD", text):
        if unicodedata.category(sign) == "Mn":
            if not latin:
                yield sign
        else:
            latin = sign < "\u0250"
            yield sign


def _hide_addresses(text: str) -> str:
    return _ADDRESS.sub(lambda found: (HANDLE if found["handle"] else LINK) * len(found[0]), text)
