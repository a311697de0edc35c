"""Connecting to exactly the address that was checked, within one deadline for everything.

The name is resolved here, all its addresses are judged here, and the connection goes to one of those
addresses: there is no second look-up that could answer differently (DNS rebinding). TLS and the Host header
keep the name.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

import httpcore

from portal.kernel.fetcher.address_policy import (
    FetchRefused,
    is_public,
    literal_address,
)

ADDRESSES_TRIED_MAX = 4

Resolver = Callable[[str], list[str]]


class FetchFailed(Exception):
    """We could go there and it did not work out; later it may.

    `reason_code`: dns, connection, tls, timeout, busy (our own turn never came), protocol, too_many_redirects,
    too_large, wrong_type, wrong_encoding, rate_limited, server_error, robots (it can't say whether we may).
    `retry_after_seconds` is what the other side asked for, None when it said nothing.
    """

    def __init__(self, reason_code: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.retry_after_seconds = retry_after_seconds


class Deadline:
    """A moment after which nothing more is waited for, however lively the other side drips."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def remaining_seconds(self) -> float:
        """Seconds left, more than 0. Raises FetchFailed("timeout") when there are none."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise FetchFailed("timeout")
        return left


def system_resolver(name: str) -> list[str]:
    """Every address the operating system knows for `name`. Raises OSError."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def resolve_within(resolver: Resolver, name: str, deadline: Deadline) -> list[str]:
    """`resolver(name)`, given up at the deadline. Raises FetchFailed("dns") or ("timeout").

    The system's resolver can't be interrupted, so it is asked in a thread that may outlive the question.
    """
    answer: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(resolver(name))
        except (OSError, UnicodeError):
            answer.put(None)

    threading.Thread(target=ask, name="fetcher-dns", daemon=True).start()
    try:
        addresses = answer.get(timeout=deadline.remaining_seconds())
    except queue.Empty:
        raise FetchFailed("timeout") from None
    if not addresses:
        raise FetchFailed("dns")
    return addresses


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves, judges and connects for one hop.

    With `trusted` the address is not judged: the operator has named this very origin.
    """

    def __init__(
        self,
        network: httpcore.NetworkBackend,
        resolver: Resolver,
        deadline: Deadline,
        *,
        trusted: bool,
    ) -> None:
        self._network = network
        self._resolver = resolver
        self._deadline = deadline
        self._trusted = trusted

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to `host`. Raises FetchRefused("address") if even one of its addresses is not public."""
        addresses = self._addresses_of(host)[:ADDRESSES_TRIED_MAX]
        for tried, address in enumerate(addresses):
            share_seconds = self._deadline.remaining_seconds() / (len(addresses) - tried)
            try:
                stream = self._network.connect_tcp(address, port, share_seconds, local_address, socket_options)
                return TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure: Exception = error
        raise failure

    def _addresses_of(self, host: str) -> list[str]:
        literal = literal_address(host)
        spelled = [str(literal)] if literal else resolve_within(self._resolver, host, self._deadline)
        try:
            addresses = [ip_address(each) for each in spelled]
        except ValueError:
            raise FetchRefused("address") from None
        if not self._trusted and not all(map(is_public, addresses)):
            raise FetchRefused("address")
        return [str(address) for address in addresses]


class TimedStream(httpcore.NetworkStream):
    """A stream whose every step waits no longer than what is left of the whole."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining_seconds())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining_seconds())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining_seconds())
        except httpcore.ConnectError as error:
            raise FetchFailed("tls") from error
        return TimedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
