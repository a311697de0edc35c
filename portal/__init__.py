"""The ambassador portal: one Flask application, packaged by feature."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

ROOMS = (
    "accounts", "guidelines", "points", "links", "campaigns", "missions", "shares", "rewards",
    "recognition", "messages",
    "moderation", "people", "insights", "home", "demo",
)  # fmt: skip
"""From the ground floor up. Each room's `init_app` registers its pages, jobs, listeners and ports."""


def create_app(settings: Settings | None = None) -> Flask:
    """Wire the rooms together. Raises config.ConfigurationError with one sentence when a setting is wrong."""
    from portal.kernel.wiring import make_app

    app = make_app(settings)
    for room in ROOMS:
        import_module(f"portal.{room}").init_app(app)
    from portal.kernel.access import check_every_route

    check_every_route(app)
    return app
