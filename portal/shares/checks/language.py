"""Is the post written in the language that the mission asks for?

What the network or the author declares comes first. A client's default is often wrong, so where the words themselves
are plainly in the language asked for, they win over a declaration against them.
"""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.languages import language_of

CODE = "language"
ORDER = 56
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return bool(asked.language)


def check(context: Context) -> Finding:
    """Unknown for what is too short or too mixed to tell."""
    post, asked = context.post, context.asked.language
    if post is None:
        return Finding.unknown("post_unreadable")
    declared = _base(post.language) if post.knows("language") else ""
    if declared == _base(asked):
        return Finding.passed("declared", language=declared, asked_language=asked)
    heard = language_of(post.text)
    if heard == _base(asked):
        return Finding.passed("written", language=heard, asked_language=asked)
    if declared:
        return Finding.failed("declared_otherwise", language=declared, asked_language=asked)
    if heard:
        return Finding.failed("written_otherwise", language=heard, asked_language=asked)
    return Finding.unknown("too_little_text", asked_language=asked)


def _base(code: str) -> str:
    """The language without country or script; Norwegian's two forms are one."""
    base = code.lower().replace("_", "-").split("-")[0]
    return "no" if base in ("nb", "nn") else base
