"""Till's books: objects as JSON in one table, events in another, both in the order in which they came."""

from __future__ import annotations

import json
import secrets
import sqlite3
from datetime import timedelta
from typing import Any

from portal.sandbox.clock import now, stamp

Thing = dict[str, Any]
ID_LETTERS = 24


class Refusal(Exception):
    """Answered as Stripe answers: a status, and an error with type, code, parameter and message."""

    def __init__(self, message: str, *, code: str = "", param: str = "", status: int = 400, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        error = {"type": kind or "invalid_request_error", "message": message, "code": code, "param": param}
        self.body = {"error": {name: value for name, value in error.items() if value}}


def seconds_now() -> int:
    return int(now().timestamp())


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(ID_LETTERS // 2)}"


def keep(db: sqlite3.Connection, thing: Thing) -> Thing:
    """Write `thing` down, or what became of it."""
    db.execute(
        "INSERT INTO till_things (id, kind, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        (thing["id"], thing["object"], json.dumps(thing)),
    )
    return thing


def find(db: sqlite3.Connection, kind: str, thing_id: str) -> Thing:
    """Raises Refusal, as for an id that isn't there."""
    row = db.execute("SELECT body FROM till_things WHERE id = ? AND kind = ?", (thing_id, kind)).fetchone()
    if row is None:
        words = kind.replace("_", " ")
        raise Refusal(f"No such {words}: '{thing_id}'", code="resource_missing", param="id", status=404)
    thing: Thing = json.loads(row["body"])
    return thing


def forget(db: sqlite3.Connection, thing_id: str) -> None:
    db.execute("DELETE FROM till_things WHERE id = ?", (thing_id,))


def all_of(db: sqlite3.Connection, kind: str) -> list[Thing]:
    """Newest first."""
    rows = db.execute("SELECT body FROM till_things WHERE kind = ? ORDER BY place DESC", (kind,))
    return [json.loads(row["body"]) for row in rows]


def happened(db: sqlite3.Connection, kind: str, about: Thing) -> str:
    """An event about `about` as it is now; it is told once the transaction is over. The event's id."""
    event = {
        "id": new_id("evt"), "object": "event", "type": kind, "created": seconds_now(), "livemode": False,
        "data": {"object": about},
    }  # fmt: skip
    db.execute(
        "INSERT INTO till_events (id, body, at) VALUES (?, ?, ?)", (event["id"], json.dumps(event), stamp(now()))
    )
    return str(event["id"])


def events(db: sqlite3.Connection, *, length: int = 100) -> list[sqlite3.Row]:
    """The last ones, newest first, each with when it was told."""
    return db.execute("SELECT * FROM till_events ORDER BY place DESC LIMIT ?", (length,)).fetchall()


def untold(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """What the portal doesn't know yet, oldest first; Stripe gives up after three days."""
    since = stamp(now() - timedelta(days=3))
    return db.execute("SELECT * FROM till_events WHERE told_at IS NULL AND at > ? ORDER BY place", (since,)).fetchall()


def mark_told(db: sqlite3.Connection, event_id: str) -> None:
    db.execute("UPDATE till_events SET told_at = ? WHERE id = ?", (stamp(now()), event_id))


def keeps_quiet(db: sqlite3.Connection) -> bool:
    """Was the switch set that loses every webhook?"""
    return db.execute("SELECT 1 FROM till_switch WHERE is_quiet").fetchone() is not None


def keep_quiet(db: sqlite3.Connection, *, quiet: bool) -> None:
    db.execute("DELETE FROM till_switch")
    if quiet:
        db.execute("INSERT INTO till_switch (is_quiet) VALUES (1)")
