"""What the sign-in pages need of a network that people sign in with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from portal.accounts.verified import VerifiedIdentity


@dataclass(frozen=True)
class Leaving:
    """What one way there and back has of its own."""

    state: str
    verifier: str
    callback: str
    """Where to come back to; a network with a callback for each server puts the server's part behind it."""
    again: bool
    """The person must prove anew who they are."""


@dataclass(frozen=True)
class Departure:
    """Where to send the browser, and what to know when it comes back."""

    address: str
    memory: Mapping[str, str]
    """Nothing secret: it is kept in the browser's signed cookie."""


class NetworkProvider(Protocol):
    """One network. No transaction may be open while `begin` and `finish` run: they speak to its servers."""

    code: str
    name: str
    asks_for: str
    """What is typed: `handle` or `server`."""
    states_auth_time: bool
    employees: bool

    def begin(self, typed: str, leaving: Leaving) -> Departure:
        """Find the server of what was typed. Raises NotFoundThere, ProviderUnavailable or NotVouchedFor."""

    def finish(self, memory: Mapping[str, str], answer: Mapping[str, str], leaving: Leaving) -> VerifiedIdentity:
        """Who came back, with their account. Raises ProviderUnavailable or NotVouchedFor."""

    def typed_for(self, issuer: str, subject: str) -> str:
        """What to type to get to a known identity again."""
