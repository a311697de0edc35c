"""Are text and pictures the fan's own, where the mission asks for that, rather than the share kit's?

Likeness to other people's shares is the flags' business (`text_not_repeated`, `pictures_not_repeated`).
"""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.platforms.reading import Relation

CODE = "original_work"
ORDER = 59
NEEDS_READING = True
KIT_PERCENT_MAX = 60
"""So much of the text may come from the share kit."""


def applies(asked: Asked) -> bool:
    return asked.original_work


def check(context: Context) -> Finding:
    """Unknown while one of its pictures could not be looked at."""
    post, history = context.post, context.history
    if post is None:
        return Finding.unknown("post_unreadable")
    if post.knows("relation") and post.relation in (Relation.QUOTE, Relation.REPOST):
        return Finding.failed("another_post", url=post.about_url)
    if history.kit_percent > KIT_PERCENT_MAX:
        return Finding.failed("kit_caption", percent=history.kit_percent)
    if history.kit_pictures:
        return Finding.failed("kit_picture")
    if post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform)
    if history.pictures_seen < history.pictures_shown:
        return Finding.unknown("pictures_not_seen")
    return Finding.passed("their_own")
