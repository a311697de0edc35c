"""What people write on Perch: what is accepted, and how it becomes HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

TEXT_LENGTH_MAX = 10_000
_LINK = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,:;!?)\]}…]")
_MENTION_OR_TAG = re.compile(r"(?<![\w/])([@#])(\w{2,60})")


class Unacceptable(ValueError):
    """Something typed cannot be kept; says what to type instead."""


def tidy(text: str) -> str:
    """One kind of line end, no control characters, nothing at the ends."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in unified if c in "\n\t" or (c >= " " and c != "\x7f")).strip()


def acceptable_line(text: str, *, name: str, length_max: int) -> str:
    """Raises Unacceptable."""
    line = " ".join(tidy(text).split())
    if len(line) > length_max:
        raise Unacceptable(f"{name} may have {length_max} letters at most; this has {len(line)}.")
    return line


def links_in(text: str) -> list[str]:
    return _LINK.findall(text)


def as_html(text: str) -> Markup:
    """Escaped, addresses and mentions as links, hashtags marked. Line breaks are left to `white-space`."""
    parts: list[Markup] = []
    end = 0
    for found in _LINK.finditer(text):
        parts.append(_marked(text[end : found.start()]))
        parts.append(Markup('<a href="{0}" rel="nofollow noopener ugc">{0}</a>').format(found[0]))
        end = found.end()
    parts.append(_marked(text[end:]))
    return Markup("").join(parts)


def _marked(text: str) -> Markup:
    """Marked first and escaped piece by piece: the `#39` of an escaped apostrophe is no hashtag."""
    parts: list[Markup] = []
    end = 0
    for found in _MENTION_OR_TAG.finditer(text):
        parts += (escape(text[end : found.start()]), _as_mark(found[1], found[2]))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _as_mark(sign: str, word: str) -> Markup:
    if sign == "#":
        return Markup('<span class="tag">#{}</span>').format(word)
    if word.isascii() and len(word) <= 30:
        return Markup('<a href="/@{0}">@{0}</a>').format(word)
    return escape(f"@{word}")
