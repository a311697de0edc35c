"""One server process of a test: started, awaited, ended by its own pid, its log kept."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
_PORTS = range(20_000, 32_000)
_given: set[int] = set()
_POLL_SECONDS = 0.02


def free_port() -> int:
    """A loopback port nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> range:
    """So many loopback ports in a row that nobody listens on, and that nobody else of this run is given.

    They lie below the range from which the kernel serves outgoing connections, so that no client of a test
    running beside this one takes one before the server does. A server may load for minutes before it listens:
    each test process draws from a part of its own, and none twice. They are drawn from the system's
    randomness, because Hypothesis seeds Python's own and two runs on one machine would draw the same.
    """
    mine = _ports_of_this_process()
    for _ in range(200):
        first = mine.start + secrets.randbelow(len(mine) - count + 1)
        ports = range(first, first + count)
        if _given.isdisjoint(ports) and all(map(_is_free, ports)):
            _given.update(ports)
            return ports
    raise RuntimeError(f"No {count} free ports on {HOST} between {mine.start} and {mine.stop}.")


def _ports_of_this_process() -> range:
    """Told by pytest-xdist, which calls its processes gw0, gw1 …"""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = len(_PORTS) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return _PORTS[number * size : (number + 1) * size]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wait_until(condition: Callable[[], object], *, what: str, deadline_seconds: float = 60) -> None:
    """Return as soon as `condition` holds. Raises TimeoutError, naming `what` was awaited."""
    end = time.monotonic() + deadline_seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"Not within {deadline_seconds:g} seconds: {what}.")
        time.sleep(_POLL_SECONDS)


def is_listening(port: int) -> bool:
    """Does anything on loopback accept a connection at `port`?"""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


class ProcessError(Exception):
    """A server did not get ready; the message carries the end of its log."""


class Process:
    """A child process in a group of its own, so that Ctrl-C in the terminal leaves its end to the fixture.

    Ready means: `ready_line` stands in its log, or `ready_port` accepts a connection, whichever is given;
    both if both are. `options` go to `subprocess.Popen` (user, cwd …).
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready_line: str | None = None,
        ready_port: int | None = None,
        deadline_seconds: float = 30,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.command = [str(part) for part in command]
        self.log_path = log
        self._ready_line = ready_line
        self._ready_port = ready_port
        self._deadline_seconds = deadline_seconds
        self._stop_signal = stop_signal
        self._environment = {**os.environ, **(environment or {})}
        self._options = options
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None, "not started"
        return self._child.pid

    @property
    def was_started(self) -> bool:
        return self._child is not None

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self) -> "Process":
        """Start and return when ready. Raises ProcessError, with the log, if it ends or dawdles instead."""
        with self.log_path.open("ab") as log:
            log_start = log.tell()
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                **self._options,
            )
        try:
            wait_until(
                lambda: not self.is_running or self._is_ready(log_start),
                what=f"{self.command[0]} ready",
                deadline_seconds=self._deadline_seconds,
            )
        except TimeoutError as late:
            self.stop()
            raise ProcessError(f"{late}\n{self._log_end()}") from late
        if not self.is_running:
            raise ProcessError(f"{self.command[0]} ended with {self._child.returncode}.\n{self._log_end()}")
        return self

    def stop(self, *, patience_seconds: float = 15, once_asked: Callable[[], object] = lambda: None) -> int:
        """Ask it to end, insist after `patience_seconds`, and return its exit status. Safe to repeat.

        `once_asked` is called in between: it may let go what keeps the process from ending.
        """
        assert self._child is not None, "not started"
        if self.is_running:
            self._child.send_signal(self._stop_signal)
        once_asked()
        try:
            self._child.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._end_what_it_left_behind()
        return self._child.returncode

    def kill(self) -> None:
        """End it the hard way (kill -9), as a crash would: its children are left to cope."""
        assert self._child is not None, "not started"
        self._child.kill()
        self._child.wait()

    def __enter__(self) -> "Process":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _is_ready(self, log_start: int) -> bool:
        if self._ready_port is not None and not is_listening(self._ready_port):
            return False
        if self._ready_line is None:
            return True
        return self._ready_line.encode() in self.log_path.read_bytes()[log_start:]

    def _end_what_it_left_behind(self) -> None:
        """Children of a killed parent still hold its group's id, which is the pid of the process started
        here.
        """
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def _log_end(self) -> str:
        return f"End of {self.log_path}:\n" + "\n".join(self.log.splitlines()[-40:])
