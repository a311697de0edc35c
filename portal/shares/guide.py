"""What the accounts room asks about networks (accounts.ports.NetworkGuide), and the networks of the app that runs."""

from __future__ import annotations

from flask import current_app

from portal.accounts.ports import Network, Profile, ProfileAddress
from portal.shares.platforms.registry import Networks


def networks() -> Networks:
    """The networks of the current app."""
    found: Networks = current_app.extensions["portal_networks"]
    return found


class Guide:
    def networks(self) -> list[Network]:
        return networks().guides()

    def understand(self, platform: str, typed: str) -> ProfileAddress:
        return networks().understand(platform, typed)

    def read_profile(self, platform: str, host: str, name: str) -> Profile:
        return networks().read_profile(current_app.extensions["portal_fetcher"], platform, host, name)
