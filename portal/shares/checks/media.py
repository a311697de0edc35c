"""Does the post show a picture or a film, where the mission asks for one?"""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.platforms.reading import MediaKind

CODE = "media"
ORDER = 58
NEEDS_READING = True

WANTED = {
    "image": frozenset({MediaKind.IMAGE}),
    "video": frozenset({MediaKind.VIDEO}),
    "either": frozenset({MediaKind.IMAGE, MediaKind.VIDEO}),
}


def applies(asked: Asked) -> bool:
    return bool(asked.media)


def check(context: Context) -> Finding:
    """Unknown where the reader can't see whether there is any."""
    post, asked = context.post, context.asked.media
    if post is None:
        return Finding.unknown("post_unreadable")
    shown = {each.kind for each in post.media}
    if shown & WANTED[asked]:
        return Finding.passed("shown", media=asked)
    if not post.knows("media"):
        return Finding.unknown("media_not_told", media=asked, network=post.platform)
    return Finding.failed("not_shown", media=asked)
