"""Conditional changes: update the row where it is still as I read it, and count; zero means somebody was faster."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Insert, Update

from portal.extensions import db


def rows_changed(change: Update | Delete | Insert) -> int:
    """Carry out `change` in the open transaction; how many rows it found."""
    return cast("CursorResult[Any]", db.session.execute(change)).rowcount
