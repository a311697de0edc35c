"""Sign-ins that this browser has begun, kept in its signed cookie: each `state` counts once, and not for long."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from flask import session

KEY = "sign_ins"
KEPT_MAX = 3
LIFETIME = timedelta(minutes=15)
NEXT_LENGTH_MAX = 300
CHARACTERS_MAX = 2000
"""Of all attempts together: a cookie ends at 4096, and holds more than these."""


class Purpose(StrEnum):
    """What the person wants of the provider."""

    ENTER = "enter"
    AGAIN = "again"
    LINK = "link"
    HANDLE = "handle"
    """Show that an account on a network is theirs."""
    LEND = "lend"
    """Lend their login there, for reading their posts."""


@dataclass(frozen=True)
class Attempt:
    """One way to a provider and back."""

    state: str
    nonce: str
    verifier: str
    provider: str
    purpose: str
    next: str
    begun_at: int
    """Seconds since 1970."""
    person_id: str
    """Who was signed in when it began; empty for nobody."""
    memory: dict[str, str] = field(default_factory=dict)
    """What a network wants to know again when the browser comes back; nothing secret."""


def begin(provider: str, purpose: Purpose, *, next_: str, person_id: str, now: datetime) -> Attempt:
    """Remember a new attempt; the oldest of more than three is forgotten, since a cookie is small."""
    attempt = Attempt(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        provider=provider,
        purpose=purpose,
        next=next_ if len(next_) <= NEXT_LENGTH_MAX else "",
        begun_at=int(now.timestamp()),
        person_id=person_id,
    )
    _keep(attempt)
    return attempt


def remember(attempt: Attempt, memory: Mapping[str, str]) -> None:
    """Keep what the network wants to know again, with the attempt that was begun just now."""
    session[KEY] = [each for each in session.get(KEY, []) if each["state"] != attempt.state]
    _keep(replace(attempt, memory=dict(memory)))


def _keep(attempt: Attempt) -> None:
    kept = [*session.get(KEY, []), asdict(attempt)][-KEPT_MAX:]
    while len(kept) > 1 and len(json.dumps(kept)) > CHARACTERS_MAX:
        kept = kept[1:]
    session[KEY] = kept


def take(state: str | None, provider: str, *, now: datetime) -> Attempt | None:
    """The attempt that `state` belongs to, taken away; None if this browser began none with this provider."""
    kept = session.get(KEY, [])
    found = next(
        (each for each in kept if state and secrets.compare_digest(each["state"].encode(), state.encode())), None
    )
    if found is None:
        return None
    session[KEY] = [each for each in kept if each is not found]
    attempt = Attempt(**found)
    too_old = now.timestamp() - attempt.begun_at > LIFETIME.total_seconds()
    return None if too_old or attempt.provider != provider else attempt
