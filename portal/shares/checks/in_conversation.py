"""Is it an answer, in the conversation that the mission names? Asked of `engage` missions (docs/domain.md)."""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.platforms.reading import Relation

CODE = "in_conversation"
ORDER = 27
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return asked.is_answer


def check(context: Context) -> Finding:
    """An answer to another post may stand further down the same thread, which nobody told us: unknown, not failed."""
    asked, post = context.asked, context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    if not post.knows("relation"):
        return Finding.unknown("relation_not_told", network=post.platform)
    if post.relation is not Relation.REPLY:
        return Finding.failed("no_answer")
    if asked.conversations and post.about_key not in asked.conversations:
        return Finding.unknown("another_post", url=post.about_url)
    return Finding.passed("is_answer", url=post.about_url)
