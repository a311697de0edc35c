"""Demo data for development: an invented community with a season behind it, made by the rooms' own verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Name what the demo's people brought along, where there is a sandbox and so may be a demo."""
    from portal.kernel.loading import load_modules

    if app.config["SETTINGS"].sandbox:
        load_modules(__name__, "openings")  # the words of its movements
