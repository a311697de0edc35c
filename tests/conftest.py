"""Fixtures that every room's tests share: the app on both databases, clients, a clock that stands still.

A database is made once per session by the migrations, and copied for each test: a test starts with what an operator's
fresh installation holds, and leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from werkzeug.test import TestResponse

import config
from portal import create_app
from portal.accounts.models import Person
from portal.accounts.sessions import open_session
from portal.extensions import db, limiter
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from tests.fixtures.fresh_postgres import FreshPostgres

settings.register_profile(
    "portal", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="PORTAL_SOAK" not in os.environ
)
settings.load_profile("portal")
"""The same code gets the same answer, however busy the machine is; `make soak` draws examples that nobody tried yet."""

pytest_plugins = [f"tests.fixtures.{name}" for name in ("servers", "in_memory", "sharing", "stripe")]

NOW = datetime(2026, 10, 14, 9, 14, tzinfo=UTC)
"""A Wednesday morning in the demo season; tests that need a moment use it."""

TEST_SECRET = "a-secret-of-the-tests-and-of-nobody-else"


@dataclass
class Prepared:
    """An app with a migrated database that can be made fresh again."""

    app: Flask
    restore: Callable[[], None]


def settings_for(folder: Path, **overrides: Any) -> config.Settings:
    """Settings of an app under test; `overrides` win."""
    values: dict[str, Any] = {
        "env": "test",
        "data": folder,
        "secret_keys": [TEST_SECRET],
        "public_url": "http://127.0.0.1:8000",
        "sandbox": True,
        "log_level": "warning",
    }
    return config.load(**{**values, **overrides})


class Browser(FlaskClient):
    """Sends each request in a context of its own, as a server does.

    Flask's client would use the app context that the test is in, and with it `g` and the database session: the person
    who was loaded for one request would still be signed in at the next.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()  # what the test has read is read anew afterwards
        return Context().run(super().open, *args, **kwargs)


def _make_app(settings: config.Settings) -> Flask:
    app = create_app(settings)
    app.test_client_class = Browser
    jobs.hint_with(app, None)  # tests run what is due themselves
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    limiter.enabled = False
    return app


@pytest.fixture(scope="session")
def prepared_sqlite(folder_in_memory: Callable[[str], Path]) -> Prepared:
    folder = folder_in_memory("sqlite")
    app = _make_app(settings_for(folder))
    path, template = folder / "portal.db", folder / "template.db"
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    for engine_file in (Path(f"{path}-wal"), Path(f"{path}-shm")):
        engine_file.unlink(missing_ok=True)
    shutil.copy(path, template)

    def restore() -> None:
        db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        # A new file, not new content: a connection that a failed test left open keeps the old one.
        fresh = path.with_suffix(".fresh")
        shutil.copy(template, fresh)
        fresh.replace(path)

    return Prepared(app, restore)


@pytest.fixture(scope="session")
def prepared_postgresql(folder_in_memory: Callable[[str], Path], postgres_server: Any) -> Prepared:
    folder = folder_in_memory("postgresql")
    template = postgres_server.create_database()
    app = _make_app(settings_for(folder, database_url=template))
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    fresh = FreshPostgres(postgres_server, template)
    return Prepared(_make_app(settings_for(folder, database_url=fresh.url)), fresh.restore)


def _fresh(prepared: Prepared) -> Iterator[Flask]:
    app = prepared.app
    with app.app_context():
        prepared.restore()
        app.config["WTF_CSRF_ENABLED"] = False
        limiter.enabled = False
        jobs.hint_with(app, None)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The app with a fresh database, once on SQLite and once on PostgreSQL, inside its context."""
    yield from _fresh(request.getfixturevalue(f"prepared_{request.param}"))


@pytest.fixture
def sqlite_app(prepared_sqlite: Prepared) -> Iterator[Flask]:
    """The app on SQLite alone, for what no database can change."""
    yield from _fresh(prepared_sqlite)


def _app_in_use(request: pytest.FixtureRequest) -> Flask:
    name = "sqlite_app" if "sqlite_app" in request.fixturenames else "app"
    return request.getfixturevalue(name)


@pytest.fixture
def client(request: pytest.FixtureRequest) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return _app_in_use(request).test_client()


@pytest.fixture
def client_of(request: pytest.FixtureRequest) -> Callable[[Person], FlaskClient]:
    """Makes a browser in which a person is signed in."""
    app = _app_in_use(request)

    def sign_in(person: Person) -> FlaskClient:
        with unit_of_work():
            token = open_session(person, identity_id=None, browser="Test browser", now=clock.now())
        browser = app.test_client()
        with browser.session_transaction() as session:
            session["sid"] = token
        return browser

    return sign_in


@pytest.fixture
def now() -> Iterator[datetime]:
    """The clock stands still at this moment; `clock.advance` moves it."""
    with clock.frozen(NOW):
        yield NOW
