"""What happens to people, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("person.joined")
@dataclass(frozen=True)
class PersonJoined(Event):
    person_id: str
    invitation: str = ""
    """Code of the invite link that they came by."""


@event("handle.proved")
@dataclass(frozen=True)
class HandleProved(Event):
    person_id: str
    handle_id: str


@event("login.ending")
@dataclass(frozen=True)
class LoginEnding(Event):
    """A login that was lent lapses soon, or is of no use any more: only its owner can mend that."""

    person_id: str
    handle_id: str
    login_id: str
    lapses_at: str
    """ISO 8601; empty: it has ended."""


@event("counting.allowed")
@dataclass(frozen=True)
class CountingAllowed(Event):
    """All public posts of this account may be counted from now on."""

    handle_id: str


@event("person.roles_changed")
@dataclass(frozen=True)
class RolesChanged(Event):
    person_id: str
    roles: str
    """Comma-separated, after the change."""
