"""What came back: an answer of any status, and what its headers mean."""

import email.utils
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from math import isfinite

import httpcore
import httpx

from portal.kernel.fetcher.address_policy import FetchRefused, parse_target
from portal.kernel.fetcher.body import decode_text
from portal.kernel.fetcher.transport import FetchFailed

PAGE_TYPES = (
    "text/html",
    "application/xhtml+xml",
    "application/json",
    "application/activity+json",
    "application/ld+json",
    "application/jrd+json",
    "application/rss+xml",
    "application/atom+xml",
    "application/xml",
    "text/xml",
    "text/plain",
)
KEPT_HEADERS = (
    "cache-control",
    "content-language",
    "content-type",
    "date",
    "dpop-nonce",
    "etag",
    "last-modified",
    "link",
    "ratelimit-reset",
    "retry-after",
    "www-authenticate",
    "x-rate-limit-reset",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
REDIRECTS = (301, 302, 303, 307, 308)
ERROR_BODY_BYTES_MAX = 64 * 1024
RETRY_AFTER_SECONDS_MAX = 24 * 3600
_UNIX_TIME_SINCE = 1_000_000_000
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)


@dataclass(frozen=True)
class Conditional:
    """What we know of an earlier answer; if nothing changed, the answer is 304 without a body."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The request headers that say it."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Fetched:
    """An answer of any status. `hops` are all addresses asked, first to last; header names are in lower case.

    An answer that is not 2xx keeps its body only where it is small and of an accepted type.
    """

    status: int
    final_url: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    hops: tuple[str, ...]
    unchanged: bool = False
    """The server said that nothing changed; the body is the one that was kept."""

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case; empty if there is none."""
        return media_type_of(self.headers.get("content-type", ""))[0]

    @cached_property
    def text(self) -> str:
        """The body as text; never raises, unreadable bytes become U+FFFD."""
        return decode_text(self.body, media_type_of(self.headers.get("content-type", ""))[1])

    @property
    def retry_after_seconds(self) -> int | None:
        """How long the other side asks us to stay away, at most a day; None if it did not say.

        Where it refused because of its limit and names no wait, when that limit is counted anew.
        """
        now = time.time()
        wait = seconds_to_wait(self.headers.get("retry-after", ""), now_seconds=now)
        if wait is not None or self.status != 429:
            return wait
        named = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
        resets = next((self.headers[name] for name in named if self.headers.get(name)), "")
        return seconds_until_reset(resets, now_seconds=now)

    def raise_for_trouble(self) -> None:
        """Raises FetchFailed for 429 and 5xx, which say nothing about the page that was asked for."""
        if self.status == 429:
            raise FetchFailed("rate_limited", self.retry_after_seconds)
        if self.status >= 500:
            raise FetchFailed("server_error", self.retry_after_seconds)


@dataclass(frozen=True)
class Resolved:
    """Where a short link leads. `status` is None when following stopped before `final_url` was asked."""

    final_url: str
    hops: tuple[str, ...]
    status: int | None


def header(answer: httpcore.Response, name: str) -> str:
    """The values of header `name`, joined by commas; empty if there is none."""
    wanted = name.encode("ascii")
    return ", ".join(value.decode("utf-8", "replace") for key, value in answer.headers if key.lower() == wanted)


def kept_headers(answer: httpcore.Response) -> dict[str, str]:
    """The few headers that say something about the answer; never a cookie."""
    return {name: value for name in KEPT_HEADERS if (value := header(answer, name))}


def redirect_target(answer: httpcore.Response, asked: httpx.URL) -> httpx.URL | None:
    """Where `answer` sends us, None if nowhere. Raises FetchRefused for an address no request may go to."""
    location = header(answer, "location").strip()
    if answer.status not in REDIRECTS or not location:
        return None
    try:
        return parse_target(str(asked.join(location)))
    except httpx.InvalidURL:
        raise FetchRefused("malformed") from None


def media_type_of(content_type: str) -> tuple[str, str | None]:
    """Media type in lower case, and charset if it is named."""
    media_type, _, parameters = content_type.partition(";")
    charset = _CHARSET.search(parameters)
    return media_type.strip().lower(), charset[1] if charset else None


def seconds_to_wait(retry_after: str, *, now_seconds: float) -> int | None:
    """Retry-After (RFC 9110 §10.2.3), a number or a date, as seconds from now: at least 0, at most a day."""
    retry_after = retry_after.strip()
    if retry_after.isascii() and retry_after.isdigit():
        seconds = float(retry_after[:9])
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(retry_after).timestamp() - now_seconds
        except (ValueError, OverflowError):
            return None
    return int(min(max(seconds, 0), RETRY_AFTER_SECONDS_MAX))


def seconds_until_reset(reset: str, *, now_seconds: float) -> int | None:
    """`RateLimit-Reset` as networks write it: a date (Mastodon), a Unix time (Bluesky, X), or seconds (Reddit)."""
    reset = reset.strip()
    try:
        moment = datetime.fromisoformat(reset)
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_seconds
    except (ValueError, OverflowError):
        try:
            seconds = float(reset[:20])
        except ValueError:
            return None
        seconds -= now_seconds if seconds > _UNIX_TIME_SINCE else 0
    return int(min(max(seconds, 0), RETRY_AFTER_SECONDS_MAX)) if isfinite(seconds) else None
