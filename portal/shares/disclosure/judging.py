"""The rules, in their order: the first that applies decides. Pure; ids are stable and stored with each finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from portal.shares.caption_lengths import WHOLE, Fold
from portal.shares.disclosure.finding_words import Found, Words, first, spans_of
from portal.shares.disclosure.gluing import broken_up, glued
from portal.shares.disclosure.places import EUROPE, TOGETHER, Language, Place, RuleBook, Term
from portal.shares.disclosure.seeing import HANDLE, LINK, Seen, Span, plain, see

_CODE = re.compile(r"(?<![\w#@/])[A-Z]{3,}[0-9]{1,3}(?!\w)")
_WORD_BEFORE = re.compile(r"\w[\w']*")
_NEAR = 40
"""Characters before a sentence in which its subject is looked for."""
_SHORT = 3
"""A foreign word of so few Latin letters counts where a clause begins with it, else it may be anything."""


class Verdict(StrEnum):
    """In order of strictness."""

    MISSING = "missing"
    WEAK = "weak"
    """Something is there that a regulator would object to."""
    CLEAR = "clear"


_STRICTNESS = tuple(Verdict)

WHY: Mapping[str, str] = {
    "R-NEG": "the only ad word is denied",
    "R-CONTRA": "disclosure and its denial together",
    "R-TERM": "accepted term for this place, whole word, before the fold",
    "R-SENTENCE": "plain sentence says what was given and by whom",
    "R-FOLD": "accepted term stands only after the fold",
    "R-RUN": "accepted tag sits inside a run of four or more hashtags",
    "R-LANG": "term is not in the language of this caption's public",
    "R-JOIN": "term is glued to other words or broken up",
    "R-AMBIG": "only a term the regulator names as insufficient, or a thank-you",
    "R-PROFILE": "sends the reader elsewhere for the disclosure",
    "R-SUBSTR": "letters of a term occur only inside other words",
    "R-BRAND": "only a brand mention, code or link",
    "R-NONE": "nothing that discloses",
}
"""Each rule for operators; fans read those of the room's wording."""


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    rule: str
    term: str = ""
    """What was found, as it was written."""
    span: Span | None = None
    """Where it stands in the caption."""
    place: str = ""
    source: str = ""
    """Who says so."""


