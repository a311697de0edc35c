"""What changed between two versions, paragraph by paragraph and word by word, for people who read the older one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest

from portal.kernel import rich_text
from portal.kernel.word_diff import Piece, pieces_of_both

_BLOCK_END = re.compile(r"\n[ \t]*\n|(?<=\n)(?=[ \t]*(?:#{1,6}|[-*+]|\d{1,9}[.)])[ \t])")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]")


class Mark(StrEnum):
    SAME = "same"
    ADDED = "add"
    REMOVED = "del"


@dataclass(frozen=True)
class Line:
    """A paragraph or list item; the headings above changed ones are `Mark.SAME`."""

    mark: Mark
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Difference:
    lines: tuple[Line, ...]
    sections_changed: int
    sections_same: int


@dataclass(frozen=True)
class _Block:
    section: str
    text: str


@lru_cache(maxsize=64)
def compare(before: str, after: str) -> Difference:
    """The difference of two Markdown texts. Raises RichTextRefused for a text that could not be shown either."""
    old, new = _blocks(before), _blocks(after)
    lines: list[Line] = []
    touched: list[str] = []

    def show(block: _Block, line: Line) -> None:
        if block.section not in touched:
            touched.append(block.section)
            if block.section not in ("", block.text):
                lines.append(Line(Mark.SAME, (Piece(block.section, changed=False),)))
        lines.append(line)

    steps = SequenceMatcher(None, [b.text for b in old], [b.text for b in new], autojunk=False).get_opcodes()
    for step, old_start, old_end, new_start, new_end in steps:
        if step == "equal":
            continue
        for gone, come in zip_longest(old[old_start:old_end], new[new_start:new_end]):
            gone_pieces, come_pieces = pieces_of_both(gone.text if gone else "", come.text if come else "")
            if gone_pieces:
                show(gone, Line(Mark.REMOVED, gone_pieces))
            if come_pieces:
                show(come, Line(Mark.ADDED, come_pieces))
    sections = {block.section for block in new}
    return Difference(tuple(lines), len(touched), len(sections - set(touched)))


def _blocks(source: str) -> list[_Block]:
    section, blocks = "", []
    for part in _BLOCK_END.split(source.replace("\r\n", "\n")):
        text = " ".join(rich_text.plain(part).split())
        if text:
            section = text if _HEADING.match(part) else section
            blocks.append(_Block(section, text))
    return blocks
