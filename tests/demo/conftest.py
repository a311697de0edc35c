"""The demo data, loaded once per database beside a running sandbox; on SQLite the first try is interrupted."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import create_app
from portal.demo import chapters, telling
from portal.demo.loading import load_once
from portal.extensions import db
from portal.shares.models import Share
from tests.conftest import settings_for


class Interrupted(Exception):
    """Somebody pulled the plug."""


@dataclass(frozen=True)
class Loaded:
    """An app with the demo data, and what stood there right after it was loaded."""

    app: Flask
    sandbox_url: str
    states: dict[str, int]
    """Shares by state, before any worker looked at them."""
    chapters_before_interruption: set[str]


@contextmanager
def sandbox_in(folder: Path) -> Iterator[str]:
    command = [
        sys.executable, "-m", "portal.sandbox", "--port", "0", "--data", str(folder / "sandbox"),
        "--mail-dir", str(folder / "outbox"), "--portal-url", "http://127.0.0.1:9", "--exit-with-parent",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the sandbox did not start"
        try:
            yield found[0]
        finally:
            process.terminate()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def loaded(request: pytest.FixtureRequest, folder_in_memory: Callable[[str], Path]) -> Iterator[Loaded]:
    folder = folder_in_memory(f"demo-{request.param}")
    overrides: dict[str, Any] = {}
    if request.param == "postgresql":
        overrides["database_url"] = request.getfixturevalue("postgres_server").create_database()
    with sandbox_in(folder) as url:
        app = create_app(settings_for(folder, sandbox_url=url, fetch_allow=[url], **overrides))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        with app.app_context():
            flask_migrate.upgrade()
        interrupted = _load_until_interrupted(app) if request.param == "sqlite" else set()
        load_once(app)
        with app.app_context():
            states = dict(db.session.execute(select(Share.state, func.count()).group_by(Share.state)).all())
            db.session.remove()
            yield Loaded(app, url, states, interrupted)
            db.session.remove()
            db.engine.dispose()


def _load_until_interrupted(app: Flask) -> set[str]:
    """Stop before the last chapter; returns what was kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "deliver", _pull_the_plug)
        with pytest.raises(Interrupted):
            load_once(app)
    with app.app_context():
        kept = chapters.told()
        db.session.remove()
    return kept


def _pull_the_plug() -> None:
    raise Interrupted
