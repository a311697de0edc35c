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
_SHORT = 3
_KATAKANA = "\u30a1-\u30ff"
_ENDINGS = (
    r"(?=[\u3040-\u309f]|(?:으로|로|에서|에|을|를|이|가|은|는|과|와|의|도|입니다|이에요|예요|임|이며|이고)(?![가-힣]))"
)
"""What particles and the word for “is” look like, written onto a word in Japanese and Korean."""
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
    """A list of terms, ready to be looked for.

    `vague`: they say little, so that an everyday one is a label only where nothing goes on behind it, “Press the
    button”; and where words are written together, they are found with their endings, アンバサダーとして.
    """

    def __init__(self, terms: Iterable[Term], *, vague: bool = False) -> None:
        self._vague = vague
        self.terms = tuple({(term.text, term.tag_only): term for term in reversed(list(terms))}.values())
        self._by_tag = {term.tag: term for term in self.terms}
        self._by_text = {_spaceless(term.text): term for term in self.terms if not term.tag_only}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        texts = sorted((t.text for t in self.terms if not t.tag_only), key=lambda text: (-len(text), text))
        return re.compile("|".join(_whole_word(text, with_endings=self._vague) for text in texts) or r"(?!)")

    def in_(self, seen: Seen, languages: dict[str, Language]) -> list[Found]:
        """Each place where one of them stands as a label, in order."""
        found = [
            Found((tag.start, tag.end), self._by_tag[tag.word], is_tag=True)
            for tag in seen.tags
            if tag.word in self._by_tag
        ]
        for match in self._pattern.finditer(seen.text):
            term = self._by_text[_spaceless(match[0])]
            if is_label(seen, match.span(), term, languages.get(term.language), vague=self._vague):
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


def is_label(seen: Seen, span: Span, term: Term, language: Language | None, *, vague: bool = False) -> bool:
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
    if not before and not (vague and _goes_on(seen, span, next_word)):
        return True
    if language.before.intersection(before[-_LOOK_BACK:]):
        return seen.written(span).isupper() and before[-1] not in language.before
    return next_word is None or next_handle is not None or next_word in language.connectives


def _goes_on(seen: Seen, span: Span, next_word: str | None) -> bool:
    """Is it the first word of a sentence? Short ones in capitals, “PR”, are not."""
    shouted = span[1] - span[0] <= _SHORT and seen.written(span).isupper()
    return next_word is not None and not shouted


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


def _whole_word(text: str, *, with_endings: bool = False) -> str:
    """A term as a whole word. Syllables have no spaces to lean on, so they must not run on into others; where vague
    words are looked for, particles may follow, and go before words in katakana."""
    words = r"[\s\-]+".join(map(re.escape, text.split()))
    first, last = text[0], text[-1]
    is_syllable = [re.match(f"[{_SYLLABLE}]", sign) is not None for sign in (first, last)]
    among = _KATAKANA if with_endings and re.match(f"[{_KATAKANA}]", first) else _SYLLABLE
    before = rf"(?<![{among}#])" if is_syllable[0] else rf"(?<![{_LETTER}#])(?<![{_LETTER}]['\-&])"
    ends = f"(?:(?![{_SYLLABLE}])|{_ENDINGS})" if with_endings else f"(?![{_SYLLABLE}])"
    after = ends if is_syllable[1] else rf"(?![{_LETTER}])(?!['\-&][{_LETTER}])"
    return f"{before}{words}{after}"


def _spaceless(text: str) -> str:
    return re.sub(r"[\s\-]+", "", text)


def spans_of(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [found.span() for found in pattern.finditer(text)]


def first(spans: Sequence[Span]) -> Span | None:
    return min(spans, default=None)
