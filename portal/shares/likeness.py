"""How alike two captions are, whoever wrote them: pure, in any script.

Captions are short, so a shingle is a few letters and not a few words: one changed word in twelve leaves most of them
standing. Scripts without spaces (Chinese, Japanese, Korean) say more with each sign, so their shingles are shorter.
Addresses, handles, emoji and punctuation don't count: everybody's tracked link differs, and so may their hearts.

Sources: Broder, "On the resemblance and containment of documents" (1997), for shingles and for MinHash.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from hashlib import blake2b

LETTERS = 4
"""Length of a shingle where words are written apart."""
SIGNS = 2
"""Length of a shingle in scripts whose signs are syllables or words."""
SKETCH_LENGTH = 32
NEARLY_THE_SAME = 0.6
"""From this likeness on, a reader takes two captions for one with a word changed."""

_PRIME = (1 << 61) - 1
_INT32 = 0x7FFF_FFFF
"""A number of a sketch fits an INTEGER column of any database."""
_NOT_WORDS = re.compile(r"(?:https?://|www\.)\S+|(?<![\w@])@[\w.\-]*\w(?:@[\w.\-]*\w)?", re.IGNORECASE)
_DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U0002ffff"
_PIECE = re.compile(f"[{_DENSE}]+|[^\\W_{_DENSE}]+")
_IS_DENSE = re.compile(f"[{_DENSE}]")


def normalised(text: str) -> str:
    """The words alone: one form of each letter, lower case, a single space between words; "" where none are."""
    plain = _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return " ".join(_PIECE.findall(unicodedata.normalize("NFKC", seen)))


def shingles(text: str) -> frozenset[str]:
    """The overlapping pieces of a text, as a set. A text shorter than a shingle is one itself."""
    found: set[str] = set()
    spaced: list[str] = []
    for piece in normalised(text).split():
        if _IS_DENSE.match(piece):
            found |= _pieces(piece, SIGNS)
        else:
            spaced.append(piece)
    if spaced:
        found |= _pieces(" ".join(spaced), LETTERS)
    return frozenset(found)


def likeness(a: str, b: str) -> float:
    """Between 0, nothing in common, and 1, the same words: what both have of what either has (Jaccard).

    Two texts without a word are not alike: there is nothing to compare.
    """
    return _jaccard(shingles(a), shingles(b))


def sketch(text: str) -> list[int]:
    """`SKETCH_LENGTH` numbers that agree in about that share of places in which two texts are alike (MinHash).

    To find candidates by an index: alike texts have numbers in common at the same place. Empty without words.
    """
    return list(_sketch(shingles(text)))


@lru_cache(maxsize=256)  # a text is looked up, then filed
def _sketch(pieces: frozenset[str]) -> tuple[int, ...]:
    hashes = [int.from_bytes(blake2b(each.encode(), digest_size=7).digest()) for each in pieces]
    if not hashes:
        return ()
    return tuple(min((factor * each + shift) % _PRIME for each in hashes) & _INT32 for factor, shift in _permutations())


def _pieces(text: str, length: int) -> set[str]:
    return {text[at : at + length] for at in range(max(1, len(text) - length + 1))}


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    either = len(a | b)
    return len(a & b) / either if either else 0.0


@cache
def _permutations() -> tuple[tuple[int, int], ...]:
    """Fixed for ever: stored sketches are compared with new ones."""

    def number(name: str) -> int:
        return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % (_PRIME - 1) + 1

    return tuple((number(f"factor {at}"), number(f"shift {at}")) for at in range(SKETCH_LENGTH))
