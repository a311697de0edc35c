"""Alembic's environment: the app's own engine, one migration at a time, with limits so that none holds the site up."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import text

from portal.extensions import db
from portal.kernel.base import UtcDateTime
from portal.kernel.database import intends_to_write

LOCK_TIMEOUT = "5s"
ADVISORY_LOCK = 7_205_000
FOREIGN_TABLES = ("rate_window", "huey_")
"""Tables of libraries, which make their own."""


def _is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    return not (kind == "table" and name is not None and name.startswith(FOREIGN_TABLES))


def _render(kind: str, thing: Any, _context: Any) -> str | bool:
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, UtcDateTime) else False


def run() -> None:
    intends_to_write.set(True)
    with db.engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
        else:
            # Batch mode copies tables; with foreign keys on, dropping the old one would delete what refers to it.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=_is_ours,
            render_item=_render,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        if postgresql:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
        else:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
    intends_to_write.set(False)


run()
