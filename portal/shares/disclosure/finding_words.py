"""Where the words of a list stand in a caption: whole words, whole hashtags, and as labels, not as everyday nouns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from portal.shares.disclosure.places import TOGETHER, Language, Term
from portal.shares.disclosure.seeing import HANDLE, Seen, Span

_LETTER = r"a-z0-9_\u00df-\u1fff"
_SYLLABLE = "\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_CLAUSE_BEFORE = re.compile(r"[^.!?;:,\n|()\[\]{}\u3000-\u303f•·–—*~\"“”]*$")
_CLAUSE_AFTER = re.compile(rf"[ \t]*(?:(?P<handle>[#{HANDLE}])|(?P<word>\w[\w']*))?")
_WORD = re.compile(r"\w[\w']*")
_LOOK_BACK = 3
"""An article so many words before an everyday noun belongs to it: the new Fell ad."""


@dataclass(frozen=True)
class Found:
    """A term at its place in the plain text."""

    span: Span
    term: Term
    is_tag: bool

    @property
    def start(self) -> int:
        return self.span[0]


class Words:
    """A list of terms, ready to be looked for."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple({(term.text, term.tag_only): term for term in reversed(list(terms))}.values())
        self._by_tag = {term.tag: term for term in self.terms}
        self._by_text = {_spaceless(term.text): term for term in self.terms if not term.tag_only}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        texts = sorted((t.text for t in self.terms if not t.tag_only), key=lambda text: (-len(text), text))
        return re.compile("|".join(map(_whole_word, texts)) or r"(?!)")

    def in_(self, seen: Seen, languages: dict[str, Language]) -> list[Found]:
        """Each place where one of them stands as a label, in order."""
        found = [
            Found((tag.start, tag.end), self._by_tag[tag.word], is_tag=True)
            for tag in seen.tags
            if tag.word in self._by_tag
        ]
        for match in self._pattern.finditer(seen.text):
            term = self._by_text[_spaceless(match[0])]
            if is_label(seen, match.span(), term, languages.get(term.language)):
                found.append(Found(match.span(), term, is_tag=False))
        for code in TOGETHER & languages.keys():
            found += self._said(seen, languages[code])
        return sorted(found, key=lambda each: each.span)

    def _said(self, seen: Seen, language: Language) -> list[Found]:
        """In languages that write words together, a sentence that says it: 광고입니다."""
        own = [term for term in self.terms if term.language == language.code and not term.tag_only]
        spans = [match.span() for match in language.said.finditer(seen.text)]
        found = []
        for start, end in spans:
            for term in own:
                at = seen.text.find(term.text, start, end)
                if at >= 0 and not _within((at, at + len(term.text)), language.other_meanings, seen.text):
                    found.append(Found((at, at + len(term.text)), term, is_tag=False))
                    break
        return found


def is_label(seen: Seen, span: Span, term: Term, language: Language | None) -> bool:
    """Does the word at `span` label the post, or is it a word of a sentence about something else?"""
    if language is None:
        return True
    if _within(span, language.other_meanings, seen.text):
        return False
    if not term.ordinary or language.code in TOGETHER or _within(span, language.said, seen.text):
        return True
    before = _WORD.findall(_clause_before(seen.text, span[0]))
    after = _CLAUSE_AFTER.match(seen.text, span[1])
    next_word, next_handle = (after["word"], after["handle"]) if after else (None, None)
    if next_word in language.after:
        return False
    if not before:
        return True
    if language.before.intersection(before[-_LOOK_BACK:]):
        return seen.written(span).isupper() and before[-1] not in language.before
    return next_word is None or next_handle is not None or next_word in language.connectives


def _clause_before(text: str, at: int) -> str:
    """What stands before `at` in the same clause; an emoji begins a clause as well."""
    found = _CLAUSE_BEFORE.search(text, max(0, at - 120), at)
    clause = found[0] if found else ""
    for back in range(len(clause) - 1, -1, -1):
        sign = clause[back]
        if sign > "\u2190" and not sign.isalnum() and sign != HANDLE:
            return clause[back + 1 :]
    return clause


def _within(span: Span, pattern: re.Pattern[str], text: str) -> bool:
    return any(m.start() <= span[0] and span[1] <= m.end() for m in pattern.finditer(text))


def _whole_word(text: str) -> str:
    """A term as a whole word. Syllables have no spaces to lean on, so they must not run on into others."""
    words = r"[\s\-]+".join(map(re.escape, text.split()))
    first, last = text[0], text[-1]
    is_syllable = [re.match(f"[{_SYLLABLE}]", sign) is not None for sign in (first, last)]
    before = rf"(?<![{_SYLLABLE}#])" if is_syllable[0] else rf"(?<![{_LETTER}#])(?<![{_LETTER}]['\-&])"
    after = f"(?![{_SYLLABLE}])" if is_syllable[1] else rf"(?![{_LETTER}])(?!['\-&][{_LETTER}])"
    return f"{before}{words}{after}"


def _spaceless(text: str) -> str:
    return re.sub(r"[\s\-]+", "", text)


def spans_of(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [found.span() for found in pattern.finditer(text)]


def first(spans: Sequence[Span]) -> Span | None:
    return min(spans, default=None)
