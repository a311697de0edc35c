"""Has the account existed for as long as the mission asks?"""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding

CODE = "handle_age"
ORDER = 32
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return asked.handle_days_min > 0


def check(context: Context) -> Finding:
    """Counted in whole days until now; unknown where the network doesn't say since when it exists."""
    post, days_min = context.post, context.asked.handle_days_min
    if post is None:
        return Finding.unknown("post_unreadable")
    if not post.knows("author_since") or post.author_since is None:
        return Finding.unknown("age_not_told", network=post.platform, days_min=days_min)
    days = (context.now - post.author_since).days
    answer = Finding.passed if days >= days_min else Finding.failed
    return answer("old_enough" if days >= days_min else "too_young", days=max(days, 0), days_min=days_min)
