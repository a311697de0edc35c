"""Demo data for development: an invented community with a season behind it, made by the rooms' own verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Name what the demo's people brought along, where there is a sandbox and so may be a demo."""
    if app.config["SETTINGS"].sandbox:
        from portal.demo import openings  # noqa: F401  importing it registers the words of its movements
