"""Does a word stand in the post that staff don't want beside the brand? Source: staff's own list (brand_words)."""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding, Severity
from portal.shares.checks.phrases import says

CODE = "brand_safe"
ORDER = 80
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return bool(asked.brand_words)


def check(context: Context) -> Finding:
    """A serious word decides before a doubtful one. Text, pictures' descriptions and links are looked through."""
    post = context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    readable = "\n".join(
        [post.text or post.title, *(each.alt for each in post.media), *post.links, *context.links_expanded]
    )
    found = [word for word in context.asked.brand_words if says(readable, word.phrase)]
    found.sort(key=lambda word: word.severity != Severity.SERIOUS)
    if not found and post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform)
    if not found:
        return Finding.passed("nothing_found")
    first = found[0]
    return Finding.failed(f"{first.severity}_word", word=first.phrase, why=first.reason)
