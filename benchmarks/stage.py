"""Databases and servers of the comparison: made once, the servers side by side so that their rounds can alternate."""

from __future__ import annotations

import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import text

import config
from benchmarks import world
from benchmarks.serving import WORLD_FILE
from portal import create_app
from portal.extensions import db
from portal.kernel import jobs
from tests.servers.postgres import PostgresServer
from tests.servers.process import Process, free_port

SECRET = "a-secret-of-the-benchmark-and-of-nobody-else"
SANDBOX_URL = "http://127.0.0.1:8001"


class Server:
    """A running server; `port` and `pid` are what the load needs."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port

    @property
    def pid(self) -> int:
        return self.process.pid


class Stage:
    """`usual`: the community with a short queue. `long_queue()`: the same with 100,000 cases more."""

    def __init__(self, folder: Path, postgres: PostgresServer | None) -> None:
        self.folder = folder
        self._postgres = postgres
        self.usual = self._make_app("usual", postgres.create_database() if postgres else "")
        with self.usual.app_context():
            flask_migrate.upgrade()
            db.session.execute(text("CREATE TABLE bench_note (id VARCHAR(26) PRIMARY KEY, text VARCHAR(2000))"))
            db.session.commit()
        self.world = world.build(self.usual)
        self._end_connections(self.usual)
        self._world_file = folder / "world"
        self._world_file.write_bytes(pickle.dumps(self.world))

    def long_queue(self) -> Flask:
        """Another portal on a copy of the database, in which many more cases wait."""
        app = self.copy("long")
        world.add_waiting(app)
        with app.app_context():
            db.session.execute(text("ANALYZE"))
            db.session.commit()
        self._end_connections(app)
        return app

    def copy(self, name: str, **settings: Any) -> Flask:
        """Another portal on a copy of the usual database."""
        if self._postgres:
            url = self._postgres.create_database(self.usual.config["SETTINGS"].database_url)
        else:
            url = ""
            (self.folder / name).mkdir()
            shutil.copy(self.folder / "usual" / "portal.db", self.folder / name / "portal.db")
        return self._make_app(name, url, **settings)

    def serve(self, which: str, app: Flask) -> Server:
        """Start the portal itself, or the bare app, on the database of `app`."""
        settings: config.Settings = app.config["SETTINGS"]
        port = free_port()
        environment = {
            "PORTAL_DATA": str(settings.data), "PORTAL_DATABASE_URL": settings.database_url,
            "PORTAL_SECRET_KEYS": SECRET, "PORTAL_SANDBOX": "true", "PORTAL_SANDBOX_URL": SANDBOX_URL,
            "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}", "PORTAL_ENV": "development",
            WORLD_FILE: str(self._world_file),
        }  # fmt: skip
        process = Process(
            [sys.executable, "-m", "benchmarks.serving", which, str(port)], log=self.folder / f"{which}-{port}.log",
            ready_port=port, environment=environment, deadline_seconds=60,
        )  # fmt: skip
        process.start()
        return Server(process, port)

    def _make_app(self, name: str, database_url: str, **more: Any) -> Flask:
        settings = config.load(
            data=self.folder / name, secret_keys=[SECRET], sandbox=True, sandbox_url=SANDBOX_URL,
            log_level="warning", database_url=database_url, **more,
        )  # fmt: skip
        app = create_app(settings)
        jobs.hint_with(app, None)
        return app

    def _end_connections(self, app: Flask) -> None:
        """So that a file can be copied, and a database be a template."""
        with app.app_context():
            db.session.remove()
            if not self._postgres:
                with db.engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()
