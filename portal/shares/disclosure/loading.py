"""Reads the data files of the rules and says what is wrong in them, with the file and the entry.

A file is TOML; `docs/disclosure.md` explains its parts. An operator's folder of the same shape replaces shipped files
by name and adds others.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from portal.shares.disclosure.phrases import BadPhrase, any_of, nobody_but
from portal.shares.disclosure.places import TOGETHER, Language, Place, RuleBook, Term
from portal.shares.disclosure.seeing import plain

SHIPPED = Path(__file__).with_name("data")


class BadRules(Exception):
    """Files that can't be used; the message names each file, the entry, and what is wrong."""


@cache
def rulebook(folder: Path | None = None) -> RuleBook:
    """The shipped data, with the files of an operator's `folder` before it. Raises BadRules."""
    problems: list[str] = []
    languages = {}
    for path, read in _files("languages", folder, problems):
        language = _Reader(path, read, problems).language()
        languages[language.code] = language
    places, also, members = {}, {}, {}
    for path, read in _files("places", folder, problems):
        reader = _Reader(path, read, problems)
        place = reader.place(languages)
        places[place.code] = place
        also.update({name.upper(): place.code for name in reader.words("also")})
        members.update(reader.members(place))
    if problems:
        raise BadRules("\n".join(problems))
    return RuleBook(places, also, {k: v for k, v in members.items() if k not in places}, languages)


def _files(kind: str, folder: Path | None, problems: list[str]) -> Iterator[tuple[Path, dict[str, Any]]]:
    found = {path.name: path for path in sorted((SHIPPED / kind).glob("*.toml"))}
    if folder is not None:
        if not folder.is_dir():
            problems.append(f"{folder}: is no folder")
        found.update({path.name: path for path in sorted((folder / kind).glob("*.toml"))})
        for stray in sorted(folder.glob("*.toml")):
            problems.append(f"{stray}: belongs into {folder / 'places'} or {folder / 'languages'}")
    for path in found.values():
        try:
            yield path, tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            problems.append(f"{path}: can't be read: {problem}")


_PLACE_KEYS = {
    "place", "also", "name", "languages", "brand_and_role", "native_label_counts", "members", "front", "accepted",
    "insufficient", "sentences",
}  # fmt: skip
_ENTRY_KEYS = {
    "language", "words", "phrases", "ordinary", "in_captions_of_its_language", "source", "read_on", "confirmed"
}  # fmt: skip
_LANGUAGE_LISTS = {
    "before", "after", "connectives", "said", "other_meanings", "denials", "sentences", "nobody_special", "thanks",
    "not_thanked", "vague", "vague_labels", "elsewhere", "codes", "ordinary_endings", "ordinary_beginnings", "roles",
    "nobodys_roles", "other_roles", "private_givers",
}  # fmt: skip
_LANGUAGE_KEYS = _LANGUAGE_LISTS | {"language", "name", "source", "read_on", "ad_words"}


