"""A sandbox of each test's own, on a free port, with a clock that the test may move."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from portal.sandbox.__main__ import QuietRequests, listen
from portal.sandbox.app import create_app
from portal.sandbox.identity.keys import signing_key
from portal.sandbox.settings import Settings
from tests.sandbox.running import MovableClock, RunningSandbox

PORTAL_URL = "http://127.0.0.1:9"  # nobody has to listen there


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One RSA key for all tests: making one is the slowest thing that a sandbox does."""
    folder = tmp_path_factory.mktemp("key")
    signing_key(folder)
    return folder


@pytest.fixture
def mail_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    folder.mkdir()
    return folder


@pytest.fixture
def sandbox(tmp_path: Path, key_folder: Path, mail_dir: Path) -> Iterator[RunningSandbox]:
    data = tmp_path / "sandbox"
    data.mkdir()
    shutil.copy(key_folder / "signing-key.json", data)
    clock = MovableClock()
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        settings = Settings(
            url=url,
            data=data,
            portal_url=PORTAL_URL,
            mail_dir=mail_dir,
            client_origins=("http://127.0.0.1:10",),
        )
        app = create_app(settings, now=clock)
        server = make_server(
            "127.0.0.1", port, app, threaded=True, request_handler=QuietRequests, fd=listening.fileno()
        )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with RunningSandbox(url, settings, clock) as running:
        yield running
    server.shutdown()
    thread.join()
