"""Does a caption say that it is advertising? Pure rules over the data of `disclosure_terms.json`.

The rules have stable ids (R-TERM, R-FOLD …) that a finding names; they are tried in the order in which they are written
in `judge`. Words count as whole words or whole hashtags, never inside an address or a handle.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("disclosure_terms.json")
RUN_LENGTH = 4
"""So many hashtags in a row hide one among them."""
_UNSEEN = re.compile("[\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")
_NO_WORDS = re.compile(r"(?:https?://|www\.)\S+|(?<!\w)@[\w.\-]+(?:@[\w.\-]+)?")
_TAG_RUN = re.compile(rf"(?:#\w+[^\S\n]*){{{RUN_LENGTH},}}")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_CJK = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_MENTION = re.compile(r"(?<!\w)@\w|https?://")


class Verdict(StrEnum):
    CLEAR = "clear"
    WEAK = "weak"
    """Something is there that a regulator would object to."""
    MISSING = "missing"


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    rule: str
    term: str = ""
    """What was found, as it was written."""


@dataclass(frozen=True)
class Rules:
    """What counts in one place."""

    place: str
    accepted: tuple[str, ...]
    insufficient: tuple[str, ...]
    foreign: tuple[str, ...]
    """Accepted elsewhere; weak here because the public doesn't read that language. Empty where any language does."""
    brand_roles: bool
    folds: dict[str, int]
    first_line: str
    source: str

    def suggestion(self, *, brand: str) -> str:
        """A first line to copy."""
        return self.first_line.format(brand=brand)


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return loaded


@cache
def rules_for(place: str) -> Rules | None:
    """The rules of a country (ISO code), or None where we have none."""
    places, common = _data()["places"], _data()["common"]
    here = places.get(place)
    if here is None:
        return None
    elsewhere = {term for other in places.values() for term in other["accepted"]} - set(here["accepted"])
    return Rules(
        place=place, accepted=_longest_first(here["accepted"]),
        insufficient=_longest_first({*here["insufficient"], *common["insufficient"]} - set(here["accepted"])),
        foreign=_longest_first(elsewhere) if here["own_language"] else (),
        brand_roles=here.get("brand_roles", False), folds=_data()["folds"],
        first_line=here["suggestion"], source=here["source"],
    )  # fmt: skip


def judge(caption: str, rules: Rules, *, platform: str = "", brand: str = "") -> Judgement:
    """The verdict of the first rule that applies. `brand`: whose name may be glued to a term."""
    text = normalise(caption)
    common = _data()["common"]
    denied = _spans(common["denials"], text)
    rest = _without(text, denied)
    terms = _accepted_in(rest, rules)
    sentences = _spans(common["sentences"], rest)
    if denied:
        found = text[slice(*denied[0])]
        if terms or sentences:
            return Judgement(Verdict.WEAK, "R-CONTRA", found)
        return Judgement(Verdict.MISSING, "R-NEG", found)
    if terms or sentences:
        return _placed(text, terms, sentences, fold=rules.folds.get(platform))
    glue = re.sub(r"\W", "", normalise(brand))
    return _near_miss(text, rules, names_somebody=_MENTION.search(caption) is not None, glue=glue)


def normalise(caption: str) -> str:
    """One form of each letter, lower case, nothing unseen; addresses and handles become blanks of the same length."""
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", caption)).casefold()
    return _NO_WORDS.sub(lambda found: " " * len(found[0]), plain)


Span = tuple[int, int]


def _placed(text: str, terms: list[Span], sentences: list[Span], *, fold: int | None) -> Judgement:
    """An accepted term or a plain sentence is there: does it stand where people see it?"""
    runs = [found.span() for found in _TAG_RUN.finditer(text)]
    seen = [span for span in terms if fold is None or span[0] < fold]
    for span in seen:
        if not any(start < span[0] < end or (start == span[0] and start > _first_letter(text)) for start, end in runs):
            return Judgement(Verdict.CLEAR, "R-TERM", text[slice(*span)])
    for span in sentences:
        if fold is None or span[0] < fold:
            return Judgement(Verdict.CLEAR, "R-SENTENCE", text[slice(*span)])
    if not seen:
        return Judgement(Verdict.WEAK, "R-FOLD", text[slice(*min(terms + sentences))])
    return Judgement(Verdict.WEAK, "R-RUN", text[slice(*seen[0])])


