"""What stands around a post on Perch: the one it quotes, passes on or answers, likes, language, the paid mark."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from portal.sandbox.perch.text import Unacceptable

RELATIONS = ("quote", "repost", "reply")
LANGUAGES = {"": "Not said", "en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano"}
COUNT_MAX = 2**53

_SHOWN = "p.deleted_at IS NULL AND p.visibility = 'public'"
COLUMNS = f"""
    relations.kind AS relation, relations.about_id, about.deleted_at AS about_deleted_at,
    about.visibility AS about_visibility, about.text AS about_text, about_author.handle AS about_handle,
    coalesce(marks.language, '') AS language, coalesce(marks.paid, 0) AS paid, coalesce(marks.views, 0) AS views,
    coalesce(marks.likes, 0) + (SELECT count(*) FROM likes WHERE likes.post_id = posts.id) AS likes,
    (SELECT count(*) FROM relations r JOIN posts p ON p.id = r.post_id
     WHERE r.about_id = posts.id AND r.kind = 'quote' AND {_SHOWN}) AS quotes,
    (SELECT count(*) FROM relations r JOIN posts p ON p.id = r.post_id
     WHERE r.about_id = posts.id AND r.kind = 'repost' AND {_SHOWN}) AS reposts,
    (SELECT count(*) FROM relations r JOIN posts p ON p.id = r.post_id
     WHERE r.about_id = posts.id AND r.kind = 'reply' AND {_SHOWN}) AS replies
"""  # noqa: S608  our own words only
JOINS = (
    " LEFT JOIN relations ON relations.post_id = posts.id LEFT JOIN posts about ON about.id = relations.about_id"
    " LEFT JOIN accounts about_author ON about_author.id = about.account_id"
    " LEFT JOIN marks ON marks.post_id = posts.id"
)


@dataclass(frozen=True)
class Around:
    """What a new post carries beside its words. `likes` and `views` are what a demo begins with."""

    relation: str = ""
    about_id: int | None = None
    language: str = ""
    paid: bool = False
    likes: int = 0
    views: int = 0

    def __post_init__(self) -> None:
        """Raises Unacceptable."""
        if (self.relation in RELATIONS) is not (self.about_id is not None) or (
            self.relation and self.relation not in RELATIONS
        ):
            raise Unacceptable(f"A post is about another one as one of: {', '.join(RELATIONS)}.")
        if self.language not in LANGUAGES:
            raise Unacceptable("Choose one of the languages, or leave it open.")
        if not (0 <= self.likes < COUNT_MAX and 0 <= self.views < COUNT_MAX):
            raise Unacceptable("likes and views are numbers from 0")


def put_around(db: sqlite3.Connection, post_id: int, around: Around) -> None:
    """Raises Unacceptable when the other post isn't there for everybody to read."""
    if around.about_id is not None:
        there = db.execute(
            "SELECT 1 FROM posts WHERE id = ? AND deleted_at IS NULL AND visibility = 'public'", (around.about_id,)
        ).fetchone()
        if there is None:
            raise Unacceptable("The post that this is about does not exist any more, or is private.")
        db.execute("INSERT INTO relations VALUES (?, ?, ?)", (post_id, around.relation, around.about_id))
    db.execute(
        "INSERT INTO marks (post_id, language, paid, likes, views) VALUES (?, ?, ?, ?, ?)",
        (post_id, around.language, int(around.paid), around.likes, around.views),
    )


def reposted_by(db: sqlite3.Connection, about_id: int, account_id: str) -> int | None:
    """The post by which this account passes that one on already."""
    row = db.execute(
        "SELECT posts.id FROM relations JOIN posts ON posts.id = relations.post_id"
        " WHERE about_id = ? AND kind = 'repost' AND account_id = ? AND deleted_at IS NULL",
        (about_id, account_id),
    ).fetchone()
    return None if row is None else int(row["id"])


def toggle_like(db: sqlite3.Connection, post_id: int, account_id: str) -> None:
    taken = db.execute("DELETE FROM likes WHERE post_id = ? AND account_id = ?", (post_id, account_id))
    if taken.rowcount == 0:
        db.execute("INSERT INTO likes (post_id, account_id) VALUES (?, ?)", (post_id, account_id))


def likes(db: sqlite3.Connection, post_id: int, account_id: str | None) -> bool:
    """Does this account like it?"""
    query = "SELECT 1 FROM likes WHERE post_id = ? AND account_id = ?"
    return db.execute(query, (post_id, account_id)).fetchone() is not None


def set_paid(db: sqlite3.Connection, post_id: int, paid: bool) -> None:
    db.execute(
        "INSERT INTO marks (post_id, paid) VALUES (?, ?) ON CONFLICT (post_id) DO UPDATE SET paid = excluded.paid",
        (post_id, int(paid)),
    )
