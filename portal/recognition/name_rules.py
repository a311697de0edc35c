"""Which names nobody may take on a board: the staff's, the brand's, and what reads like somebody else. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from portal.kernel.folding import folded, folded_words

NAME_LENGTH_MIN, NAME_LENGTH_MAX = 2, 40
BRAND_LENGTH_MIN = 4
"""A brand with a shorter name would forbid half of all words."""
STAFF_WORDS = frozenset(
    folded(word)
    for word in (
        "admin", "administrator", "moderator", "moderation", "staff", "official", "support", "manager", "marketer",
        "helpdesk", "offiziell", "verwaltung", "mitarbeiter", "mitarbeiterin", "kundendienst", "redaktion",
        "administratorin", "moderatorin", "managerin",
    )
)  # fmt: skip


def tidied(typed: str | None) -> str:
    """What was typed, on one line, without what can't be seen or turns the line around."""
    kept = (sign for sign in typed or "" if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    return " ".join("".join(kept).split())


def refused_by_itself(name: str, *, brands: Sequence[str], as_person: bool) -> str | None:
    """Why nobody may have this name, as a code; None where only others' names are left to ask.

    `brands`: how brand and programme are called. `as_person`: it stands for one human, whom it must not make another.
    """
    key = folded(name)
    if not key:
        return "says_nothing"
    if len(name) < NAME_LENGTH_MIN:
        return "too_short"
    if any(folded(brand) in key for brand in brands if len(folded(brand)) >= BRAND_LENGTH_MIN):
        return "brand"
    words = folded_words(name).split()
    if key in STAFF_WORDS or any(word in STAFF_WORDS for word in words):
        return "staff"
    if as_person and len(words) > 1 and len(words[-1]) == 1 and words[-1].isalpha():
        return "like_short_name"
    return None
