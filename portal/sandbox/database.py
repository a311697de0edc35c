"""The sandbox's own SQLite file: one connection per request, one transaction per write."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app, g

SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def prepare(path: Path) -> None:
    """Make the file and its tables where they are missing; existing rows stay."""
    connection = connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)
    finally:
        connection.close()


def db() -> sqlite3.Connection:
    """This request's connection."""
    if "sandbox_db" not in g:
        g.sandbox_db = connect(current_app.extensions["sandbox_database"])
    connection: sqlite3.Connection = g.sandbox_db
    return connection


def close(_error: BaseException | None = None) -> None:
    connection = g.pop("sandbox_db", None)
    if connection is not None:
        connection.close()


@contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """A write, whole or not at all. It takes the write lock first: nothing read inside can grow old."""
    connection = db()
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text in `path`, made once, for its owner's eyes; two starters at the same time agree on one."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was faster: its text counts
        finally:
            Path(draft).unlink()
    return path.read_text(encoding="utf-8")
