"""An account on a social network that its owner has just signed in to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkAccount:
    """What the network said of it; proved, since only its owner can bring this about."""

    platform: str
    host: str
    """The server of a federated network; empty for the others."""
    name: str
    """As handles are kept: in lower case, without the @."""
    external_id: str
    """The network's own stable id."""
    profile_url: str

    @property
    def label(self) -> str:
        """What its owner recognises it by."""
        return f"@{self.name}@{self.host}" if self.host else f"@{self.name}"
