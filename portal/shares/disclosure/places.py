"""What the rules know: which words disclose an advertisement, by place and by language, each list with its source.

`data/places/` has a file for each country, `eu.toml` for the European countries without one; `data/languages/` says how
people speak of advertising in a language, wherever they post. `loading` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from portal.shares.disclosure.seeing import plain

TOGETHER = frozenset({"ja", "ko", "zh", "th"})
"""Languages that lean on no spaces."""
EUROPE = "EU"
ENGLISH = "en"


@dataclass(frozen=True)
class Term:
    """A word or phrase, as an entry of a file has it."""

    shown: str
    """As it is written to people, without its #."""
    language: str
    source: str
    tag_only: bool = False
    ordinary: bool = False
    """Also an everyday noun: counts where it stands as a label, not in the middle of a sentence."""
    own_captions_only: bool = False
    """Counts in captions of its own language alone."""

    @cached_property
    def text(self) -> str:
        return plain(self.shown)

    @cached_property
    def tag(self) -> str:
        """As a whole hashtag, without its #."""
        return re.sub(r"\W", "", self.text)


@dataclass(frozen=True)
class Language:
    """How people speak of advertising in one language. Patterns are over plain text."""

    code: str
    source: str
    denials: re.Pattern[str]
    sentences: re.Pattern[str]
    thanks: re.Pattern[str]
    elsewhere: re.Pattern[str]
    codes: re.Pattern[str]
    said: re.Pattern[str]
    other_meanings: re.Pattern[str]
    vague: tuple[Term, ...]
    before: frozenset[str]
    after: frozenset[str]
    connectives: frozenset[str]
    ordinary_endings: tuple[str, ...]
    ordinary_beginnings: tuple[str, ...]
    roles: tuple[str, ...]
    nobodys_roles: frozenset[str]
    """In front of a role, these are no brand …"""
    other_roles: frozenset[str]
    """… and these make it a role in life, not for a brand."""
    private_givers: frozenset[str]
    """Who gives as a friend does: a sentence about them discloses nothing."""


@dataclass(frozen=True)
class Place:
    """What counts in one place."""

    code: str
    name: str
    languages: tuple[str, ...]
    accepted: tuple[Term, ...]
    insufficient: tuple[Term, ...]
    sentences: re.Pattern[str]
    fronts: Mapping[str, str]
    """By language: how a caption that discloses begins."""
    brand_and_role: bool
    native_label_counts: bool
    sources: tuple[str, ...]

    def front(self, language: str) -> str:
        """How a caption in `language` begins here; in the place's first language where that one isn't its own."""
        return self.fronts.get(language) or next(iter(self.fronts.values()))


@dataclass(frozen=True)
class RuleBook:
    """All places and languages that we have rules for."""

    places: Mapping[str, Place]
    also: Mapping[str, str]
    """Other names of places: UK is GB."""
    members: Mapping[str, tuple[str, ...]]
    """European countries without a file, with their public's languages."""
    languages: Mapping[str, Language]
    judges: dict[str, object] = field(default_factory=dict, compare=False)
    """By place: the rules made ready, kept by who applies them."""
    _narrowed: dict[str, Place] = field(default_factory=dict, compare=False)

    def place(self, code: str) -> Place | None:
        """The rules of a place by its ISO code or another name of it; None where we have none."""
        code = code.strip().upper()
        code = self.also.get(code, code)
        if code in self.places:
            return self.places[code]
        if code in self.members and EUROPE in self.places:
            if code not in self._narrowed:
                self._narrowed[code] = _narrowed(self.places[EUROPE], code, self.members[code])
            return self._narrowed[code]
        return None


def _narrowed(europe: Place, code: str, languages: tuple[str, ...]) -> Place:
    """Europe's rules for one country: the words of its own languages, and English ones in English captions."""
    own = [term for term in europe.accepted if term.language in languages]
    english = [
        replace(term, own_captions_only=True)
        for term in europe.accepted
        if term.language == ENGLISH and ENGLISH not in languages
    ]
    return Place(
        code, europe.name, languages, (*own, *english),
        europe.insufficient, europe.sentences, {each: europe.fronts[each] for each in languages},
        europe.brand_and_role, europe.native_label_counts, europe.sources,
    )  # fmt: skip
