"""Who looks at Perch, and what they may see."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from flask import current_app, session

from portal.sandbox.database import db
from portal.sandbox.perch.accounts import account_of
from portal.sandbox.settings import Settings


def base_url() -> str:
    settings: Settings = current_app.extensions["sandbox_settings"]
    return settings.url


def picture_folder() -> Path:
    settings: Settings = current_app.extensions["sandbox_settings"]
    return settings.data / "pictures"


def viewer() -> sqlite3.Row | None:
    """The account that this browser is signed in to."""
    return account_of(db(), session.get("perch_account"))


def viewer_id() -> str | None:
    account = viewer()
    return None if account is None else str(account["id"])


def may_read(post: sqlite3.Row) -> bool:
    return bool(post["visibility"] == "public" or post["account_id"] == viewer_id())
