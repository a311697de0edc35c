"""Whom a provider vouched for, before anything is made of it here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.network_account import NetworkAccount
from portal.kernel.storable import storable


@dataclass(frozen=True)
class VerifiedIdentity:
    """What a provider vouched for. Everything but issuer and subject is a proposal that the person may change."""

    provider: str
    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    locale: str = ""
    time_zone: str = ""
    authenticated_at: datetime | None = None
    """When the person last typed their password there, if the provider says so."""
    account: NetworkAccount | None = None
    """The account on a social network that this is, where people post with it: signing in proves it."""

    def __post_init__(self) -> None:
        """Proposals come as some server wrote them: what no page and no database takes is replaced."""
        for proposal in ("name", "email", "locale", "time_zone"):
            object.__setattr__(self, proposal, storable(getattr(self, proposal)))

    @property
    def label(self) -> str:
        """What its owner recognises it by."""
        if self.account is not None:
            return self.account.label[:254]
        return (self.email or self.name or self.subject)[:254]
