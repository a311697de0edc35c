"""Writers of one SQLite file take turns, across threads and processes.

SQLite lets a waiting writer sleep for up to 100 ms between two looks at its lock, whoever looks first wins, and a crowd
mostly sleeps. Here the threads of a process queue up, and one of each process looks every half millisecond. SQLite's
own lock still decides; this only saves the waiting.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from functools import cache

LOOK_SECONDS = 0.0005
GIVE_WAY_SECONDS = 0.001
"""Longer than a look: whoever queued in this process lets a writer of another one go first."""


class Turns:
    """The queue before one database; `take` and `give` may be called by different threads."""

    def __init__(self, path: str) -> None:
        self._within = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self, within_seconds: float) -> bool:
        """Wait for a turn. False when it did not come in time. The kernel gives back what a killed process held."""
        deadline = time.monotonic() + within_seconds
        if not self._within.acquire(blocking=False):
            if not self._within.acquire(timeout=within_seconds):
                return False
            time.sleep(GIVE_WAY_SECONDS)
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(LOOK_SECONDS)
                    continue
                self._within.release()
                return False
            return True

    def give(self) -> None:
        """Let the next one write."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._within.release()


@cache
def turns_at(database: str) -> Turns:
    """The queue before the file `database`, kept beside it."""
    return Turns(f"{database}-turn")