class Judge:
    """The rules of one place, ready to be applied."""

    def __init__(self, book: RuleBook, place: Place) -> None:
        self.place = place
        self._languages = book.languages
        own = {term.text for term in place.accepted}
        own |= {term.text for term in place.insufficient if term.language in place.languages}
        own |= {term.text for code in place.languages if code in book.languages for term in book.languages[code].vague}
        self._elsewhere_terms = [
            term
            for other in book.places.values()
            if other.code != EUROPE
            for term in other.accepted
            if term.language not in place.languages and term.text not in own
        ]
        self._own = Words(term for term in place.accepted if not term.own_captions_only)
        self._foreign = Words([*self._elsewhere_terms, *(t for t in place.accepted if t.own_captions_only)])
        self._own_in: dict[str, Words] = {}
        self._letters = _letters(book, place)
        named = (part for each in place.sources for part in each.split("; ") if part)
        self._source = "; ".join(dict.fromkeys(named))

    def judge(self, caption: str, *, language: str = "", fold: Fold = WHOLE, brand: str = "") -> Judgement:
        """The verdict of the first rule that applies. `brand`: whose name may be glued to a term."""
        seen = see(caption)
        found = self._judge(seen, self._spoken(seen, language), language, fold, brand)
        where = seen.where(found.span) if found.span else None
        term = caption[slice(*where)] if where else found.term
        return replace(found, span=where, term=term, place=self.place.code, source=found.source or self._source)

    def _judge(self, seen: Seen, spoken: dict[str, Language], language: str, fold: Fold, brand: str) -> Judgement:
        denied = _merged(span for each in spoken.values() for span in spans_of(each.denials, seen.text))
        rest = seen.without(denied) if denied else seen
        sent_away = _merged(span for each in spoken.values() for span in spans_of(each.elsewhere, rest.text))
        terms = [found for found in self._accepted(language).in_(rest, spoken) if not _is_pointer(found, sent_away)]
        terms += self._roles(rest, spoken)
        sentences = self._sentences(rest, spoken)
        if denied:
            if terms or sentences or self._foreign_in(rest, spoken, sent_away):
                return Judgement(Verdict.WEAK, "R-CONTRA", span=denied[0])
            return Judgement(Verdict.MISSING, "R-NEG", span=denied[0])
        if terms or sentences:
            return _placed(seen, sorted(terms, key=lambda each: each.span), sentences, fold)
        foreign = self._foreign_in(rest, spoken, sent_away)
        if foreign:
            return Judgement(Verdict.WEAK, "R-LANG", span=foreign[0])
        return self._near_miss(seen, spoken, sent_away, brand)

    def _near_miss(self, seen: Seen, spoken: dict[str, Language], sent_away: list[Span], brand: str) -> Judgement:
        """No accepted term: the closest thing to one, if there is any."""
        single = [term for term in (*self.place.accepted, *self._elsewhere_terms) if " " not in term.text]
        together = glued(seen, single, spoken.values(), brand) or broken_up(seen, self.place.accepted)
        if together:
            return Judgement(Verdict.WEAK, "R-JOIN", span=together)
        vague = self._vague_in(seen.without(sent_away), spoken)
        if vague:
            return Judgement(Verdict.WEAK, "R-AMBIG", span=vague)
        if sent_away:
            return Judgement(Verdict.WEAK, "R-PROFILE", span=sent_away[0])
        inside = self._letters.search(seen.text)
        if inside:
            return Judgement(Verdict.MISSING, "R-SUBSTR", span=inside.span())
        if _names_a_brand(seen, spoken, brand):
            return Judgement(Verdict.MISSING, "R-BRAND")
        return Judgement(Verdict.MISSING, "R-NONE")

    def _spoken(self, seen: Seen, language: str) -> dict[str, Language]:
        """The languages in which the caption may speak: its own, the place's, English, and those of its letters."""
        codes = {*self.place.languages, language, "en"}
        if not seen.caption.isascii():
            codes |= {"ja", "ko"} if re.search("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", seen.text) else set()
        return {code: self._languages[code] for code in sorted(codes) if code in self._languages}

    def _accepted(self, language: str) -> Words:
        if language not in self._own_in:
            special = [t for t in self.place.accepted if t.own_captions_only and t.language == language]
            plainly = [t for t in self.place.accepted if not t.own_captions_only]
            self._own_in[language] = Words([*plainly, *special]) if special else self._own
        return self._own_in[language]

    def _sentences(self, seen: Seen, spoken: dict[str, Language]) -> list[Span]:
        found = spans_of(self.place.sentences, seen.text)
        for code, language in spoken.items():
            if code in self.place.languages:
                found += _said_of_a_brand(language, seen.text)
        return sorted(found)

    def _foreign_in(self, seen: Seen, spoken: dict[str, Language], sent_away: list[Span]) -> list[Span]:
        """What would be enough elsewhere, in a language that the public here doesn't read."""
        found = [
            each.span
            for each in self._foreign.in_(seen, {**self._languages, **spoken})
            if not _is_pointer(each, sent_away) and (each.is_tag or _is_plain(each.term) or _begins(seen, each))
        ]
        for code, language in spoken.items():
            if code not in self.place.languages:
                found += _said_of_a_brand(language, seen.text)
        return sorted(found)

    def _roles(self, seen: Seen, spoken: dict[str, Language]) -> list[Found]:
        """The brand's name with a role in one tag, where the place takes it."""
        if not self.place.brand_and_role:
            return []
        return [
            Found((tag.start, tag.end), Term(tag.word, code, self._source, tag_only=True), is_tag=True)
            for tag in seen.tags
            for code, language in spoken.items()
            if code in self.place.languages and _role(tag.word, language) == "brand"
        ]

    def _vague_in(self, seen: Seen, spoken: dict[str, Language]) -> Span | None:
        codes = frozenset(spoken)
        if codes not in self._vague:
            own = {term.text for term in self.place.accepted if not term.tag_only}
            terms = [*self.place.insufficient, *(term for each in spoken.values() for term in each.vague)]
            self._vague[codes] = Words((term for term in terms if term.text not in own), vague=True)
        found = [each.span for each in self._vague[codes].in_(seen, spoken)]
        found += [span for each in spoken.values() for span in spans_of(each.thanks, seen.text)]
        found += [(tag.start, tag.end) for tag in seen.tags for each in spoken.values() if _role(tag.word, each) != ""]
        return first(found)

    @cached_property
    def _vague(self) -> dict[frozenset[str], Words]:
        return {}


