"""Clicks are appended to a file of this process, one line each, and counted later (PROMISES P-42).

A commit for each click would cost more than the redirect itself. A line written survives `kill -9` of the process; what
a power failure loses is less than a second of clicks, which are no acknowledged writes.
"""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import structlog

log = structlog.get_logger()


class Spool:
    """The folder of spool files. Files are named after the UTC hour and the process, so that each has one writer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._name = ""
        self._file = -1

    def append(self, line: str, at: datetime) -> bool:
        """Write one line. False when it can't be written (disk full): the redirect goes on without it."""
        try:
            with self._lock:
                os.write(self._open(at), line.encode() + b"\n")
        except OSError as error:
            log.warning("click_not_spooled", error=str(error))
            return False
        return True

    def _open(self, at: datetime) -> int:
        name = f"{at.astimezone(UTC):%Y%m%dT%H}-{os.getpid()}.clicks"
        if name != self._name:
            if self._file >= 0:
                os.close(self._file)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._name = name
        return self._file

    def files(self) -> list[Path]:
        """All spool files, oldest first."""
        return sorted(self.folder.glob("*.clicks")) if self.folder.is_dir() else []


def hour_of(path: Path) -> str:
    """The hour that a spool file belongs to, as its name begins."""
    return path.name.split("-", 1)[0]
