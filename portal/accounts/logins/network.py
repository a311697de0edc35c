"""What is asked of a network that lends its members' logins (the port), and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from portal.accounts.network_account import NetworkAccount
from portal.accounts.networks.provider import Departure, Leaving


class LoginEnded(Exception):
    """The network takes this key no longer; only its owner can lend another one."""


@dataclass(frozen=True)
class Tokens:
    """A key as the network gave it, open. Never logged, never stored like this."""

    access: str = field(repr=False)
    refresh: str = field(repr=False, default="")
    scope: str = ""
    expires_at: datetime | None = None
    lapses_at: datetime | None = None


@dataclass(frozen=True)
class Grant:
    """Whose account it is, and the key to it."""

    account: NetworkAccount
    tokens: Tokens
    part: str = ""


class LoginNetwork(Protocol):
    """One network. No transaction may be open while these speak to it."""

    @property
    def code(self) -> str: ...

    @property
    def name(self) -> str: ...

    def begin(self, host: str, leaving: Leaving) -> Departure:
        """Where the owner says yes. Raises NotFoundThere, ProviderUnavailable or NotVouchedFor."""

    def finish(self, memory: Mapping[str, str], answer: Mapping[str, str], leaving: Leaving) -> Grant:
        """The key that was lent. Raises ProviderUnavailable or NotVouchedFor."""

    def renew(self, tokens: Tokens, part: str, *, now: datetime) -> Tokens:
        """The same key for longer. Raises LoginEnded, or ProviderUnavailable to try again."""

    def give_back(self, tokens: Tokens, part: str) -> bool:
        """End it there. False where the network offers no way: it lapses by itself. Raises ProviderUnavailable."""
