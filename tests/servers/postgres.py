"""A PostgreSQL cluster of our own, from Debian's binaries, in a temporary folder."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from tests.servers.process import HOST, Process, ProcessError, free_port

# What a crash could cost does not matter to a cluster that lives for one run, except in a fault test.
_INITDB = ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
_MANY = ["-c", "max_connections=300"]
"""A cluster serves all portals of a test process at once, each with the pools of several processes."""
_FAST = ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "autovacuum=off"]
"""Nothing is cleaned up behind the tests' back: rows would come in another order where their places are used again."""
_STARTS_MAX = 20


def _binaries() -> Path:
    """The newest installed version; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError("PostgreSQL is not installed. Run: apt-get install postgresql")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


class PostgresServer:
    """`durable=True` keeps every acknowledged commit through kill -9; the other is faster."""

    def __init__(self, *, log: Path, durable: bool = False, options: Sequence[str] = ()) -> None:
        self.durable = durable
        self.port = free_port()
        self.url = self._url_of("postgres")
        self._numbers = itertools.count(1)
        # initdb refuses to run as root, and its own user cannot enter pytest's folders.
        self._as_user: dict[str, Any] = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        )
        self._folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        if self._as_user:
            shutil.chown(self._folder, "postgres", "postgres")
        binaries, data = _binaries(), self._folder / "data"
        made = subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "test", *_INITDB],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **self._as_user,
        )
        if made.returncode != 0:
            raise ProcessError(f"initdb could not make a cluster in {data}.\n{made.stdout}{made.stderr}")
        command: list[str | Path] = [
            binaries / "postgres",
            "-D",
            data,
            "-h",
            HOST,
            "-p",
            str(self.port),
            "-k",
            self._folder,
        ]
        self.process = Process(
            [*command, *_MANY, *([] if durable else _FAST), *options],
            log=log,
            ready_line="database system is ready to accept connections",
            stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
            cwd=self._folder,
            **self._as_user,
        )

    def start(self) -> "PostgresServer":
        """Start, also again after `kill()`."""
        # The orphans of a killed server hold its shared memory for a moment more.
        for attempt in range(1, _STARTS_MAX + 1):
            try:
                self.process.start()
                return self
            except ProcessError as failure:
                if "shared memory block" not in str(failure) or attempt == _STARTS_MAX:
                    raise
        raise AssertionError("unreachable")

    def kill(self) -> None:
        """kill -9 of the whole server, as a crash would end it."""
        self.process.kill()

    def stop(self) -> None:
        """Stop it and remove the cluster."""
        self.process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, template: str | None = None, *, name: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of `template`, to which nobody may be connected."""
        name = name or f"portal_{next(self._numbers)}"
        source = make_url(template).database if template else "template0"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return self._url_of(name)

    def drop(self, url: str) -> None:
        """Remove the database at `url`, closing whatever connections are left to it."""
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        address = self.url.replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)

    def _url_of(self, database: str) -> str:
        return f"postgresql+psycopg://test@{HOST}:{self.port}/{database}"