def judge(
    caption: str, codes: Sequence[str], book: RuleBook, *, language: str = "", fold: Fold = WHOLE, brand: str = ""
) -> Judgement | None:
    """The strictest verdict of the places; None where none is named, or we have no rules for one of them."""
    places = [book.place(code) for code in codes]
    known = [place for place in places if place is not None]
    if not known or len(known) < len(places):
        return None
    found = [judge_of(book, place).judge(caption, language=language, fold=fold, brand=brand) for place in known]
    return min(found, key=lambda each: _STRICTNESS.index(each.verdict))


def judge_of(book: RuleBook, place: Place) -> Judge:
    """The judge of a place, made once for each set of rules."""
    known = book.judges.get(place.code)
    if not isinstance(known, Judge):
        known = book.judges[place.code] = Judge(book, place)
    return known


def _placed(seen: Seen, terms: list[Found], sentences: list[Span], fold: Fold) -> Judgement:
    """An accepted term or a plain sentence is there: does it stand where people see it?"""
    visible = [found for found in terms if fold.shows(seen, found.span)]
    for found in visible:
        if not _buried(seen, found):
            return Judgement(Verdict.CLEAR, "R-TERM", span=found.span, source=found.term.source)
    for span in sentences:
        if fold.shows(seen, span):
            return Judgement(Verdict.CLEAR, "R-SENTENCE", span=span)
    if not visible:
        return Judgement(Verdict.WEAK, "R-FOLD", span=min([*(found.span for found in terms), *sentences]))
    return Judgement(Verdict.WEAK, "R-RUN", span=visible[0].span)


def _buried(seen: Seen, found: Found) -> bool:
    for run in seen.runs:
        if found.is_tag and run[0].start <= found.start < run[-1].end:
            return not (run[0].start == found.start == seen.first_word)
    return False


def _said_of_a_brand(language: Language, text: str) -> list[Span]:
    """Where a plain sentence says what was given; one about a friend, “my sister sent me …”, is none."""
    spans = spans_of(language.sentences, text)
    return [
        span
        for span in spans
        if not language.private_givers.intersection(_WORD_BEFORE.findall(text, max(0, span[0] - _NEAR), span[0])[-1:])
    ]


def _is_pointer(found: Found, sent_away: list[Span]) -> bool:
    """“Ad info in my bio” names where the disclosure is said to be, and is none itself."""
    return not found.is_tag and any(start <= found.start and found.span[1] <= end for start, end in sent_away)


def _is_plain(term: Term) -> bool:
    """Can it be no other word, wherever it stands?"""
    return len(term.text) > _SHORT or not term.text.isascii()


def _begins(seen: Seen, found: Found) -> bool:
    before = seen.text[: found.start].rstrip(" ")
    return not before or not (before[-1].isalnum() or before[-1] in (HANDLE, LINK))


def _role(tag: str, language: Language) -> str:
    """What a hashtag with a role says: "brand", "nobody" (a role without a brand), or "" for none of our business."""
    for role in language.roles:
        who = tag.removesuffix(role) if tag.endswith(role) else tag.removeprefix(role) if tag.startswith(role) else tag
        if who == tag or who in language.other_roles:
            continue
        if who in language.nobodys_roles or len(who) < _SHORT:
            return "nobody"
        return "brand" if tag.endswith(role) else "nobody"
    return ""


def _names_a_brand(seen: Seen, spoken: Mapping[str, Language], brand: str) -> bool:
    if HANDLE in seen.text or LINK in seen.text or _CODE.search(seen.caption):
        return True
    if brand and re.search(rf"(?<!\w){re.escape(plain(brand))}(?!\w)", seen.text):
        return True
    return any(each.codes.search(seen.text) for each in spoken.values())


def _letters(book: RuleBook, place: Place) -> re.Pattern[str]:
    """The letters of a term inside another word: of any country's terms, as readers know them from anywhere."""
    terms = {
        term.text
        for other in book.places.values()
        if other.code != EUROPE
        for term in other.accepted
        if not term.tag_only
    }
    terms |= {term.text for term in place.accepted if term.language in TOGETHER}
    inside = sorted((re.escape(each) for each in terms if " " not in each), key=len, reverse=True)
    return re.compile("|".join(rf"(?<=\w){each}|{each}(?=\w)" for each in inside))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
