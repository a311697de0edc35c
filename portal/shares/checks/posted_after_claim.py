"""Was it posted after the place was claimed? By the time that was read, else by the one in the post's id."""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding

CODE = "posted_after_claim"
ORDER = 40
NEEDS_READING = True


def check(context: Context) -> Finding:
    """A little older than the claim is nobody's fault: an id is made when the upload begins.

    An id alone is a claim that nobody confirmed, so without a reading nothing is said for good.
    """
    post = context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    posted_at = post.posted_at or context.identified.posted_at
    if posted_at is None:
        return Finding.unknown("time_not_told", network=post.platform)
    times = {"posted_at": posted_at.isoformat(), "claimed_at": context.claimed_at.isoformat()}
    if posted_at < context.claimed_at - context.asked.posted_tolerance:
        return Finding.failed("older_than_claim", **times)
    if posted_at > context.now + context.asked.posted_tolerance:
        return Finding.unknown("time_in_future", **times)
    return Finding.passed("after_claim", **times)
