"""Was this post handed in before, by anybody? The database's unique key decides; this says so in words."""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding, OtherShare
from portal.shares.platforms.reading import Kind

CODE = "not_used_before"
ORDER = 70
NEEDS_READING = False


def check(context: Context) -> Finding:
    """Unknown for a short link until it was followed: the link is new, the post may not be."""
    if context.other_share is OtherShare.MINE:
        return Finding.failed("used_by_you")
    if context.other_share is OtherShare.SOMEBODYS:
        return Finding.failed("used_by_another")
    if context.identified.kind is Kind.SHORT and context.post is None:
        return Finding.unknown("short_link_not_followed")
    return Finding.passed("not_used_before")
