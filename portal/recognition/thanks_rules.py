"""What a thanks may say, and how often. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

TEXT_LENGTH_MIN, TEXT_LENGTH_MAX = 5, 280
A_DAY_MAX = 5
"""By one person, to whomever, within a day: thanks that are many say little."""
A_DAY_MAX_STAFF = 40
AGAIN_AFTER = timedelta(days=7)
"""One person thanks the same one again."""
DAY = timedelta(days=1)
KEPT = "\n\u200c\u200d"
"""Lines, and what joins and parts letters: Persian words and families of emoji are written with it."""

_ADDRESS = re.compile(
    r"https?:|www\.|\b[\w-]{2,}\.(?:com|net|org|io|co|de|uk|eu|info|app|shop|example)\b|\S@\S+\.\w", re.I
)


def tidied(typed: str | None) -> str:
    """Plain text: lines are kept, nothing else unseen, no more than one empty line."""
    kept = "".join(
        sign for sign in (typed or "").replace("\r\n", "\n")
        if sign in KEPT or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co")
    )  # fmt: skip
    lines = "\n".join(" ".join(line.split()) for line in kept.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def refused_text(text: str) -> str | None:
    """Why nobody may send this, as a code; None where only the watched words are left to ask."""
    if len(text) < TEXT_LENGTH_MIN or not any(sign.isalpha() for sign in text):
        return "too_short"
    if len(text) > TEXT_LENGTH_MAX:
        return "too_long"
    return "address" if _ADDRESS.search(text) else None
