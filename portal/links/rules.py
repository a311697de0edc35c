"""Which requests are people: pure decisions about a request's headers."""

from __future__ import annotations

import re
from typing import Protocol

# Crawlers, link previews and command-line clients name themselves. Sources: the documented user agents of the search
# engines, of the networks' preview fetchers (facebookexternalhit, Twitterbot, LinkedInBot, Slackbot, Discordbot,
# TelegramBot, WhatsApp, Mastodon, Bluesky Cardyb), and of common HTTP libraries. The last is our own fetcher, which
# follows the links of posts.
BOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|externalhit|facebookcatalog|whatsapp/|telegram|discord|slack|mastodon|"
    r"pleroma|misskey|cardyb|embedly|iframely|pingdom|uptime|monitor|headless|lighthouse|phantom|selenium|puppeteer|"
    r"curl|wget|python|java/|okhttp|go-http|libwww|httpx|axios|node-fetch|guzzle|ruby|perl|scrapy|ia_archiver|"
    r"ambassadorportal/",
    re.IGNORECASE,
)

# Browsers mark what nobody asked to see yet. Sources: Fetch Metadata and the Speculation Rules specification
# (Sec-Purpose), Firefox (X-Moz), older WebKit (Purpose, X-Purpose).
PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


# Source: Fetch Metadata (w3.org/TR/fetch-metadata): Chromium sends it to every secure origin since version 80, Firefox
# since 90; and no browser leaves out Accept-Language (RFC 9110 §12.5.4 is what they follow).
_MODERN = re.compile(r"(?:Chrome|Edg|Firefox)/(\d{2,4})")
_SENDS_FETCH_METADATA = 90


class Headers(Protocol):
    """Looked up without regard to case, as HTTP says."""

    def get(self, name: str, default: str, /) -> str: ...


def is_person(method: str, headers: Headers) -> bool:
    """Does a person follow the link? Known bots, previews, prefetches and HEAD requests are not counted."""
    if method != "GET":
        return False
    agent = headers.get("User-Agent", "")
    if not agent or BOTS.search(agent):
        return False
    return not any("prefetch" in headers.get(name, "").lower() or "prerender" in headers.get(name, "").lower()
                   or "preview" in headers.get(name, "").lower() for name in PREFETCH_HEADERS)  # fmt: skip


def is_unlike_a_browser(headers: Headers) -> bool:
    """A current browser's name without anything that such a browser always sends: a program behind a mask."""
    named = _MODERN.search(headers.get("User-Agent", ""))
    if named is None or int(named[1]) < _SENDS_FETCH_METADATA:
        return False
    return not headers.get("Sec-Fetch-Mode", "") and not headers.get("Accept-Language", "")
