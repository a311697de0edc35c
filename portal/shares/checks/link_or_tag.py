"""Does the post carry the fan's tracked link or the mission's tag, whichever the mission asks for?"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from portal.shares.checks.finding import Context, Finding
from portal.shares.platforms.reading import Post

CODE = "link_or_tag"
ORDER = 50
NEEDS_READING = True


def check(context: Context) -> Finding:
    """Text in a picture can't be read, so a post without any text is unknown, not failed; so is text that was not told.

    Where the headline alone was told, what is in it counts, and what is not says nothing.
    """
    asked, post = context.asked, context.post
    if not asked.link and not asked.tag:
        return Finding.passed("nothing_asked")
    if post is None:
        return Finding.unknown("post_unreadable")
    link = bool(asked.link) and has_link(post, asked.link, context.links_expanded)
    tag = bool(asked.tag) and has_tag(post.text or post.title, asked.tag)
    wanted = {"link": asked.link, "tag": asked.tag}
    if asked.link_or_tag and (link or tag):
        return Finding.passed("link_found" if link else "tag_found", **wanted)
    wants = (("link", asked.link, link), ("tag", asked.tag, tag))
    missing = [name for name, needed, there in wants if needed and not there]
    if not missing:
        found = "both_found" if asked.link and asked.tag else "link_found" if asked.link else "tag_found"
        return Finding.passed(found, **wanted)
    if post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform, **wanted)
    if not post.text.strip() and post.media:
        return Finding.unknown("only_pictures", **wanted)
    if len(missing) == 2:
        return Finding.failed("neither_found" if asked.link_or_tag else "both_missing", **wanted)
    return Finding.failed(f"{missing[0]}_missing", **wanted)


def has_link(post: Post, link: str, expanded: tuple[str, ...]) -> bool:
    """Is `link` among the post's links or where they lead? The scheme, a final slash and parameters don't matter."""
    wanted = _plain(link)
    if any(_plain(each) == wanted for each in (*post.links, *expanded)):
        return True
    shown = re.compile(rf"(?<![\w.\-/@]){re.escape('/'.join(wanted))}(?![\w\-])")
    return shown.search(post.text or post.title) is not None


def _plain(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
    except ValueError:
        return "", url
    return parts.netloc.lower().removeprefix("www."), parts.path.strip("/")


def has_tag(text: str, tag: str) -> bool:
    """Is the hashtag or mention in `text`, whole, in any case and width of its letters?"""
    wanted = unicodedata.normalize("NFKC", tag).strip().casefold()
    sign, word = (wanted[0], wanted[1:]) if wanted[:1] in ("#", "@") else ("#", wanted)
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.search(rf"(?<![\w{sign}]){re.escape(sign + word)}(?!\w)", plain) is not None
