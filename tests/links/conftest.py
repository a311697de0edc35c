"""A spool of clicks that belongs to one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.links import views
from portal.links.spool import Spool


@pytest.fixture
def own_spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The app writes clicks into a folder of the test's own, and knows no code from before."""
    name = "sqlite_app" if "sqlite_app" in request.fixturenames else "app"
    request.getfixturevalue(name).extensions["portal_click_spool"] = Spool(tmp_path / "spool")
    views._known.clear()
    yield
    views._known.clear()
