"""Does the post mention the accounts that the mission asks for, in its text or by a link to them?"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from portal.shares.checks.finding import Asked, Context, Finding
from portal.shares.checks.link_or_tag import has_tag

CODE = "mentions"
ORDER = 52
NEEDS_READING = True


def applies(asked: Asked) -> bool:
    return bool(asked.mentions)


def check(context: Context) -> Finding:
    """A post without any text is unknown: an account may be tagged in its picture."""
    post, asked = context.post, context.asked.mentions
    if post is None:
        return Finding.unknown("post_unreadable")
    links = (*post.links, *context.links_expanded)
    missing = [
        each
        for each in asked
        if not has_tag(post.text or post.title, each) and not any(_leads_to(u, each) for u in links)
    ]
    if not missing:
        return Finding.passed("mentioned", accounts=list(asked))
    if post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform, accounts=missing)
    if not post.text.strip():
        return Finding.unknown("only_pictures", accounts=missing)
    return Finding.failed("not_mentioned", accounts=missing)


def _leads_to(url: str, mention: str) -> bool:
    """Is it the address of that account, as networks write them: …/@name, …/name, …/profile/name?"""
    try:
        last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    except ValueError:
        return False
    return last.casefold().lstrip("@") == mention.casefold().lstrip("@")
