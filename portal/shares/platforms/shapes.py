"""How modules write down the addresses they know: patterns for a whole path, hosts, and spelling a part anew."""

from __future__ import annotations

import re
from urllib.parse import quote

USUAL_FRONTS = frozenset({"", "www", "m", "mobile", "amp"})
"""What stands before a network's domain where it shows the same pages."""
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[a-z]{2})?\Z")


def shape(pattern: str) -> re.Pattern[str]:
    """A pattern for a whole path, to be used with `fullmatch`. Networks don't mind upper case in their own words."""
    return re.compile(pattern, re.I | re.A)


def is_usual_front(front: str) -> bool:
    """Is that what stands before a network's domain on its ordinary pages: `www`, `m`, or a language or country?"""
    return front in USUAL_FRONTS or _LANGUAGE.match(front) is not None


def spelled(segment: str) -> str:
    """A part of a path as it stands in an address, with no mark at its end that might be taken for a sentence's."""
    if segment.isalnum() and segment.isascii():
        return segment
    text = quote(segment, safe="@:~$&+,;=")
    return f"{text[:-1]}%{ord(text[-1]):02X}" if text[-1] in ".,:;" else text


def words(text: str) -> frozenset[str]:
    """The words of a table that is written as text."""
    return frozenset(text.split())
