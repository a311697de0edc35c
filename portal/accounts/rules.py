"""Pure decisions about people: how old one must be, how long a session lives, when a proof of identity is recent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.models import PersonState
from portal.kernel.access import Role

AGE_ELSEWHERE = 16
"""Where no lower limit is known for certain, the highest one of the GDPR."""

AGE_LIMITS: dict[str, int] = {
    **dict.fromkeys(("BE", "EE", "FI", "GB", "IS", "LV", "MT", "NO", "PT", "SE"), 13),
    **dict.fromkeys(("AT", "BG", "CY", "ES", "IT", "LT"), 14),
    **dict.fromkeys(("CZ", "DK", "FR", "GR", "SI"), 15),
    **dict.fromkeys(("DE", "HR", "HU", "IE", "LI", "LU", "NL", "PL", "RO", "SK"), 16),
    "US": 13,
}
"""Age from which somebody consents for themselves, in years. Sources: GDPR article 8(1) and each country's act on it;
UK Data Protection Act 2018 s. 9; Denmark's act of 2018 as amended from 2024; US COPPA, 15 U.S.C. 6501."""

REFUSAL_KEPT_FOR = timedelta(days=365)
RECENT_PROOF = timedelta(minutes=10)


@dataclass(frozen=True)
class SessionLimits:
    """How long a browser stays signed in: without being used, and at most."""

    idle: timedelta
    absolute: timedelta


FAN_LIMITS = SessionLimits(idle=timedelta(days=30), absolute=timedelta(days=180))
STAFF_LIMITS = SessionLimits(idle=timedelta(hours=12), absolute=timedelta(days=7))


def age_limit(country: str) -> int:
    """Years one must have lived to join from `country` (ISO 3166-1, two letters)."""
    return AGE_LIMITS.get(country, AGE_ELSEWHERE)


def session_limits(roles: frozenset[Role]) -> SessionLimits:
    """Shorter for staff (PROMISES P-04)."""
    return STAFF_LIMITS if roles else FAN_LIMITS


def is_session_alive(
    *,
    now: datetime,
    started_at: datetime,
    last_seen_at: datetime,
    expires_at: datetime,
    ended_at: datetime | None,
    roles: frozenset[Role],
) -> bool:
    """Judged by the roles of now: who became staff has staff's limits at once."""
    limits = session_limits(roles)
    return (
        ended_at is None
        and now < expires_at
        and now < started_at + limits.absolute
        and now < last_seen_at + limits.idle
    )


def is_recent_proof(authenticated_at: datetime, now: datetime) -> bool:
    """Did the person prove who they are within the last ten minutes (PROMISES P-09)?"""
    return now - authenticated_at <= RECENT_PROOF


STANDING: dict[PersonState, frozenset[PersonState]] = {
    PersonState.APPLIED: frozenset({PersonState.ACTIVE, PersonState.REMOVED}),
    PersonState.ACTIVE: frozenset({PersonState.PAUSED, PersonState.REMOVED}),
    PersonState.PAUSED: frozenset({PersonState.ACTIVE, PersonState.REMOVED}),
    PersonState.REMOVED: frozenset({PersonState.ACTIVE}),
    PersonState.LEFT: frozenset(),
    PersonState.ERASED: frozenset(),
}
"""What staff may make of somebody's state."""


def may_become(state: str, to: PersonState) -> bool:
    return to in STANDING[PersonState(state)]
