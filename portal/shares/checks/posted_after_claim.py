"""Was it posted within the mission's window? By the time that was read, else by the one in the post's id.

The window begins with the claim, or with the mission's opening where it says so. It ends with the claim, which takes no
share any more once its time is over.
"""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding
from portal.shares.platforms.reading import Certainty

CODE = "posted_after_claim"
ORDER = 40
NEEDS_READING = True


def check(context: Context) -> Finding:
    """A little older than the claim is nobody's fault: an id is made when the upload begins.

    An id alone is a claim that nobody confirmed, so without a reading nothing is said for good. A time that only the
    author wrote down passes, and says so.
    """
    post = context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    posted_at = post.posted_at or context.identified.posted_at
    if posted_at is None:
        return Finding.unknown("time_not_told", network=post.platform)
    opening = context.asked.posted_from
    begins_at = min(context.claimed_at, opening) if opening else context.claimed_at
    times = {"posted_at": posted_at.isoformat(), "claimed_at": context.claimed_at.isoformat()}
    if posted_at < begins_at - context.asked.posted_tolerance:
        if begins_at < context.claimed_at:
            return Finding.failed("older_than_opening", **times, opened_at=begins_at.isoformat())
        return Finding.failed("older_than_claim", **times)
    if posted_at > context.now + context.asked.posted_tolerance:
        return Finding.unknown("time_in_future", **times)
    how = post.how("posted_at")
    if how is not None and how.certainty is Certainty.CLAIMED:
        return Finding.passed("time_as_written", **times)
    return Finding.passed("after_claim" if posted_at >= context.claimed_at or not opening else "after_opening", **times)
