"""Is it new, rather than something older of their own shown again? A flag for a person: a look back may be honest."""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding
from portal.shares.platforms.reading import Relation

CODE = "fresh_content"
ORDER = 44
NEEDS_READING = True


def check(context: Context) -> Finding:
    """Only what was paid for before counts as older: whoever is asked to post anew may use the same words."""
    post, history = context.post, context.history
    if post is None:
        return Finding.unknown("post_unreadable")
    if post.relation is not Relation.ORIGINAL and post.about_key and post.about_key in history.own_posts:
        return Finding.failed("own_post_again", url=post.about_url)
    for found, reason in ((history.texts, "own_text_again"), (history.pictures, "own_picture_again")):
        older = next((each for each in found if each.mine and each.was_paid and not each.is_gone), None)
        if older is not None:
            return Finding.failed(reason, share=older.share_id, percent=older.percent)
    return Finding.passed("new")
