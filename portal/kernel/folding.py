"""Names as the eye reads them: what looks alike is alike, so that nobody passes for somebody else by one letter.

Letters of other scripts, digits and signs that look like Latin letters become these (the part of Unicode's confusables,
UTS 39, that names are made of), accents and case go, and i, l and 1 are one. Pure.
"""

from __future__ import annotations

import unicodedata

FOLDED_LENGTH_MAX = 255

_LOOKS_LIKE = str.maketrans({
    "а": "a", "в": "b", "е": "e", "ѕ": "s", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t",
    "у": "y", "х": "x", "і": "l", "ј": "j", "ԁ": "d", "һ": "h", "ԛ": "q", "ԝ": "w", "г": "r", "п": "n", "ь": "b",
    "ӏ": "l", "ё": "e", "є": "e", "α": "a", "β": "b", "γ": "y", "ε": "e", "η": "n", "ι": "l", "κ": "k", "ν": "v",
    "ο": "o", "ρ": "p", "σ": "o", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "μ": "u", "ł": "l", "ø": "o", "đ": "d",
    "ħ": "h", "ŧ": "t", "ı": "l", "ɡ": "g", "i": "l", "æ": "ae", "œ": "oe", "0": "o", "1": "l", "3": "e", "4": "a",
    "5": "s", "7": "t", "8": "b", "$": "s", "@": "a", "|": "l", "€": "e",
})  # fmt: skip


def folded_words(text: str) -> str:
    """Each word as the eye reads it, one blank between words."""
    signs = unicodedata.normalize("NFKD", text.strip().lstrip("@"))
    seen = (sign for sign in signs if unicodedata.category(sign) not in ("Mn", "Cf", "Me"))
    alike = "".join(seen).casefold().translate(_LOOKS_LIKE)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in alike).split())


def folded(name: str) -> str:
    """What two names share that look alike, blanks and signs apart; empty for a name without any letter."""
    return folded_words(name.replace("'", "").replace("\u2019", "")).replace(" ", "")[:FOLDED_LENGTH_MAX]
