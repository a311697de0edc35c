"""The small language in which the data files write phrases, so that an operator needs no regular expressions.

    not [really ]an (ad|advert)     round brackets: one of these; square brackets: this, or nothing
    {who} gave me ... free          {who}: a handle or up to three words; three dots: up to 60 signs of a sentence
    kostenlos*                      a star: the word may go on
    {number} off                    any number

A space is any space. Letters match in either case and with or without accents. A phrase begins and ends with whole
words, except in languages that write words together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from portal.shares.disclosure.seeing import HANDLE, LINK, plain

GAP_LENGTH = 60
NOTHING = re.compile(r"(?!)")
_NAMED = {
    "who": rf"(?:{HANDLE}+|\w[\w&'\-]*(?:\s+\w[\w&'\-]*){{0,2}})",
    "handle": f"{HANDLE}+",
    "link": f"{LINK}+",
    "number": r"\d+",
}
_PIECE = re.compile(r"\{\w+\}|\s+\.\.\.\s+|\.\.\.|\s+|.")
_MEANING = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|", "*": r"\w*", "...": rf"[^.!?\n]{{0,{GAP_LENGTH}}}?"}


class BadPhrase(ValueError):
    """A phrase that can't be read; the message says why."""


def any_of(phrases: Sequence[str], *, named: Mapping[str, str], together: bool) -> re.Pattern[str]:
    """One pattern for all of `phrases` over plain text; matches nothing where there are none. Raises BadPhrase.

    `named`: what further names in braces stand for, as patterns. `together`: the language writes words together.
    """
    return re.compile("|".join(source(each, named=named, together=together) for each in phrases) or NOTHING.pattern)


def source(phrase: str, *, named: Mapping[str, str], together: bool) -> str:
    """A phrase as a pattern's source. Raises BadPhrase."""
    if not phrase or phrase != phrase.strip():
        raise BadPhrase(f"“{phrase}” is empty, or begins or ends with a space")
    meant = "".join(_piece(piece, {**_NAMED, **named}) for piece in _PIECE.findall(plain(phrase)))
    try:
        found = re.compile(meant)
    except re.error as problem:
        raise BadPhrase(f"“{phrase}” has brackets that don't fit ({problem})") from None
    if found.match(""):
        raise BadPhrase(f"“{phrase}” would match anything")
    if together:
        return f"(?:{meant})"
    return rf"(?<!\w)(?:{meant})" + ("" if phrase.endswith("*") else r"(?!\w)")


def nobody_but(words: Sequence[str]) -> str:
    """The pattern of {brand}: a handle, or a word that is none of `words`."""
    others = "|".join(re.escape(plain(word)) for word in words)
    return rf"(?:{HANDLE}+|(?!(?:{others})(?!\w))\w[\w&'\-]*)" if others else rf"(?:{HANDLE}+|\w[\w&'\-]*)"


def _piece(piece: str, named: Mapping[str, str]) -> str:
    if piece in _MEANING:
        return _MEANING[piece]
    if piece.isspace():
        return r"\s+"
    if piece.strip() == "...":
        return rf"(?!\w){_MEANING['...']}(?<!\w)"
    if len(piece) > 1:
        name = piece[1:-1]
        if name not in named:
            raise BadPhrase(f"{piece} is no name that a phrase may use")
        return named[name]
    return re.escape(piece)
