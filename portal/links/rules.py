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
