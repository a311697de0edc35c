"""Does it show a picture that somebody else handed in? A flag for a person, never a refusal by itself."""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding

CODE = "pictures_not_repeated"
ORDER = 74
NEEDS_READING = True


def check(context: Context) -> Finding | None:
    """Across people and seasons, in other sizes and mirrored. Nothing to say of a post without pictures."""
    history = context.history
    if context.post is None or not history.pictures_shown:
        return None
    others = [each for each in history.pictures if not each.mine]
    if others:
        return Finding.failed("like_another", share=others[0].share_id, percent=others[0].percent, count=len(others))
    if history.pictures_seen < history.pictures_shown:
        return Finding.unknown("pictures_not_seen")
    return Finding.passed("kit_picture" if history.kit_pictures else "like_no_other")
