"""The address among what was pasted with it: brackets, quotation marks, a sentence before and after.

Deliberately apart from reading the address itself, and careful: an address that a space was broken into must not be
read as another, shorter one.
"""

from __future__ import annotations

import re
import unicodedata

_OPENING = "<([{\"'`*“”„‘’‚«»‹›「『（【《〈"
_CLOSING = ">)]}\"'`*.,;:!?…“”‘’«»‹›」』）】》〉。、，！？"
_LOOKS_LIKE_ONE = re.compile(r"(?:https?:|//|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?/\S)", re.I)
_REST_OF_ONE = re.compile(r"[\w.-]*(?:[/=&?]\w|%[0-9a-f]{2})|[\w.-]+/\Z|\d+\Z", re.I)
"""How a word reads that was torn off an address: with the marks of one in it, or a mere number."""
_PIECE_OF_AN_ID = re.compile(
    r"(?=[^\W\d]*\d)(?=\d*[^\W\d])(?!\d+(?:st|nd|rd|th)\Z)[\w-]+\Z|[\w-]*[a-z][A-Z][\w-]*\Z", re.A
)
"""How the last word reads that was torn off an id: letters and digits in one, or a capital inside."""
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:\S", re.I)
_GLUED = re.compile(r"[^!-~]+(?=https?://)|[^\s\]:/]*\]\(<?(?=https?://)", re.I)
"""What stands before an address without a space between: words in scripts that have none, and Markdown's `[words](`."""


def without_marks(word: str) -> str:
    """`word` without the brackets, quotation marks and full stops around it. A closing bracket that the word itself
    opened stays."""
    while word and word[0] in _OPENING:
        word = word[1:]
    if "](" in word or not word.isascii():
        glued = _GLUED.match(word)
        word = word[glued.end() :] if glued else word
    while word and (word[-1] in _CLOSING or _is_foreign_mark(word[-1])):
        if word[-1] == ")" and word.count("(") >= word.count(")"):
            break
        word = word[:-1]
    return word


def the_address_in(text: str) -> str | None:
    """The one word of `text` that looks like an address; None when there is none, or more than one."""
    words = text.split()
    looks = [place for place, word in enumerate(words) if _LOOKS_LIKE_ONE.match(without_marks(word))]
    if len({without_marks(words[place]) for place in looks}) != 1 or _OTHER_SCHEME.match(words[0]):
        return None
    after = words[looks[-1] + 1 :]
    if after and _REST_OF_ONE.match(after[0]):
        return None
    if len(after) == 1 and _PIECE_OF_AN_ID.match(without_marks(after[0])):
        return None
    return words[looks[0]]


def _is_foreign_mark(letter: str) -> bool:
    return not letter.isascii() and unicodedata.category(letter) in ("Po", "Pf", "Pe", "Pi", "Ps", "So", "Zs")
