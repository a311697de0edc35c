"""Is it the form of post that the mission accepts: an original, or a quote or repost of the brand's own post?"""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.platforms.reading import Relation

CODE = "accepted_form"
ORDER = 25
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return bool(asked.accepts)


def check(context: Context) -> Finding:
    """A relation that nobody told is unknown. Words of one's own with a link to the brand's post are an original."""
    asked, post = context.asked, context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    accepts = list(asked.accepts)
    if not post.knows("relation"):
        reason = "relation_not_told" if Relation.ORIGINAL in accepts else "about_not_told"
        return Finding.unknown(reason, accepts=accepts, network=post.platform)
    if post.relation not in accepts:
        return Finding.failed(f"no_{post.relation}", accepts=accepts)
    if post.relation is Relation.ORIGINAL:
        return Finding.passed("is_original")
    if asked.brand_posts and not post.about_key:
        return Finding.unknown("about_not_told", accepts=accepts, network=post.platform)
    if asked.brand_posts and post.about_key not in asked.brand_posts:
        return Finding.failed("another_post", url=post.about_url)
    return Finding.passed(f"is_{post.relation}", url=post.about_url)
