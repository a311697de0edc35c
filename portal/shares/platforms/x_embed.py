"""A post on X by oEmbed: what it shows to any site that embeds it.

Source: docs.x.com/x-for-websites/oembed-api (publish.x.com/oembed: no login, no rate limit listed; `author_url`, and
`html` with the text, the language, the author and the day). A protected post fails there like a deleted one. A long
post is cut short with an ellipsis: then its text is not known. Links are t.co's, and are followed where that matters.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.html_text import text_of_html
from portal.shares.platforms.oembed import AnotherPost, OEmbedReader, source_of, told_by_id, told_where_known
from portal.shares.platforms.reading import Identified, Media, MediaKind, Post, Trouble

CODE = "x"
ENDPOINT = "https://publish.x.com/oembed"
_WORDS = re.compile(r"<p(?:\s+lang=\"(?P<lang>[\w-]{2,20})\")?[^>]{0,100}>(?P<words>.*?)</p>", re.S)
_LAST_LINK = re.compile(
    r"<a href=\"https://(?:x|twitter)\.com/[^\"/]{1,30}/status/(?P<id>\d{1,19})[^\"]*\">(?P<day>[^<]+)</a>"
)
_HTML_LENGTH_MAX = 16 * 1024
_NO_LANGUAGE = frozenset({"und", "zxx", "qme", "qst", "qht", "qct", "qam", "art"})
"""What X calls the language of posts that have none."""
_LINKS = re.compile(r"<a href=\"(https://t\.co/\w{1,40})\"[^>]{0,200}>(?!pic\.)")
"""Of the links in a text, those that its author wrote; hashtags, mentions and pictures lead to X's own pages."""
_PICTURES = re.compile(r"\s*\bpic\.(?:twitter|x)\.com/\w+")


def reader(known: Identifier) -> OEmbedReader:
    """Posts on X without a key."""
    return OEmbedReader(
        known, ENDPOINT, post_from, parameters={"omit_script": "true", "dnt": "true", "lang": "en"},
        meanings={404: (Trouble.GONE, "gone_or_protected")},
    )  # fmt: skip


def post_from(found: dict[str, Any], identified: Identified, author: str) -> Post:
    html = str(found["html"])[:_HTML_LENGTH_MAX]
    said, at = _WORDS.search(html), next(reversed(list(_LAST_LINK.finditer(html))), None)
    if at is None or at["id"] != identified.post_id:
        raise AnotherPost
    words = said["words"] if said else ""
    text, _linked = text_of_html(words)
    source, cut = source_of(CODE), text.endswith("…")
    language = telling.language(said["lang"]) if said and said["lang"] else ""
    language = "" if language in _NO_LANGUAGE else language
    media = tuple(Media(f"https://{shown}", kind=MediaKind.OTHER) for shown in map(str.strip, _PICTURES.findall(text)))
    day = None if identified.posted_at else _day(unescape(at["day"]))
    return Post(
        platform=CODE, host="", post_key=identified.post_key,
        url=f"https://x.com/{author or 'i'}/status/{identified.post_id}", author_id="", author_name=author,
        text=_PICTURES.sub("", text).strip(), posted_at=identified.posted_at or day, visibility="public", source=source,
        links=telling.links(_LINKS.findall(words)), media=media, language=language,
        told=told_where_known(
            source, author_name=author, text=said and not cut, links=said and not cut, media=media, language=language,
            posted_at=day,
        ) | told_by_id(identified),
    )  # fmt: skip


def _day(shown: str) -> datetime | None:
    """The day as English pages show it; only the oldest posts, whose ids carry no time, need it."""
    try:
        return datetime.strptime(shown.strip(), "%B %d, %Y").replace(tzinfo=UTC)
    except ValueError:
        return None
