"""Posts on Perch: written, edited, hidden, deleted. Whoever calls has settled who may."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from portal.sandbox.clock import stamp
from portal.sandbox.perch import around as around_it
from portal.sandbox.perch.addresses import POST_ID_MAX, new_post_id, new_short_code
from portal.sandbox.perch.around import Around
from portal.sandbox.perch.pictures import Picture
from portal.sandbox.perch.text import TEXT_LENGTH_MAX, Unacceptable, tidy

VISIBILITIES = ("public", "private")
PAGE_LENGTH = 20
_ATTEMPTS_MAX = 5

_POST = f"""
    SELECT posts.*, accounts.handle, accounts.display_name, accounts.followers, accounts.created_at AS account_since,
    pictures.name AS picture, pictures.alt, pictures.width, pictures.height, {around_it.COLUMNS}
    FROM posts JOIN accounts ON accounts.id = posts.account_id
    LEFT JOIN pictures ON pictures.post_id = posts.id {around_it.JOINS}
"""  # noqa: S608  our own words only


def acceptable_text(text: str, *, with_picture: bool) -> str:
    """Raises Unacceptable."""
    text = tidy(text)
    if not text and not with_picture:
        raise Unacceptable("Write something, or add a picture.")
    if len(text) > TEXT_LENGTH_MAX:
        raise Unacceptable(f"A post may have {TEXT_LENGTH_MAX:,} letters; this one has {len(text):,}.")
    return text


def acceptable_visibility(visibility: str) -> str:
    """Raises Unacceptable."""
    if visibility not in VISIBILITIES:
        raise Unacceptable("Choose who may read this: everybody, or only you.")
    return visibility


def publish(
    db: sqlite3.Connection,
    account_id: str,
    text: str,
    *,
    visibility: str,
    created_at: datetime,
    picture: Picture | None = None,
    alt: str = "",
    around: Around = Around(),  # noqa: B008  it never changes
) -> int:
    """Add a post and return its id, which carries `created_at`.

    Raises Unacceptable, or ValueError for a time that no id can carry.
    """
    if around.relation == "repost":
        text, picture = "", None  # passed on as it is
    else:
        text = acceptable_text(text, with_picture=picture is not None)
    visibility = acceptable_visibility(visibility)
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        post_id = new_post_id(created_at)
        try:
            db.execute(
                "INSERT INTO posts (id, account_id, short_code, text, visibility, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (post_id, account_id, new_short_code(), text, visibility, stamp(created_at)),
            )
            break
        except sqlite3.IntegrityError:  # the random bits met somebody else's: try others
            if attempt == _ATTEMPTS_MAX:
                raise
    if picture is not None:
        attach(db, post_id, picture, alt=alt)
    around_it.put_around(db, post_id, around)
    return post_id


def attach(db: sqlite3.Connection, post_id: int, picture: Picture, *, alt: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO pictures (post_id, name, alt, width, height) VALUES (?, ?, ?, ?, ?)",
        (post_id, picture.name, tidy(alt)[:1000], picture.width, picture.height),
    )


def detach(db: sqlite3.Connection, post_id: int) -> str | None:
    """Take the picture off; returns its file's name, for removal once this is committed."""
    row = db.execute("DELETE FROM pictures WHERE post_id = ? RETURNING name", (post_id,)).fetchone()
    return None if row is None else str(row["name"])


def has_picture(db: sqlite3.Connection, name: str) -> bool:
    """Does any post show the picture in this file?"""
    return db.execute("SELECT 1 FROM pictures WHERE name = ?", (name,)).fetchone() is not None


def describe_picture(db: sqlite3.Connection, post_id: int, alt: str) -> None:
    db.execute("UPDATE pictures SET alt = ? WHERE post_id = ?", (tidy(alt)[:1000], post_id))


def edit(db: sqlite3.Connection, post_id: int, text: str, *, with_picture: bool, now: datetime) -> None:
    """Raises Unacceptable."""
    db.execute(
        "UPDATE posts SET text = ?, edited_at = ? WHERE id = ? AND deleted_at IS NULL",
        (acceptable_text(text, with_picture=with_picture), stamp(now), post_id),
    )


def set_visibility(db: sqlite3.Connection, post_id: int, visibility: str) -> None:
    """Raises Unacceptable."""
    db.execute("UPDATE posts SET visibility = ? WHERE id = ?", (acceptable_visibility(visibility), post_id))


def delete(db: sqlite3.Connection, post_id: int, *, now: datetime) -> str | None:
    """Leave a tombstone without words; returns the name of the picture's file, if there was one."""
    db.execute("UPDATE posts SET deleted_at = ?, text = '' WHERE id = ?", (stamp(now), post_id))
    return detach(db, post_id)


def post_with_id(db: sqlite3.Connection, post_id: int) -> sqlite3.Row | None:
    """Also a deleted one."""
    if not 0 <= post_id <= POST_ID_MAX:
        return None
    row: sqlite3.Row | None = db.execute(f"{_POST} WHERE posts.id = ?", (post_id,)).fetchone()
    return row


def post_with_short_code(db: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(f"{_POST} WHERE posts.short_code = ?", (code,)).fetchone()
    return row


def timeline(
    db: sqlite3.Connection,
    *,
    viewer: str | None,
    account_id: str | None = None,
    before: int | None = None,
    page_length: int = PAGE_LENGTH,
) -> list[sqlite3.Row]:
    """One page of what `viewer` may read, newest first, of one account or of all.

    One row more than `page_length` says that there is another page. `before` is the highest id on it.
    """
    if before is None or not 0 <= before <= POST_ID_MAX:
        before = POST_ID_MAX
    return db.execute(
        f"{_POST} WHERE posts.deleted_at IS NULL AND (posts.visibility = 'public' OR posts.account_id = ?)"
        " AND (? IS NULL OR posts.account_id = ?) AND posts.id <= ? ORDER BY posts.id DESC LIMIT ?",
        (viewer, account_id, account_id, before, page_length + 1),
    ).fetchall()
