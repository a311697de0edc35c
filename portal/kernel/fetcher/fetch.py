"""Asking: a page with its redirects, each hop checked as if it were the first, or a network's interface by name."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import httpcore
import httpx

from portal.kernel.fetcher.address_policy import (
    FetchRefused,
    check_form,
    origin_of,
    parse_target,
)
from portal.kernel.fetcher.answers import (
    ERROR_BODY_BYTES_MAX,
    PAGE_TYPES,
    Conditional,
    Fetched,
    Resolved,
    header,
    kept_headers,
    media_type_of,
    redirect_target,
)
from portal.kernel.fetcher.api import Api, checked
from portal.kernel.fetcher.body import read_body
from portal.kernel.fetcher.manners import HostTurns
from portal.kernel.fetcher.policy import FetchPolicy
from portal.kernel.fetcher.remembered import AnswerMemory, Remembered, worth_keeping
from portal.kernel.fetcher.robots import RobotsMemory
from portal.kernel.fetcher.transport import (
    CheckedBackend,
    Deadline,
    FetchFailed,
    Resolver,
    system_resolver,
)

ROBOTS_TYPES = ("text/plain",)
METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})
REQUEST_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True)
class _Request:
    """What is said to one hop beside its address."""

    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""
    gap_seconds: float = 0.0


class Fetcher:
    """Fetches for strangers: no cookies, no proxy or credential from the environment, nothing kept unless told where.

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
        self._turns = HostTurns(at_once=policy.at_once_per_host, gap_seconds=policy.gap_seconds)
        self._robots = RobotsMemory()
        self._memory: AnswerMemory | None = None

    def remember_with(self, memory: AnswerMemory) -> None:
        """From now on, keep answers there, and ask servers for what changed since."""
        self._memory = memory

    def get(
        self,
        url: str,
        *,
        accept: tuple[str, ...] = PAGE_TYPES,
        conditional: Conditional | None = None,
    ) -> Fetched:
        """The answer at the end of the redirects, with its body if its type is one of `accept`.

        For an interface made for programs; a plain page is asked for by `page`. A 304 comes back only to a
        `conditional` of the caller's own. Raises FetchRefused or FetchFailed; neither carries anything of the body.
        """
        return self._fetched(url, accept, conditional, robots=False)

    def page(self, url: str, *, accept: tuple[str, ...] = PAGE_TYPES) -> Fetched:
        """The same, of a page made for people: at each hop its site's robots.txt is asked first, and kept to.

        Raises FetchRefused("robots") where the site does not want it, FetchFailed("robots") where it can't say.
        """
        return self._fetched(url, accept, None, robots=True)

    def resolve(self, url: str, *, until: Callable[[str], bool] = lambda url: False) -> Resolved:
        """Follow the redirects without reading a body, as far as the first address for which `until` holds.

        It asks with GET, since many shorteners refuse HEAD. Raises FetchRefused or FetchFailed.
        """
        deadline = Deadline(self._policy.total_seconds)
        with self._last_answer(url, "*/*", deadline, until=until) as (answer, hops):
            return Resolved(hops[-1], tuple(hops), answer.status if answer else None)

    def call(
        self,
        api: Api,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        accept: tuple[str, ...] = ("application/json",),
    ) -> Fetched:
        """Ask a named interface, with its credentials and `headers`; `path` begins with a slash, query included.

        Nothing of it goes to another origin: a GET is redirected within its own, anything else nowhere. Over TLS, or
        to one of the policy's `allow_origins`. Raises FetchRefused (other_origin, redirected, scheme …) or
        FetchFailed; ValueError for a method, header or size that a program must not send.
        """
        if method not in METHODS or len(body) > REQUEST_BYTES_MAX or (body and method == "GET"):
            raise ValueError(f"{method} with {len(body)} bytes is not sent")
        said = {"Accept": ", ".join(accept)} | checked(api.headers) | checked(headers or {})
        target = api.target(path)
        if target.scheme != "https" and api.origin not in self._policy.allow_origins:
            raise FetchRefused("scheme")
        request = _Request(said, method, body)
        deadline = Deadline(self._policy.total_seconds)
        hops: list[str] = []
        for _ in range(self._policy.redirects_max + 1):
            hops.append(str(target))
            with self._answer(target, request, deadline) as answer:
                following = redirect_target(answer, target)
                if following is None:
                    return self._read(answer, hops, accept)
            if method != "GET":
                raise FetchRefused("redirected")
            if origin_of(following) != api.origin:
                raise FetchRefused("other_origin")
            target = following
        raise FetchFailed("too_many_redirects")

    def _fetched(self, url: str, accept: tuple[str, ...], conditional: Conditional | None, *, robots: bool) -> Fetched:
        known = self._memory.recall(url) if self._memory is not None and conditional is None else None
        if known and media_type_of(known.headers.get("content-type", ""))[0] not in accept:
            known = None
        deadline = Deadline(self._policy.total_seconds)
        with self._last_answer(
            url, ", ".join(accept), deadline, conditional=conditional, known=known, robots=robots
        ) as (answer, hops):
            assert answer is not None  # without `until` there is an answer or an exception
            found = self._read(answer, hops, accept)
        if known and found.status == 304:
            return Fetched(200, found.final_url, dict(known.headers), known.body, found.hops, unchanged=True)
        if self._memory is not None and conditional is None and (kept := worth_keeping(found)):
            self._memory.keep(url, kept)
        return found

    @contextmanager
    def _last_answer(
        self,
        url: str,
        accept: str,
        deadline: Deadline,
        *,
        conditional: Conditional | None = None,
        known: Remembered | None = None,
        until: Callable[[str], bool] = lambda url: False,
        robots: bool = False,
    ) -> Iterator[tuple[httpcore.Response | None, list[str]]]:
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
            if known and known.final_url == hops[-1]:
                headers |= known.conditional.headers()
            gap_seconds = self._allowed_gap(target, deadline) if robots else 0.0
            with self._answer(target, _Request(headers, gap_seconds=gap_seconds), deadline) as answer:
                following = redirect_target(answer, target)
                if following is None:
                    yield answer, hops
                    return
            target = following
        raise FetchFailed("too_many_redirects")

    def _allowed_gap(self, target: httpx.URL, deadline: Deadline) -> float:
        """The pause that the site wants between requests. Raises FetchRefused("robots") if it wants none at all."""

        def fetch(url: str) -> Fetched:
            with self._last_answer(url, "text/plain", deadline) as (answer, hops):
                assert answer is not None  # as above
                return self._read(answer, hops, ROBOTS_TYPES)

        rules = self._robots.rules_of(origin_of(target), fetch)
        if not rules.allow(str(target)):
            raise FetchRefused("robots")
        return rules.gap_seconds

    @contextmanager
    def _answer(self, target: httpx.URL, request: _Request, deadline: Deadline) -> Iterator[httpcore.Response]:
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
        headers = [
            ("User-Agent", self._policy.user_agent),
            ("Accept-Encoding", "gzip"),
            ("Connection", "close"),
            *request.headers.items(),
        ]
        try:
            with (
                nullcontext() if trusted else self._turns.turn(target.host, deadline, gap_seconds=request.gap_seconds),
                httpcore.ConnectionPool(self._tls, max_connections=1, network_backend=backend) as pool,
                pool.stream(request.method, url, headers=headers, content=request.body or None) as answer,
            ):
                yield answer
        except httpcore.TimeoutException as error:
            raise FetchFailed("timeout") from error
        except httpcore.NetworkError as error:
            raise FetchFailed("connection") from error
        except httpcore.ProtocolError as error:
            raise FetchFailed("protocol") from error

    def _read(self, answer: httpcore.Response, hops: list[str], accept: tuple[str, ...]) -> Fetched:
        headers = kept_headers(answer)
        return Fetched(answer.status, hops[-1], headers, self._body(answer, headers, accept), tuple(hops))

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
