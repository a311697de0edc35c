"""Rate limits, shared by all processes: in Redis where there is one, else in a table (PROMISES P-10).

The table lives beside the portal's own on PostgreSQL, and in a file of its own on SQLite: a request that already holds
the write lock must not wait for itself. When it can't be reached, requests are refused, never let through uncounted.
"""

from __future__ import annotations

import secrets
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from flask import Flask, current_app, request
from limits.storage import Storage
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from config import Settings
from portal.extensions import limiter

SCHEME = "portal-table"
FORGET_ONE_IN = 200
REDIS_TIMEOUT_SECONDS = 2.0
EVERY_WRITE = "120 per minute"
"""Default for every unsafe request; routes name stricter ones."""

View = TypeVar("View", bound=Callable[..., Any])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LIMITS_READING = "__portal_limits_reading__"

_CREATE = (
    "CREATE TABLE IF NOT EXISTS rate_window "
    "(key VARCHAR(255) PRIMARY KEY, hits BIGINT NOT NULL, ends_at DOUBLE PRECISION NOT NULL)"
)
_COUNT = text(
    "INSERT INTO rate_window (key, hits, ends_at) VALUES (:key, :amount, :ends_at) "
    "ON CONFLICT (key) DO UPDATE SET "
    "hits = CASE WHEN rate_window.ends_at <= :now THEN :amount ELSE rate_window.hits + :amount END, "
    "ends_at = CASE WHEN rate_window.ends_at <= :now THEN :ends_at ELSE rate_window.ends_at END RETURNING hits"
)


class TableStorage(Storage):
    """Counts fixed windows in a table, one upsert a hit."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._engine = create_engine(uri.removeprefix(f"{SCHEME}://"), pool_pre_ping=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _hurry)
        weakref.finalize(self, self._engine.dispose)  # nobody closes a storage: it goes with its app
        self._ready = False

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count one hit of `key` in a window of `expiry` seconds; the hits so far."""
        now = time.time()
        with self._begin() as connection:
            values = {"key": key[:255], "amount": amount, "now": now, "ends_at": now + expiry}
            hits = connection.execute(_COUNT, values).scalar_one()
            if secrets.randbelow(FORGET_ONE_IN) == 0:
                connection.execute(text("DELETE FROM rate_window WHERE ends_at <= :now"), {"now": now})
        return int(hits)

    def get(self, key: str) -> int:
        return int(self._value("hits", key) or 0)

    def get_expiry(self, key: str) -> float:
        return float(self._value("ends_at", key) or time.time())

    def _value(self, column: str, key: str) -> Any:
        query = text(f"SELECT {column} FROM rate_window WHERE key = :key AND ends_at > :now")  # noqa: S608
        with self._begin() as connection:
            return connection.execute(query, {"key": key[:255], "now": time.time()}).scalar()

    def check(self) -> bool:
        with self._engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1

    def reset(self) -> int | None:
        with self._begin() as connection:
            return connection.execute(text("DELETE FROM rate_window")).rowcount

    def clear(self, key: str) -> None:
        with self._begin() as connection:
            connection.execute(text("DELETE FROM rate_window WHERE key = :key"), {"key": key[:255]})

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        """A transaction of its own, in a database that has the table."""
        if not self._ready:
            self._make_table()
        with self._engine.begin() as connection:
            yield connection

    def _make_table(self) -> None:
        # On PostgreSQL, IF NOT EXISTS can still lose to another process that makes the table at this very moment.
        with suppress(IntegrityError, ProgrammingError), self._engine.begin() as connection:
            connection.execute(text(_CREATE))
        self._ready = True


def _hurry(connection: Any, _record: object) -> None:
    # Losing a few counts at power loss costs nothing; waiting for the disk at each hit would.
    connection.execute("PRAGMA synchronous = OFF")


def use_limits(app: Flask, settings: Settings) -> None:
    """Bind the limiter to Redis, or to the table."""
    database = settings.resolved_database_url
    if database.startswith("sqlite"):
        database = f"sqlite:///{settings.data_folder / 'limits.db'}"
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url or f"{SCHEME}://{database}",
        RATELIMIT_STORAGE_OPTIONS=_redis_options() if settings.redis_url else {"wrap_exceptions": True},
        RATELIMIT_STRATEGY="fixed-window",
        RATELIMIT_DEFAULT=EVERY_WRITE,
        RATELIMIT_DEFAULTS_PER_METHOD=True,
        RATELIMIT_SWALLOW_ERRORS=False,
        RATELIMIT_ENABLED=True,
    )
    limiter.init_app(app)


def _redis_options() -> dict[str, Any]:
    return {
        "wrap_exceptions": True,
        "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
        "socket_timeout": REDIS_TIMEOUT_SECONDS,
    }


@limiter.request_filter
def _only_reads() -> bool:
    """Reading is not limited, except where a route says so with `limit_reading`."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in SAFE_METHODS and not getattr(view, _LIMITS_READING, False)


def limit_reading(view: View) -> View:
    """Count GET requests of this view as well; goes with `@limiter.limit`."""
    setattr(view, _LIMITS_READING, True)
    return view
