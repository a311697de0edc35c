"""Does the post claim what a guideline in force forbids? Source: the phrases on the guideline's version."""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.checks.phrases import says

CODE = "no_forbidden_claims"
ORDER = 82
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return bool(asked.forbidden_claims)


def check(context: Context) -> Finding:
    """Phrase by phrase, as whole words: what means the same in other words is for people."""
    post = context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    readable = "\n".join([post.text or post.title, *(each.alt for each in post.media)])
    found = next((claim for claim in context.asked.forbidden_claims if says(readable, claim.phrase)), None)
    if found is not None:
        return Finding.failed("claimed", phrase=found.phrase, guideline=found.guideline)
    if post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform)
    return Finding.passed("not_claimed")
