"""How the two databases are spoken to: pragmas and BEGIN IMMEDIATE on SQLite, nothing special on PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextvars import ContextVar
from typing import Any

from sqlalchemy import DDL, Connection, Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from portal.kernel.turns import turns_at

SQLITE_BUSY_TIMEOUT_MS = 10_000
TURN = "portal_turn"

intends_to_write: ContextVar[bool] = ContextVar("intends_to_write", default=False)
"""True from the start of a request or job that may write, so that its first statement takes SQLite's write lock."""

reads_first: ContextVar[bool] = ContextVar("reads_first", default=False)
"""True in a request whose view is marked `reads_before_it_writes`: only its unit of work takes that lock."""


def engine_options(url: str) -> dict[str, Any]:
    """Flask-SQLAlchemy's engine options for `url`. What people typed stays out of errors, and so out of logs (P-19)."""
    if url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {
                "timeout": SQLITE_BUSY_TIMEOUT_MS / 1000,
                "check_same_thread": False,
            },
        }
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 10,
    }


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: object, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # BEGIN is ours: the driver's own would be deferred
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # NORMAL may lose acknowledged commits at power loss
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if not intends_to_write.get():
        connection.exec_driver_sql("BEGIN")
        return
    _take_turn(connection)
    # A deferred BEGIN that has read first loses the race with "database is locked" instead of waiting its turn.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def begin_writing(connection: Connection) -> None:
    """Let a transaction that has only read write from here on: on SQLite it ends, and another one takes its place.

    What was read stays in memory, as old as it is on PostgreSQL, where nothing happens here: verbs ask again whether a
    row is still as they read it.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
        _take_turn(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _take_turn(connection: Connection) -> None:
    """Queue up until the connection goes back to its pool, which it does when its transaction is over."""
    file = connection.engine.url.database
    if not file or file == ":memory:" or TURN in connection.info:
        return
    turns = turns_at(file)
    if not turns.take(SQLITE_BUSY_TIMEOUT_MS / 1000):
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
    connection.info[TURN] = turns


@event.listens_for(Pool, "checkin")
def _give_turn(_connection: object, record: ConnectionPoolEntry) -> None:
    turns = record.info.pop(TURN, None)
    if turns is not None:
        turns.give()


def append_only_ddl(table: str) -> dict[str, list[str]]:
    """The statements, by dialect, that make `table` refuse UPDATE and DELETE. Migrations use the same."""
    refusal = f"{table} is append-only"
    sqlite = [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        for verb in ("UPDATE", "DELETE")
    ]
    postgresql = [
        (
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        ),
        (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        ),
    ]
    return {"sqlite": sqlite, "postgresql": postgresql}


def make_append_only(model: type[DeclarativeBase]) -> None:
    """Attach those triggers to the table of `model` for `create_all`."""
    for dialect, statements in append_only_ddl(model.__tablename__).items():
        for statement in statements:
            ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            event.listen(model.__table__, "after_create", ddl)
