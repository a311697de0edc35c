"""How long a caption may be on a network, how that network counts, and how much of it a reader sees without a tap.

The numbers are data with their sources: `caption_lengths.toml`. The ways of counting are these functions.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from portal.shares import graphemes

DATA = Path(__file__).with_name("caption_lengths.toml")
LINK_LENGTH = 23
"""X and Mastodon count every address as this."""
_LINK = re.compile(r"https?://[^\s\u3000-\u9fff\uac00-\ud7a3]+", re.IGNORECASE)
_REMOTE_HANDLE = re.compile(r"(?<![\w/])(@\w[\w.\-]*)@[a-z0-9][a-z0-9.\-]*[a-z0-9]", re.IGNORECASE)
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Ranges of code points that X counts as one, all others as two."""


class _Text(Protocol):
    def signs_before(self, at: int) -> int: ...
    def lines_before(self, at: int) -> int: ...


@dataclass(frozen=True)
class Fold:
    """How much is shown before “more”; 0: all of it."""

    signs: int = 0
    lines: int = 0

    def shows(self, text: _Text, span: tuple[int, int]) -> bool:
        """Is all of `span` seen without a tap?"""
        if self.lines and text.lines_before(span[0]) >= self.lines:
            return False
        return not self.signs or text.signs_before(span[1]) <= self.signs

    def cut(self, caption: str) -> int:
        """Where in `caption` the fold falls; its length where none does."""
        lines = 0
        for number, (at, sign) in enumerate(graphemes.clusters(caption)):
            lines += sign in ("\n", "\r\n")
            if (self.signs and number >= self.signs) or (self.lines and lines >= self.lines):
                return at
        return len(caption)


WHOLE = Fold()


@dataclass(frozen=True)
class CaptionLength:
    """One network's limit and fold."""

    platform: str
    limit: int
    """0: none that a caption could reach."""
    counting: str
    bytes_max: int
    fold: Fold
    source: str

    def count(self, caption: str) -> int:
        return _COUNTING[self.counting](caption)

    def fits(self, caption: str) -> bool:
        if self.bytes_max and len(caption.encode()) > self.bytes_max:
            return False
        return not self.limit or self.count(caption) <= self.limit


@cache
def lengths() -> dict[str, CaptionLength]:
    """By network; one that isn't in it has neither limit nor fold that we know."""
    read = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return {
        code: CaptionLength(
            code, row.get("limit", 0), row.get("counting", "code_points"), row.get("bytes_max", 0),
            Fold(row.get("fold_signs", 0), row.get("fold_lines", 0)), row["source"],
        )
        for code, row in read.items()
    }  # fmt: skip


def fold_of(platform: str) -> Fold:
    known = lengths().get(platform)
    return known.fold if known else WHOLE


def _weighted(caption: str) -> int:
    """X: an address is 23, an emoji two, other signs one or two by their range."""
    total = 0
    for _at, sign in graphemes.clusters(_LINK.sub("x" * LINK_LENGTH, caption)):
        if len(sign) > 1 and _is_emoji(sign):
            total += 2
        else:
            total += sum(1 if any(low <= ord(each) <= high for low, high in _LIGHT) else 2 for each in sign)
    return total


def _is_emoji(sign: str) -> bool:
    return any(ord(each) >= 0x1F000 or each in "\ufe0f\u20e3" for each in sign)


def _mastodon(caption: str) -> int:
    """Mastodon: an address is 23, of a handle on another server only the name counts."""
    return graphemes.count(_REMOTE_HANDLE.sub(r"\1", _LINK.sub("x" * LINK_LENGTH, caption)))


def _utf16(caption: str) -> int:
    return len(caption.encode("utf-16-le")) // 2


_COUNTING: dict[str, Callable[[str], int]] = {
    "weighted": _weighted,
    "mastodon": _mastodon,
    "graphemes": graphemes.count,
    "utf16": _utf16,
    "code_points": len,
}