class _Reader:
    """One file, and what is wrong with it."""

    def __init__(self, path: Path, read: dict[str, Any], problems: list[str]) -> None:
        self._path, self._read, self._problems = path, read, problems

    def place(self, languages: Mapping[str, Language]) -> Place:
        self._only(self._read, _PLACE_KEYS, "the file")
        code, own = self._text("place").upper(), tuple(self.words("languages"))
        fronts = self._read.get("front", {})
        accepted = tuple(self._terms("accepted"))
        if not own:
            self._wrong("languages", "needs at least one language")
        if not accepted:
            self._wrong("accepted", "needs at least one entry: without a word nothing could ever be clear")
        for each in own:
            if not isinstance(fronts.get(each), str) or not fronts[each].strip():
                self._wrong("front", f"needs a beginning for captions in “{each}”")
            elif not any(term.text in plain(fronts[each]) for term in accepted):
                self._wrong("front", f"“{fronts[each]}” holds none of the accepted words")
        return Place(
            code, self._text("name"), own, accepted, tuple(self._terms("insufficient")), self._sentences(),
            {each: fronts[each] for each in own if isinstance(fronts.get(each), str)},
            self._flag("brand_and_role"), self._flag("native_label_counts"), tuple(self._sources()),
        )  # fmt: skip

    def members(self, place: Place) -> dict[str, tuple[str, ...]]:
        members = self._read.get("members", {})
        for code, languages in members.items():
            if not isinstance(languages, list) or not languages or set(languages) - set(place.languages):
                self._wrong("members", f"{code} needs languages, each one of the place's own")
        return {code: tuple(languages) for code, languages in members.items()}

    def language(self) -> Language:
        self._only(self._read, _LANGUAGE_KEYS, "the file")
        self._dated(self._read, "the file")
        code = self._text("language")
        together = code in TOGETHER
        ad = self._pattern(["ad_words"], [self._text("ad_words")], {}, together=True).pattern
        named = {"ad": f"(?:{ad})", "term": f"(?:{ad})", "brand": nobody_but(self.words("nobody_special"))}
        thanked = {
            **named,
            "brand": nobody_but(self.words("not_thanked")),
            "who": nobody_but(self.words("not_thanked")),
        }
        source = self._text("source")
        vague = [_term(word, code, source) for word in self.words("vague")]
        vague += [_term(word, code, source, ordinary=True) for word in self.words("vague_labels")]

        def pattern(key: str, names: Mapping[str, str] = named) -> re.Pattern[str]:
            return self._pattern([key], self.words(key), names, together=together)

        return Language(
            code=code, source=source, denials=pattern("denials"), sentences=pattern("sentences"),
            thanks=pattern("thanks", thanked), elsewhere=pattern("elsewhere"), codes=pattern("codes"),
            said=pattern("said"), other_meanings=pattern("other_meanings"), vague=tuple(vague),
            before=self._set("before"), after=self._set("after"), connectives=self._set("connectives"),
            ordinary_endings=tuple(sorted(self._set("ordinary_endings"))),
            ordinary_beginnings=tuple(sorted(self._set("ordinary_beginnings"))),
            roles=tuple(sorted(self._set("roles"), key=len, reverse=True)),
            nobodys_roles=self._set("nobodys_roles"), other_roles=self._set("other_roles"),
            private_givers=self._set("private_givers"),
        )  # fmt: skip

    def _set(self, key: str) -> frozenset[str]:
        return frozenset(map(plain, self.words(key)))

    def words(self, key: str, within: Mapping[str, Any] | None = None, where: str = "") -> list[str]:
        """A list of texts; empty where there is none."""
        found = (self._read if within is None else within).get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) and each.strip("# ") for each in found):
            self._wrong(where or key, "must be a list of words, none of them empty")
            return []
        return found

    def _terms(self, key: str) -> Iterator[Term]:
        for entry, where in self._entries(key):
            language, source = self._text("language", entry, where), str(entry.get("source", ""))
            words = self.words("words", entry, f"{where}, words")
            if not words:
                self._wrong(where, "needs words")
            for word in words:
                yield _term(
                    word, language, source,
                    ordinary=bool(entry.get("ordinary")),
                    own_captions_only=bool(entry.get("in_captions_of_its_language")),
                )  # fmt: skip

    def _sentences(self) -> re.Pattern[str]:
        found = []
        for entry, where in self._entries("sentences"):
            phrases = self.words("phrases", entry, f"{where}, phrases")
            together = self._text("language", entry, where) in TOGETHER
            named = {
                "brand": nobody_but(
                    [
                        "brand",
                        "my",
                        "proud",
                        "happy",
                        "official",
                        "new",
                        "student",
                        "a",
                        "an",
                        "the",
                        "paid",
                        "no",
                        "not",
                    ]
                )
            }
            found.append(self._pattern([where], phrases, named, together=together).pattern)
        return re.compile("|".join(found) or r"(?!)")

    def _entries(self, key: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        entries = self._read.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._wrong(key, f"is written as [[{key}]]")
            return
        for number, entry in enumerate(entries, 1):
            where = f"{key} {number}"
            self._only(entry, _ENTRY_KEYS, where)
            self._dated(entry, where)
            yield entry, where

    def _sources(self) -> Iterable[str]:
        entries = [
            *self._read.get("accepted", []),
            *self._read.get("insufficient", []),
            *self._read.get("sentences", []),
        ]
        return dict.fromkeys(str(entry.get("source", "")) for entry in entries if isinstance(entry, dict))

    def _dated(self, entry: Mapping[str, Any], where: str) -> None:
        if not str(entry.get("source", "")).strip():
            self._wrong(where, "needs its source")
        if not isinstance(entry.get("read_on"), date):
            self._wrong(where, "needs the day on which the source was read, as read_on = 2026-10-14")

    def _only(self, found: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in sorted(set(found) - known):
            self._wrong(where, f"has “{key}”, which means nothing here; known are {', '.join(sorted(known))}")

    def _text(self, key: str, within: Mapping[str, Any] | None = None, where: str = "") -> str:
        found = (self._read if within is None else within).get(key)
        if isinstance(found, str) and found.strip():
            return found
        self._wrong(where or key, f"needs {key}, a text")
        return "?"

    def _flag(self, key: str) -> bool:
        found = self._read.get(key, False)
        if not isinstance(found, bool):
            self._wrong(key, "is true or false")
        return found is True

    def _pattern(
        self, where: list[str], phrases: list[str], named: Mapping[str, str], *, together: bool
    ) -> re.Pattern[str]:
        try:
            return any_of(phrases, named=named, together=together)
        except BadPhrase as problem:
            self._wrong(where[0], str(problem))
            return any_of([], named=named, together=together)

    def _wrong(self, where: str, why: str) -> None:
        self._problems.append(f"{self._path}: {where}: {why}")


def _term(word: str, language: str, source: str, *, ordinary: bool = False, own_captions_only: bool = False) -> Term:
    return Term(word.lstrip("#"), language, source, word.startswith("#"), ordinary, own_captions_only)
