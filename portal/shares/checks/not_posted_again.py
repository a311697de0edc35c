"""Was this post paid for before, deleted, and posted again? A flag for a person."""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding

CODE = "not_posted_again"
ORDER = 76
NEEDS_READING = True


def check(context: Context) -> Finding:
    """Only what was paid counts: whoever was asked to post anew did nothing wrong."""
    if context.post is None:
        return Finding.unknown("post_unreadable")
    alike = (*context.history.texts, *context.history.pictures)
    again = next((each for each in alike if each.mine and each.was_paid and each.is_gone), None)
    if again is not None:
        return Finding.failed("posted_again", share=again.share_id, percent=again.percent)
    return Finding.passed("first_time")
