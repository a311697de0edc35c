"""Browsers that are signed in: the cookie holds a random token, the table its digest and its end (PROMISES P-04)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import structlog
from sqlalchemy import Connection, Select, String, Update, and_, bindparam, delete, exists, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import joinedload

from portal.accounts import rules
from portal.accounts.models import Consent, LoginSession, Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.changing import rows_changed
from portal.kernel.database import SQLITE_BUSY_TIMEOUT_MS, intends_to_write

log = structlog.get_logger()

TOKEN_BYTES = 16
BROWSER_LENGTH_MAX = 120
SEEN_EVERY = timedelta(minutes=5)
KEPT_AFTER_END = timedelta(days=30)
TERMS = "terms"


@dataclass(frozen=True)
class Visit:
    """A session that is alive, whose it is, and whether they agreed to the terms in force."""

    session: LoginSession
    person: Person
    person_id: str
    """For whoever asks when the transaction is over: it would be read anew to be told of it."""
    agreed_to_terms: bool


def open_session(
    person: Person,
    *,
    identity_id: str | None,
    browser: str,
    now: datetime,
    authenticated_at: datetime | None = None,
) -> str:
    """Sign `person` in; returns the token for the cookie, which is kept nowhere else.

    `authenticated_at`: when they proved who they are, if that was before `now`.
    """
    token = secrets.token_hex(TOKEN_BYTES)
    db.session.add(
        LoginSession(
            token_digest=digest_of(token),
            person_id=person.id,
            identity_id=identity_id,
            browser=browser[:BROWSER_LENGTH_MAX],
            started_at=now,
            authenticated_at=authenticated_at or now,
            last_seen_at=now,
            expires_at=now + rules.session_limits(person.roles).absolute,
        )
    )
    db.session.flush()
    return token


def renew_session(session: LoginSession, *, authenticated_at: datetime, now: datetime) -> str:
    """Give a session a new token after its person proved again who they are; the old one is worth nothing."""
    token = secrets.token_hex(TOKEN_BYTES)
    session.token_digest = digest_of(token)
    session.authenticated_at = authenticated_at
    session.last_seen_at = now
    db.session.flush()
    return token


def visit_of(token: str, *, terms_version: str, now: datetime) -> Visit | None:
    """Who signed in with `token`, if that still counts. One query."""
    values = {"token_digest": digest_of(token), "terms_version": terms_version}
    row = db.session.execute(_visit(), values).unique().first()
    if row is None:
        return None
    session, person, has_agreed = row
    alive = rules.is_session_alive(
        now=now,
        started_at=session.started_at,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        ended_at=session.ended_at,
        roles=person.roles,
    )
    return Visit(session, person, person.id, bool(has_agreed)) if alive and person.is_active else None


@cache
def _visit() -> Select[LoginSession, Person, bool]:
    """Put together once: every request asks this."""
    agreed = exists().where(
        and_(
            Consent.person_id == Person.id,
            Consent.purpose == TERMS,
            Consent.version == bindparam("terms_version", type_=String),
            Consent.withdrawn_at.is_(None),
        )
    )
    return (
        select(LoginSession, Person, agreed)
        .join(Person, Person.id == LoginSession.person_id)
        .where(LoginSession.token_digest == bindparam("token_digest", type_=String))
        .options(joinedload(Person.staff_roles), joinedload(Person.advocacy_roles))
    )


def note_seen(session: LoginSession, now: datetime) -> None:
    """Write down that the session is in use, at most every five minutes, and never wait for it.

    It has a connection and a transaction of its own: a page must not become slow, or a writer, because it was looked
    at. Where somebody else holds the lock, the next page tries again.
    """
    if now - session.last_seen_at < SEEN_EVERY:
        return
    mine = select(LoginSession.id).where(LoginSession.id == session.id).with_for_update(skip_locked=True)
    seen = update(LoginSession).where(LoginSession.id.in_(mine)).values(last_seen_at=now)
    try:
        with db.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                _write_without_waiting(connection, seen)
            else:
                connection.execute(seen)
                connection.commit()
    except (OperationalError, PoolTimeout) as error:
        log.debug("session_not_noted", error=str(error))


def _write_without_waiting(connection: Connection, change: Update) -> None:
    raw = connection.connection.cursor()
    raw.execute("PRAGMA busy_timeout = 0")
    # Not as a writer who queues up: in an unsafe request that would be waiting for the request's own transaction.
    intent = intends_to_write.set(False)
    try:
        connection.execute(change)
        connection.commit()
    finally:
        connection.rollback()
        intends_to_write.reset(intent)
        raw.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")
        raw.close()


def end_session(session: LoginSession, *, now: datetime, why: str) -> None:
    """End one session; safe to repeat."""
    if session.ended_at is None:
        session.ended_at, session.ended_why = now, why
        db.session.flush()


def end_all_sessions(person_id: str, now: datetime, why: str) -> int:
    """End every open session of a person. Returns how many."""
    return rows_changed(
        update(LoginSession)
        .where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
        .values(ended_at=now, ended_why=why)
    )


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@jobs.every(timedelta(hours=12), "forget_sessions")
def _forget_sessions(_lease: jobs.Lease) -> None:
    """Remove sessions a month after they ended or ran out."""
    before = clock.now() - KEPT_AFTER_END
    db.session.execute(
        delete(LoginSession).where((LoginSession.expires_at < before) | (LoginSession.ended_at < before))
    )
