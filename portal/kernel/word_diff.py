"""Two texts side by side, word by word: what went and what came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

RELATED = 0.35
"""Texts that share less than this part of their words are shown as one gone and one new."""
WORDS_COMPARED_MAX = 1500
"""Longer texts are shown whole: comparing them word by word takes time and helps nobody."""


@dataclass(frozen=True)
class Piece:
    """Some words of a line; `changed` ones stand in one of the versions only."""

    text: str
    changed: bool


def pieces_of_both(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The words of a text that went and of the one in its place; nothing is gone where words were only added."""
    old, new = _words(before), _words(after)
    if before and after and max(len(old), len(new)) <= WORDS_COMPARED_MAX:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        if matcher.ratio() >= RELATED:
            steps = matcher.get_opcodes()
            gone = _pieces((old[a:b], step != "equal") for step, a, b, _, _ in steps)
            come = _pieces((new[a:b], step != "equal") for step, _, _, a, b in steps)
            return gone if any(piece.changed for piece in gone) else (), come
    return _pieces([(old, True)]), _pieces([(new, True)])


def _words(text: str) -> list[str]:
    return re.findall(r"\S+|\s+", text)


def _pieces(parts: Iterable[tuple[Sequence[str], bool]]) -> tuple[Piece, ...]:
    joined = (("".join(words), changed) for words, changed in parts if words)
    return tuple(
        Piece("".join(text for text, _ in group), changed)
        for changed, group in groupby(joined, key=lambda part: part[1])
    )
