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
    origin_from_setting,
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
from portal.kernel.fetcher.transport import (
    CheckedBackend,
    Deadline,
    FetchFailed,
    Resolver,
    system_resolver,
)

METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})
REQUEST_BYTES_MAX = 1024 * 1024


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
    at_once_per_host: int = 2
    gap_seconds: float = 0.2
    """Between the starts of two requests to one host; `allow_origins` are asked without a pause."""

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "allow_origins",
            frozenset(map(origin_from_setting, self.allow_origins)),
        )


@dataclass(frozen=True)
class _Request:
    """What is said to one hop beside its address."""

    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


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
        self._turns = HostTurns(at_once=policy.at_once_per_host, gap_seconds=policy.gap_seconds)

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
            return self._read(answer, hops, accept)

    def resolve(self, url: str, *, until: Callable[[str], bool] = lambda url: False) -> Resolved:
        """Follow the redirects without reading a body, as far as the first address for which `until` holds.

        It asks with GET, since many shorteners refuse HEAD. Raises FetchRefused or FetchFailed.
        """
        with self._last_answer(url, "*/*", until=until) as (answer, hops):
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
            with self._answer(target, _Request(headers), deadline) as answer:
                following = redirect_target(answer, target)
                if following is None:
                    yield answer, hops
                    return
            target = following
        raise FetchFailed("too_many_redirects")

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
                nullcontext() if trusted else self._turns.turn(target.host, deadline),
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
