"""Markup of one length: what people write, and what would be slow if nothing held it."""

from __future__ import annotations

from portal.kernel.rich_text import BLOCKS_MAX, BRACKETS_MAX, BYTES_MAX, CELLS_MAX, MARKS_MAX

LENGTH = BYTES_MAX // 2


def _filled(pattern: str) -> str:
    """`pattern` again and again, up to LENGTH bytes, in whole repetitions."""
    return pattern * (LENGTH // len(pattern.encode()))


ORDINARY = _filled(
    "## What to show\n\nOne thing you *mended*, by daylight, and **why** it was worth it. See "
    "[the repair pages](https://shop.example/repairs).\n\n- your own photo\n- what broke\n- how long it took\n\n"
)

_WIDE_HEAD = "|".join("a" * 30) + "\n" + "|".join("-" * 30) + "\n"

WORST = {
    "short paragraphs": _filled("a\n\n"),
    "short paragraphs, the most": ("a\n\n" * (BLOCKS_MAX - 1)).ljust(LENGTH, "x"),
    "nested lists": _filled("".join("  " * depth + "- a\n" for depth in range(20)) + "\n"),
    "nested quotes": _filled("> " * 60 + "a\n\n"),
    "nested quotes, the most": (("> " * 60 + "a\n\n") * (BLOCKS_MAX // 61)).ljust(LENGTH, "x"),
    "emphasis": _filled("*a **b "),
    "words in italics": _filled("*a* "),
    "bold in italics, the most": ("***a** b* " * (MARKS_MAX // 6)).ljust(LENGTH, "x"),
    "brackets": _filled("[" * 90 + "](x)\n\n"),
    "brackets, the most": _filled("[" * BRACKETS_MAX + "](x)\n\n"),
    "closed brackets, the most": _filled("[" * BRACKETS_MAX + "]" * BRACKETS_MAX),
    "typed tags": _filled("<b onclick=x>"),
    "ampersands": _filled("&amp;&#35;"),
    "backticks": _filled("".join("`" * count + "a" for count in range(1, 40))),
    "links": _filled("[a](https://a.example) "),
    "tables": ("a|b\n-|-\n" + "a|b\n" * (CELLS_MAX // 2 - 2) + "\n").ljust(LENGTH, "x"),
    "a wide table": (_WIDE_HEAD + "|\n" * (CELLS_MAX // 30 - 5) + "\n").ljust(LENGTH, "x"),
}
