"""Do as many people follow the account as the mission asks?"""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding

CODE = "followers"
ORDER = 34
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return asked.followers_min > 0


def check(context: Context) -> Finding:
    """Unknown where the network doesn't tell how many there are."""
    post, least = context.post, context.asked.followers_min
    if post is None:
        return Finding.unknown("post_unreadable")
    if not post.knows("author_followers") or post.author_followers is None:
        return Finding.unknown("followers_not_told", network=post.platform, least=least)
    enough = post.author_followers >= least
    answer = Finding.passed if enough else Finding.failed
    return answer("enough" if enough else "too_few", count=post.author_followers, least=least)
