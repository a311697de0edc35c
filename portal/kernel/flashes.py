"""Toasts: one sentence after something was done, with an undo where there is one."""

from __future__ import annotations

from flask import flash
from flask_babel import gettext as _


def done(sentence: str, *, undo_url: str | None = None) -> None:
    """Say on the next page that something was done. `undo_url` takes a POST."""
    flash(
        {  # type: ignore[arg-type]  # Flask keeps any JSON
            "text": sentence,
            "undo_url": undo_url,
            "undo_label": _("Undo"),
        }
        if undo_url
        else sentence,
        "ok",
    )
