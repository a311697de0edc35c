"""One GET with its redirects, each hop checked as if it were the first."""

import email.utils
import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import httpcore
import httpx

from portal.kernel.fetcher.address_policy import (
    FetchRefused,
    check_form,
    origin_from_setting,
    origin_of,
    parse_target,
)
from portal.kernel.fetcher.body import decode_text, read_body
from portal.kernel.fetcher.transport import (
    CheckedBackend,
    Deadline,
    FetchFailed,
    Resolver,
    system_resolver,
)

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
    "etag",
    "last-modified",
    "link",
    "retry-after",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
REDIRECTS = (301, 302, 303, 307, 308)
ERROR_BODY_BYTES_MAX = 64 * 1024
RETRY_AFTER_SECONDS_MAX = 24 * 3600
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)


def user_agent(version: str, contact_url: str) -> str:
    """Who we are, and where somebody who minds can say so."""
    return f"AmbassadorPortal/{version} (+{contact_url})"


@dataclass(frozen=True)
class FetchPolicy:
    """How far a fetch goes. `allow_origins` are exact origins reachable besides the public web.

    Raises ValueError for an entry that is not an origin.
    """

    user_agent: str
    allow_origins: frozenset[str] = frozenset()
    total_seconds: float = 10.0
    body_bytes_max: int = 2 * 1024 * 1024
    redirects_max: int = 5

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "allow_origins",
            frozenset(map(origin_from_setting, self.allow_origins)),
        )


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
        """How long the other side asks us to stay away, at most a day; None if it did not say."""
        return seconds_to_wait(self.headers.get("retry-after", ""), now_seconds=time.time())

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


class Fetcher:
    """Fetches for strangers: no cookies, no proxy or credential from the environment, nothing kept.

    `resolver` and `network` are where it touches the outside; `tls` are the authorities it believes.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolver: Resolver = system_resolver,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._network = network or httpcore.SyncBackend()
        self._tls = tls or httpcore.default_ssl_context()

    def get(
        self,
        url: str,
        *,
        accept: tuple[str, ...] = PAGE_TYPES,
        conditional: Conditional | None = None,
    ) -> Fetched:
        """The answer at the end of the redirects, with its body if its type is one of `accept`.

        Raises FetchRefused or FetchFailed; neither carries anything of the body.
        """
        with self._last_answer(url, ", ".join(accept), conditional=conditional) as (answer, hops):
            assert answer is not None  # noqa: S101  without `until` there is an answer or an exception
            headers = kept_headers(answer)
            body = self._body(answer, headers, accept)
            return Fetched(answer.status, hops[-1], headers, body, tuple(hops))

    def resolve(self, url: str, *, until: Callable[[str], bool] = lambda url: False) -> Resolved:
        """Follow the redirects without reading a body, as far as the first address for which `until` holds.

        It asks with GET, since many shorteners refuse HEAD. Raises FetchRefused or FetchFailed.
        """
        with self._last_answer(url, "*/*", until=until) as (answer, hops):
            return Resolved(hops[-1], tuple(hops), answer.status if answer else None)

    @contextmanager
    def _last_answer(
        self,
        url: str,
        accept: str,
        *,
        conditional: Conditional | None = None,
        until: Callable[[str], bool] = lambda url: False,
    ) -> Iterator[tuple[httpcore.Response | None, list[str]]]:
        deadline = Deadline(self._policy.total_seconds)
        hops: list[str] = []
        target = first = parse_target(url)
        for _ in range(self._policy.redirects_max + 1):
            hops.append(str(target))
            if until(hops[-1]):
                yield None, hops
                return
            headers = {"Accept": accept}
            if conditional and origin_of(target) == origin_of(first):
                headers |= conditional.headers()
            with self._answer(target, headers, deadline) as answer:
                following = redirect_target(answer, target)
                if following is None:
                    yield answer, hops
                    return
            target = following
        raise FetchFailed("too_many_redirects")

    @contextmanager
    def _answer(self, target: httpx.URL, headers: dict[str, str], deadline: Deadline) -> Iterator[httpcore.Response]:
        """One hop's answer, its body not yet read. Whatever goes wrong until the end is a FetchFailed."""
        trusted = origin_of(target) in self._policy.allow_origins
        if not trusted:
            check_form(target)
        backend = CheckedBackend(self._network, self._resolver, deadline, trusted=trusted)
        url = httpcore.URL(
            scheme=target.raw_scheme,
            host=target.raw_host,
            port=target.port,
            target=target.raw_path,
        )
        ours = {
            "User-Agent": self._policy.user_agent,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        try:
            with (
                httpcore.ConnectionPool(self._tls, max_connections=1, network_backend=backend) as pool,
                pool.stream("GET", url, headers=list((ours | headers).items())) as answer,
            ):
                yield answer
        except httpcore.TimeoutException as error:
            raise FetchFailed("timeout") from error
        except httpcore.NetworkError as error:
            raise FetchFailed("connection") from error
        except httpcore.ProtocolError as error:
            raise FetchFailed("protocol") from error

    def _body(
        self,
        answer: httpcore.Response,
        headers: dict[str, str],
        accept: tuple[str, ...],
    ) -> bytes:
        encoding = header(answer, "content-encoding")
        accepted = media_type_of(headers.get("content-type", ""))[0] in accept
        if answer.status in (204, 205, 304):
            return b""
        if 200 <= answer.status < 300:
            if not accepted:
                raise FetchFailed("wrong_type")
            return read_body(
                answer.iter_stream(),
                encoding=encoding,
                bytes_max=self._policy.body_bytes_max,
            )
        if not accepted:
            return b""
        try:
            return read_body(answer.iter_stream(), encoding=encoding, bytes_max=ERROR_BODY_BYTES_MAX)
        except (FetchFailed, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
            return b""  # the status is the answer; an explanation that can't be read changes nothing


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
