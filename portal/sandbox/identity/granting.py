"""From a person's yes to tokens: sign-ins that wait for an answer, consents, codes and access tokens.

Codes and access tokens are stored as digests only. A code serves once and for a minute; shown a second time,
it takes back what the first time gave (RFC 6749 section 4.1.2).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.jwk import RSAKey

from portal.sandbox.clock import moment, stamp
from portal.sandbox.identity.accounts import claims_of
from portal.sandbox.identity.asking import Asked
from portal.sandbox.identity.keys import ALGORITHM

SIGN_IN_MINUTES = 30
CODE_SECONDS = 60
TOKEN_SECONDS = 600


@dataclass(frozen=True)
class Granted:
    """What a code stood for."""

    code_digest: str
    person: sqlite3.Row
    scope: str
    nonce: str | None
    auth_time: datetime


@dataclass(frozen=True)
class NotGranted:
    """Not an exception: what a replay revokes must be committed."""

    description: str


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def s256(text: str) -> str:
    """base64url(SHA-256) without padding, as PKCE and `at_hash` want it (the latter of the left half)."""
    return _base64url(hashlib.sha256(text.encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def open_sign_in(db: sqlite3.Connection, asked: Asked, *, browser: str, now: datetime) -> str:
    """Remember the question until this browser answers it; returns its id."""
    since: datetime | None = None
    if asked.prompts & {"login", "select_account"}:
        since = now
    elif asked.max_age_seconds is not None:
        since = now - timedelta(seconds=asked.max_age_seconds)
    sign_in = secrets.token_urlsafe(18)
    db.execute("DELETE FROM sign_ins WHERE expires_at <= ?", (stamp(now),))
    db.execute(
        "INSERT INTO sign_ins (id, browser, redirect_uri, scope, state, nonce, challenge, signed_in_since,"
        " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            sign_in,
            browser,
            asked.redirect_uri,
            asked.scope,
            asked.state,
            asked.nonce,
            asked.challenge,
            None if since is None else stamp(since),
            stamp(now + timedelta(minutes=SIGN_IN_MINUTES)),
        ),
    )
    return sign_in


def open_sign_in_of(db: sqlite3.Connection, sign_in: str, *, browser: str, now: datetime) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM sign_ins WHERE id = ? AND browser = ? AND expires_at > ?",
        (sign_in, browser, stamp(now)),
    ).fetchone()
    return row


def answer_sign_in(db: sqlite3.Connection, sign_in: str) -> bool:
    """Close the question; False if it was answered before."""
    return db.execute("DELETE FROM sign_ins WHERE id = ?", (sign_in,)).rowcount == 1


def allow(db: sqlite3.Connection, *, subject: str, client_id: str, scope: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO consents (subject, client_id, scope, allowed_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (subject, client_id)"
        " DO UPDATE SET scope = excluded.scope, allowed_at = excluded.allowed_at",
        (subject, client_id, scope, stamp(now)),
    )


def has_allowed(db: sqlite3.Connection, *, subject: str, client_id: str, scope: str) -> bool:
    """Has this person said yes to at least `scope` before?"""
    row = db.execute("SELECT scope FROM consents WHERE subject = ? AND client_id = ?", (subject, client_id)).fetchone()
    return row is not None and set(scope.split()) <= set(row["scope"].split())


def forget_consent(db: sqlite3.Connection, *, subject: str, client_id: str) -> None:
    db.execute("DELETE FROM consents WHERE subject = ? AND client_id = ?", (subject, client_id))


def issue_code(
    db: sqlite3.Connection,
    *,
    subject: str,
    auth_time: datetime,
    redirect_uri: str,
    scope: str,
    nonce: str | None,
    challenge: str,
    now: datetime,
) -> str:
    code = secrets.token_urlsafe(32)
    db.execute(
        "INSERT INTO codes (digest, subject, redirect_uri, scope, nonce, challenge, auth_time, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            digest(code),
            subject,
            redirect_uri,
            scope,
            nonce,
            challenge,
            stamp(auth_time),
            stamp(now + timedelta(seconds=CODE_SECONDS)),
        ),
    )
    return code


def redeem_code(
    db: sqlite3.Connection, code: str, *, redirect_uri: str, verifier: str, now: datetime
) -> Granted | NotGranted:
    """Use up `code`. A wrong verifier or address uses it up too: whoever guesses gets one try."""
    code_digest = digest(code)
    took = db.execute(
        "UPDATE codes SET used_at = ? WHERE digest = ? AND used_at IS NULL", (stamp(now), code_digest)
    ).rowcount
    if not took:
        db.execute(
            "UPDATE access_tokens SET revoked_at = ? WHERE code_digest = ? AND revoked_at IS NULL",
            (stamp(now), code_digest),
        )
        return NotGranted("the code is unknown or was used before")
    row = db.execute("SELECT * FROM codes WHERE digest = ?", (code_digest,)).fetchone()
    if row["expires_at"] <= stamp(now):
        return NotGranted("the code has expired")
    if not hmac.compare_digest(row["redirect_uri"].encode(), redirect_uri.encode()):
        return NotGranted("redirect_uri differs from the one that was asked with")
    if not hmac.compare_digest(row["challenge"].encode(), s256(verifier).encode()):
        return NotGranted("code_verifier does not fit the challenge")
    person = db.execute("SELECT * FROM people WHERE subject = ?", (row["subject"],)).fetchone()
    return Granted(code_digest, person, row["scope"], row["nonce"], moment(row["auth_time"]))


def issue_access_token(db: sqlite3.Connection, granted: Granted, *, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    db.execute(
        "INSERT INTO access_tokens (digest, code_digest, subject, scope, expires_at) VALUES (?, ?, ?, ?, ?)",
        (
            digest(token),
            granted.code_digest,
            granted.person["subject"],
            granted.scope,
            stamp(now + timedelta(seconds=TOKEN_SECONDS)),
        ),
    )
    return token


def person_behind(db: sqlite3.Connection, access_token: str, *, now: datetime) -> dict[str, object] | None:
    """The claims that `access_token` opens; None if it is unknown, expired or revoked."""
    row = db.execute(
        "SELECT people.*, access_tokens.scope AS opened FROM access_tokens JOIN people USING (subject)"
        " WHERE digest = ? AND revoked_at IS NULL AND expires_at > ?",
        (digest(access_token), stamp(now)),
    ).fetchone()
    return None if row is None else claims_of(row, row["opened"])


def id_token(granted: Granted, *, access_token: str, issuer: str, client_id: str, key: RSAKey, now: datetime) -> str:
    """Signed, for this client alone, with `auth_time` always: applications re-authenticate people by it."""
    issued_at = int(now.timestamp())
    claims = {
        **claims_of(granted.person, granted.scope),
        "iss": issuer,
        "aud": client_id,
        "iat": issued_at,
        "exp": issued_at + TOKEN_SECONDS,
        "auth_time": int(granted.auth_time.timestamp()),
        "at_hash": _base64url(hashlib.sha256(access_token.encode()).digest()[:16]),
    }
    if granted.nonce is not None:
        claims["nonce"] = granted.nonce
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, key)
