"""Accounts on Perch: a stable id behind a handle that may change."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime

from portal.sandbox.clock import stamp
from portal.sandbox.people import DEMO_PEOPLE
from portal.sandbox.perch.addresses import new_account_id
from portal.sandbox.perch.text import TEXT_LENGTH_MAX, Unacceptable, acceptable_line, tidy

BIO_LENGTH_MAX = 500
_DEMO_PEOPLE_SINCE = datetime(2023, 4, 11, 8, 30, tzinfo=UTC)  # before any demo post
_HANDLE = re.compile(r"[A-Za-z0-9_]{2,30}")


def acceptable_handle(handle: str) -> str:
    """Raises Unacceptable."""
    handle = handle.strip().removeprefix("@")
    if not _HANDLE.fullmatch(handle):
        raise Unacceptable("Enter a handle of 2 to 30 letters a to z, digits or underscores, like mayaonfoot.")
    return handle


def acceptable_bio(bio: str) -> str:
    """Raises Unacceptable."""
    bio = tidy(bio[: TEXT_LENGTH_MAX + 1])
    if len(bio) > BIO_LENGTH_MAX:
        raise Unacceptable(f"A bio may have {BIO_LENGTH_MAX} letters at most; this has {len(bio)}.")
    return bio


def add_demo_people(db: sqlite3.Connection) -> None:
    """Idempotent, also after a demo person changed their handle: the id is the person's own."""
    db.executemany(
        "INSERT INTO accounts (id, handle, display_name, bio, followers, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(f"a-{p.subject}", p.handle, p.name, p.bio, p.followers, stamp(_DEMO_PEOPLE_SINCE)) for p in DEMO_PEOPLE],
    )


def create_account(
    db: sqlite3.Connection,
    *,
    handle: str,
    display_name: str,
    bio: str = "",
    followers: int = 0,
    created_at: datetime,
) -> str:
    """Add an account and return its id. Raises Unacceptable."""
    account_id = new_account_id()
    handle = acceptable_handle(handle)
    name = acceptable_line(display_name, name="A name", length_max=80) or handle
    try:
        db.execute(
            "INSERT INTO accounts (id, handle, display_name, bio, followers, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (account_id, handle, name, acceptable_bio(bio), followers, stamp(created_at)),
        )
    except sqlite3.IntegrityError as problem:
        raise Unacceptable(f"@{handle} is taken. Choose another handle.") from problem
    return account_id


def change_account(
    db: sqlite3.Connection,
    account_id: str,
    *,
    handle: str,
    display_name: str,
    bio: str,
    followers: int | None = None,
) -> None:
    """Raises Unacceptable."""
    handle = acceptable_handle(handle)
    name = acceptable_line(display_name, name="A name", length_max=80) or handle
    try:
        db.execute(
            "UPDATE accounts SET handle = ?, display_name = ?, bio = ?, followers = coalesce(?, followers)"
            " WHERE id = ?",
            (handle, name, acceptable_bio(bio), followers, account_id),
        )
    except sqlite3.IntegrityError as problem:
        raise Unacceptable(f"@{handle} is taken. Choose another handle.") from problem


def everybody(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM accounts ORDER BY handle").fetchall()


def account_of(db: sqlite3.Connection, account_id: str | None) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return row


def account_called(db: sqlite3.Connection, handle: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM accounts WHERE handle = ?", (handle,)).fetchone()
    return row
