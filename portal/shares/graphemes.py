"""What a person sees as one character: letters with their accents, emoji with their skin, flags, Korean syllables.

A pure reading of Unicode's extended grapheme clusters (UAX #29) for what stands in captions. Scripts whose clusters
need a table of their own (Indic conjuncts) are cut between consonants, as older devices do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"
_EXTENDING = ("Mn", "Me", "Mc")
_WIDE_MARKS = "\uff9e\uff9f\u200c"
"""Half-width sound marks and the non-joiner belong to what stands before them."""


def clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each character as a person sees it, with the place where it begins."""
    if text.isascii() and "\r" not in text:
        yield from enumerate(text)
        return
    start = 0
    flags = 0
    for at in range(1, len(text)):
        before, sign = text[at - 1], text[at]
        flags = flags + 1 if _is_flag(before) else 0
        if not _goes_on(before, sign, flags):
            yield start, text[start:at]
            start = at
    if text:
        yield start, text[start:]


def count(text: str) -> int:
    """How many characters a person sees, invisible ones included."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return sum(1 for _ in clusters(text))


def _goes_on(before: str, sign: str, flags: int) -> bool:
    """Does `sign` belong to the same character as `before`? `flags`: how many flag letters stood in a row before it."""
    if sign < "\u0300":
        return before == "\r" and sign == "\n"
    if sign == _JOINER or sign in _WIDE_MARKS or "\U000e0020" <= sign <= "\U000e007f":
        return before >= " "
    if "\U0001f3fb" <= sign <= "\U0001f3ff" or unicodedata.category(sign) in _EXTENDING:
        return before >= " "
    if before == _JOINER:
        return unicodedata.category(sign) in ("So", "Sk")
    if _is_flag(sign):
        return flags % 2 == 1
    return _joins_syllable(before, sign)


def _is_flag(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _joins_syllable(before: str, sign: str) -> bool:
    """Korean letters typed one by one build one syllable."""
    vowel, tail = "\u1160" <= sign <= "\u11a7", "\u11a8" <= sign <= "\u11ff"
    if "\u1100" <= before <= "\u115f":
        return vowel or "\u1100" <= sign <= "\u115f" or "\uac00" <= sign <= "\ud7a3"
    open_syllable = "\uac00" <= before <= "\ud7a3" and (ord(before) - 0xAC00) % 28 == 0
    if "\u1160" <= before <= "\u11a7" or open_syllable:
        return vowel or tail
    return tail and ("\u11a8" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3")
