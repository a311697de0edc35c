"""The ways to sign in that this installation offers: providers that were set up, and networks of many servers."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, current_app, url_for

from portal.accounts.networks.provider import NetworkProvider
from portal.accounts.providers.provider import Provider


@dataclass(frozen=True)
class Way:
    """One button."""

    code: str
    name: str
    url: str
    asks: bool = False
    """It leads to a page that asks for a handle or a server first."""
    note: str = ""
    """Which account, where somebody has several there."""


def providers() -> dict[str, Provider]:
    """All that were set up, by code."""
    offered: dict[str, Provider] = current_app.extensions["portal_providers"]
    return offered


def networks() -> dict[str, NetworkProvider]:
    """All networks that are signed in with, by code."""
    offered: dict[str, NetworkProvider] = current_app.extensions["portal_network_providers"]
    return offered


def all_ways() -> dict[str, Provider | NetworkProvider]:
    """Both, by code."""
    return {**networks(), **providers()}


def way_name(code: str) -> str:
    """What people call it; its code where it is not offered any more."""
    way = all_ways().get(code)
    return way.name if way else code


def provider_or_404(code: str) -> Provider:
    provider = providers().get(code)
    if provider is None:
        abort(404)
    return provider


def network_or_404(code: str) -> NetworkProvider:
    network = networks().get(code)
    if network is None:
        abort(404)
    return network


def entrances() -> list[Way]:
    """The buttons of the sign-in page."""
    return [
        *(Way(p.code, p.name, url_for("accounts.start", provider=p.code)) for p in providers().values()),
        *(Way(n.code, n.name, url_for("accounts.name_server", network=n.code), asks=True)
          for n in networks().values()),
    ]  # fmt: skip
