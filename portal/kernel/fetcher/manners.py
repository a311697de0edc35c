"""Taking turns: few requests to one host at a time, and a pause between them.

It holds within one process; with several, a host gets so many times as much. What a host asks for beyond that
(Retry-After) is remembered by the callers, across processes.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from portal.kernel.fetcher.transport import Deadline, FetchFailed

HOSTS_REMEMBERED_MAX = 1024
GAP_SECONDS_MAX = 5.0


@dataclass
class _Host:
    asking: int = 0
    waiting: int = 0
    next_at: float = 0.0


class HostTurns:
    """`at_once` requests to a host, the next no sooner than `gap_seconds` after the start of the one before.

    However many hosts strangers name, no more than HOSTS_REMEMBERED_MAX and those being asked are remembered.
    """

    def __init__(self, *, at_once: int, gap_seconds: float) -> None:
        self._at_once = at_once
        self._gap_seconds = gap_seconds
        self._changed = threading.Condition()
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    @contextmanager
    def turn(self, name: str, deadline: Deadline, *, gap_seconds: float = 0.0) -> Iterator[None]:
        """Wait for a turn at host `name`; it may want a longer pause, up to GAP_SECONDS_MAX.

        Raises FetchFailed("busy") when there is none before the deadline.
        """
        gap = min(max(gap_seconds, self._gap_seconds), GAP_SECONDS_MAX)
        with self._changed:
            host = self._host(name)
            host.waiting += 1
            try:
                self._wait(host, deadline)
            finally:
                host.waiting -= 1
            host.asking += 1
            host.next_at = time.monotonic() + gap
        try:
            yield
        finally:
            with self._changed:
                host.asking -= 1
                self._changed.notify_all()

    def _wait(self, host: _Host, deadline: Deadline) -> None:
        while True:
            pause = host.next_at - time.monotonic()
            if host.asking < self._at_once and pause <= 0:
                return
            try:
                left = deadline.remaining_seconds()
            except FetchFailed:
                raise FetchFailed("busy") from None
            self._changed.wait(min(left, pause) if host.asking < self._at_once else left)

    def _host(self, name: str) -> _Host:
        host = self._hosts.setdefault(name, _Host())
        self._hosts.move_to_end(name)
        if len(self._hosts) > HOSTS_REMEMBERED_MAX:
            idle = (key for key, each in self._hosts.items() if each is not host and not (each.asking or each.waiting))
            for key in list(idle)[: len(self._hosts) - HOSTS_REMEMBERED_MAX]:
                del self._hosts[key]
        return host
