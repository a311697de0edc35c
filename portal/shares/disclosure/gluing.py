"""A term that is glued to a brand or its words in one hashtag, or broken up by dots and spaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from portal.shares.disclosure.places import TOGETHER, Language, Term
from portal.shares.disclosure.seeing import HANDLE, Seen, Span, Tag, plain

_HANDLES = re.compile(r"@([A-Za-z0-9_.\-]{3,})")
_RARELY_AFTER_AD = "bcfgkqpntwx0123456789"
"""Hardly any word goes on like this behind “ad”: it is two words in one tag."""
_SHORT = 3
_BREAKS = r"[.\s_*\-/·|]{1,2}"


def glued(seen: Seen, terms: Sequence[Term], languages: Iterable[Language], brand: str) -> Span | None:
    """The first hashtag that has a term and more in it; words that only end or begin alike don't count."""
    if not seen.tags:
        return None
    known = list(languages)
    endings = tuple(each for language in known for each in language.ordinary_endings)
    beginnings = tuple(each for language in known for each in language.ordinary_beginnings)
    brands = _brands(seen, brand)
    for tag in seen.tags:
        written = seen.written((tag.start, tag.end))[1:]
        for term in terms:
            if term.tag == tag.word or term.tag not in tag.word:
                continue
            if term.tag in tag.word.split("_") or _ends(tag, written, term, brands, endings):
                return tag.start, tag.end
            if _begins(tag, written, term, brands, beginnings):
                return tag.start, tag.end
    return None


def broken_up(seen: Seen, terms: Iterable[Term]) -> Span | None:
    """The first term whose letters are set apart: a.d, a d, W e r b u n g."""
    for term in terms:
        if " " in term.text or len(term.text) < 2 or term.tag_only:
            continue
        found = _broken(term.text).search(seen.text)
        if found:
            return found.span()
    return None


@cache
def _broken(text: str) -> re.Pattern[str]:
    apart = _BREAKS.join(map(re.escape, text))
    return re.compile(rf"(?<![\w'&.])(?<!\d\s){apart}(?![\w'&])(?!\.?\s?\d)")


def _brands(seen: Seen, brand: str) -> tuple[str, ...]:
    handles = _HANDLES.findall(seen.caption) if HANDLE in seen.text else []
    return tuple(filter(None, (re.sub(r"\W|_", "", plain(each)) for each in (*handles, brand))))


def _ends(tag: Tag, written: str, term: Term, brands: tuple[str, ...], endings: tuple[str, ...]) -> bool:
    if not tag.word.endswith(term.tag) or len(tag.word) - len(term.tag) < 2:
        return False
    if any(each in tag.word for each in brands):
        return True
    own = written[-len(term.tag) :]
    if own[:1].isupper() and written[: -len(term.tag)][-1:].islower():
        return True
    if term.language in TOGETHER and term.tag.isascii():
        return False
    return not tag.word.endswith(endings)


def _begins(tag: Tag, written: str, term: Term, brands: tuple[str, ...], beginnings: tuple[str, ...]) -> bool:
    if not tag.word.startswith(term.tag):
        return False
    rest = tag.word[len(term.tag) :]
    if any(rest.startswith(each) for each in brands):
        return True
    if written[len(term.tag)].isupper() and not written.isupper() and not written[: len(term.tag)].islower():
        return written[: len(term.tag)].isupper() or written[1 : len(term.tag)].islower()
    if tag.word.startswith(beginnings) or term.language in (*TOGETHER, "de", "nl"):
        return False
    if term.tag == "ad":
        return rest[0] in _RARELY_AFTER_AD
    return len(term.tag) > _SHORT + 1
