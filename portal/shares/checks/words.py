"""Does the post say the words that the mission asks for?"""

from __future__ import annotations

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.checks.phrases import says

CODE = "words"
ORDER = 54
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return bool(asked.words)


def check(context: Context) -> Finding:
    """Each of them, as whole words, in the text or in a picture's description. Words inside a picture can't be read."""
    post, asked = context.post, context.asked.words
    if post is None:
        return Finding.unknown("post_unreadable")
    readable = "\n".join([post.text or post.title, *(each.alt for each in post.media)])
    missing = [word for word in asked if not says(readable, word)]
    if not missing:
        return Finding.passed("said", words=list(asked))
    if post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform, words=missing)
    if not post.text.strip() and post.media:
        return Finding.unknown("only_pictures", words=missing)
    return Finding.failed("not_said", words=missing)
