"""Where mail goes in these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.messages.transports import Folder, Smtp, transport_for
from tests.conftest import settings_for
from tests.servers.smtp import SmtpServer


def _app(request: pytest.FixtureRequest) -> Flask:
    name = "sqlite_app" if "sqlite_app" in request.fixturenames else "app"
    found: Flask = request.getfixturevalue(name)
    return found


@pytest.fixture
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The folder that this test's mail is written to."""
    app, folder = _app(request), tmp_path / "outbox"
    usual, app.extensions["portal_mail"] = app.extensions["portal_mail"], Folder(folder)
    yield folder
    app.extensions["portal_mail"] = usual


@pytest.fixture
def smtp(request: pytest.FixtureRequest, smtp_server: SmtpServer, tmp_path: Path) -> Iterator[SmtpServer]:
    """The real mail server that this test's mail goes to."""
    app = _app(request)
    transport = transport_for(settings_for(tmp_path, mail_url=smtp_server.url))
    assert isinstance(transport, Smtp)
    usual, app.extensions["portal_mail"] = app.extensions["portal_mail"], transport
    yield smtp_server
    app.extensions["portal_mail"] = usual