def _near_miss(text: str, rules: Rules, *, names_somebody: bool, glue: str) -> Judgement:
    """No accepted term: the closest thing to one, if there is any."""
    common = _data()["common"]
    foreign = _occurrences(rules.foreign, text)
    if foreign:
        return Judgement(Verdict.WEAK, "R-LANG", text[slice(*foreign[0])])
    joined = _joined(text, rules, glue)
    if joined:
        return Judgement(Verdict.WEAK, "R-JOIN", joined)
    vague = _occurrences(rules.insufficient, text)
    if vague:
        return Judgement(Verdict.WEAK, "R-AMBIG", text[slice(*vague[0])])
    elsewhere = _spans(common["elsewhere"], text)
    if elsewhere:
        return Judgement(Verdict.WEAK, "R-PROFILE", text[slice(*elsewhere[0])])
    inside = next((term for term in rules.accepted if term.strip("#") in text), None)
    if inside:
        return Judgement(Verdict.MISSING, "R-SUBSTR", inside.strip("#"))
    if names_somebody or re.search(common["discount_codes"], text):
        return Judgement(Verdict.MISSING, "R-BRAND")
    return Judgement(Verdict.MISSING, "R-NONE")


def _accepted_in(text: str, rules: Rules) -> list[Span]:
    found = _occurrences(rules.accepted, text)
    if rules.brand_roles:
        common = _data()["common"]
        roles = re.compile(rf"#(\w{{3,}}?)(?:{'|'.join(common['roles'])})(?!\w)")
        found += [m.span() for m in roles.finditer(text) if m[1] not in common["generic_roles"]]
    return sorted(found)


def _joined(text: str, rules: Rules, glue: str) -> str:
    """A term glued to other words in one hashtag, or broken up by dots and blanks."""
    ordinary = tuple(_data()["common"]["ordinary_words"])
    for term in (each.strip("#") for each in rules.accepted if " " not in each):
        for found in re.finditer(rf"#\w+{re.escape(term)}(?!\w)", text):
            if not found[0].endswith(ordinary) or (glue and glue in found[0]):
                return found[0]
        broken = r"[.\s_*-]".join(map(re.escape, term))
        apart = re.search(rf"(?<!\w){broken}(?!\w)", text) if term.isascii() and len(term) > 1 else None
        if apart:
            return apart[0]
    return ""


def _occurrences(terms: Iterable[str], text: str) -> list[Span]:
    return sorted(found.span() for term in terms for found in _pattern(term).finditer(text))


@cache
def _pattern(term: str) -> re.Pattern[str]:
    """The term as a whole word or hashtag. Korean and Japanese have no spaces to lean on, so their edges differ."""
    sign = "#" if term.startswith("#") else "#?"
    words = r"\s+".join(re.escape(word) for word in unicodedata.normalize("NFKC", term.strip("#")).casefold().split())
    if _HANGUL.search(term):
        return re.compile(rf"(?<![\uac00-\ud7a3]){sign}{words}(?![\uac00-\ud7a3])")
    if _CJK.search(term):
        return re.compile(f"{sign}{words}")
    latin = r"a-z0-9_\u00c0-\u024f"
    return re.compile(rf"(?<![{latin}#']){sign}{words}(?![{latin}])")


def _spans(patterns: Iterable[str], text: str) -> list[Span]:
    """Where one of `patterns` stands, between word edges except in scripts that have none."""
    edged = (p if _CJK.search(p) or _HANGUL.search(p) else rf"(?<!\w)(?:{p})(?!\w)" for p in patterns)
    return sorted(found.span() for pattern in edged for found in re.finditer(pattern, text))


def _without(text: str, spans: list[Span]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _first_letter(text: str) -> int:
    return len(text) - len(text.lstrip())


def _longest_first(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(terms, key=lambda term: (-len(term), term)))
