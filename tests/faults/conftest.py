"""Portals for the races, which share one per database, and for the faults, which each break one of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import RunningPortal
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """A portal that runs for all races, on each database; `tests.fixtures.sharing` keeps them in one process."""
    settings: dict[str, Any] = {}
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        settings["database_url"] = server.create_database()
    running = RunningPortal(tmp_path_factory.mktemp(f"shared-{request.param}"), **settings)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def portal(shared: RunningPortal) -> Iterator[RunningPortal]:
    """The shared portal, inside its app's context."""
    with shared.app.app_context():
        yield shared


@pytest.fixture
def make_portal(tmp_path: Path) -> Iterator[Callable[..., RunningPortal]]:
    """Starts a portal of the test's own, which it may break: `make_portal(separate_worker=True)`.

    The test is inside the context of the last one's app.
    """
    made: list[RunningPortal] = []
    with ExitStack() as endings:

        def make(**settings: Any) -> RunningPortal:
            running = RunningPortal(tmp_path / f"portal-{len(made)}", **settings)
            made.append(running)
            endings.callback(running.stop)
            running.start()
            endings.enter_context(running.app.app_context())
            return running

        yield make
