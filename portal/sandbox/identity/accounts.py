"""Who has an account at the identity provider, and what an application is told about them."""

from __future__ import annotations

import secrets
import sqlite3
from datetime import datetime
from zoneinfo import available_timezones

from portal.sandbox.clock import stamp
from portal.sandbox.people import DEMO_PEOPLE

LOCALES = {"en-GB": "English", "de-DE": "Deutsch"}
_NAME_LENGTH_MAX = 80
_CLAIMS_OF_SCOPE = {
    "profile": ("name", "given_name", "family_name", "locale", "zoneinfo"),
    "email": ("email", "email_verified"),
}
CLAIMS = tuple(claim for claims in _CLAIMS_OF_SCOPE.values() for claim in claims)


class Unacceptable(ValueError):
    """Something typed cannot be used; says what to type instead."""


def add_demo_people(db: sqlite3.Connection, *, now: datetime) -> None:
    """Idempotent."""
    db.executemany(
        "INSERT INTO people (subject, name, given_name, family_name, email, email_verified, locale, zoneinfo,"
        " part, created_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (
                p.subject,
                p.name,
                p.given_name,
                p.family_name,
                p.email,
                p.locale,
                p.zoneinfo,
                p.part,
                stamp(now),
            )
            for p in DEMO_PEOPLE
        ],
    )


def create_person(
    db: sqlite3.Connection,
    *,
    name: str,
    email: str,
    email_verified: bool,
    locale: str,
    zoneinfo: str,
    now: datetime,
) -> str:
    """Add an account and return its subject. Raises Unacceptable.

    Two accounts may share an address, and an address may be unverified: applications have to cope with both.
    """
    name, email = " ".join(name.split()), email.strip()
    if not name or len(name) > _NAME_LENGTH_MAX or not name.isprintable():
        raise Unacceptable(f"Enter a name of 1 to {_NAME_LENGTH_MAX} letters, like Ada Brook.")
    before, at, after = email.rpartition("@")
    if not (before and at and after) or any(c.isspace() or not c.isprintable() for c in email) or len(email) > 254:
        raise Unacceptable("Enter an e-mail address, like ada@example.org.")
    if locale not in LOCALES:
        raise Unacceptable("Choose one of the languages.")
    if zoneinfo not in available_timezones():
        raise Unacceptable("Enter a time zone by its city, like Europe/London.")
    given, _, family = name.partition(" ")
    subject = f"u-{secrets.token_hex(8)}"
    db.execute(
        "INSERT INTO people (subject, name, given_name, family_name, email, email_verified, locale, zoneinfo,"
        " part, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'Made by hand', ?)",
        (subject, name, given, family, email, int(email_verified), locale, zoneinfo, stamp(now)),
    )
    return subject


def everybody(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Demo people in their own order, then who was made by hand, newest last."""
    return db.execute("SELECT * FROM people ORDER BY created_at, rowid").fetchall()


def person_called(db: sqlite3.Connection, subject: str | None) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM people WHERE subject = ?", (subject,)).fetchone()
    return row


def claims_of(person: sqlite3.Row, scope: str) -> dict[str, object]:
    """What `scope` opens. A claim without a value is left out, as OpenID Connect Core 5.3.2 asks."""
    claims: dict[str, object] = {"sub": person["subject"]}
    for name in scope.split():
        for claim in _CLAIMS_OF_SCOPE.get(name, ()):
            value = bool(person[claim]) if claim == "email_verified" else person[claim]
            if value != "":
                claims[claim] = value
    return claims
