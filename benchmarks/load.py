"""Sends requests as fast as the answers come, or at a pace, and says how long they took."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

CLOSES_ONE_IN = 25
"""So many requests of a connection, then a new one: kept for ever, all of them may end up at one worker."""
ANSWERS_WITHIN_SECONDS = 30.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Outcome:
    """What came of a stretch of load."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of all processes of the server."""
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU of one request."""
        return self.cpu_seconds / self.count * 1000

    def latency(self, part: float) -> float:
        """The latency in seconds that `part` of the requests did not exceed."""
        return sorted(self.latencies)[min(int(part * self.count), self.count - 1)]


def message(path: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> bytes:
    """One request, ready to be sent."""
    body = urlencode(form).encode() if form is not None else b""
    lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drive(
    port: int,
    server_pid: int,
    messages: Iterable[bytes],
    *,
    seconds: float,
    clients: int = 8,
    pace: float | None = None,
) -> Outcome:
    """Send `messages` for `seconds` over `clients` connections; `pace`: requests a second of all of them together."""
    supply, lock, outcome = iter(messages), threading.Lock(), Outcome()
    cpu_before, began = cpu_of(server_pid), time.perf_counter()
    ends = began + seconds
    gap = clients / pace if pace else 0.0

    def client() -> None:
        connection = _Connection(port)
        due = began + random.random() * gap
        while True:
            time.sleep(max(0.0, due - time.perf_counter()))
            with lock:
                wanted = next(supply, None)
            if wanted is None or time.perf_counter() >= ends:
                break
            sent = time.perf_counter()
            status = connection.ask(wanted)
            took = time.perf_counter() - sent
            with lock:
                outcome.latencies.append(took)
                outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
            due += gap
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - began
    outcome.cpu_seconds = cpu_of(server_pid) - cpu_before
    return outcome


class _Connection:
    """Plain HTTP/1.1 over a socket: a client that costs little beside the server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._asked = 0

    def ask(self, wanted: bytes) -> int:
        """Send a request and read the answer to its end; the status."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), ANSWERS_WITHIN_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(wanted)
        head, _, body = self._until_head().partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        left = length - len(body)
        while left > 0:
            left -= len(self._receive())
        self._asked += 1
        if self._asked % CLOSES_ONE_IN == 0:
            self.close()
        return int(lines[0].split()[1])

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _until_head(self) -> bytes:
        read = b""
        while b"\r\n\r\n" not in read:
            read += self._receive()
        return read

    def _receive(self) -> bytes:
        assert self._socket is not None
        part = self._socket.recv(262_144)
        if not part:
            raise ConnectionError("The server hung up.")
        return part


def cpu_of(server_pid: int) -> float:
    """CPU seconds that a server and its workers have used."""
    return sum(_ticks(pid) for pid in family(server_pid)) / TICKS_PER_SECOND


def memory_of(server_pid: int) -> float:
    """Megabytes that they hold, what they share counted once."""
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in family(server_pid)]
    return sum(int(line.split()[1]) for text in rollups for line in text.splitlines() if line.startswith("Pss:")) / 1024


def family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from family(int(child))


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
