"""Which networks of many servers this installation signs people in with."""

from __future__ import annotations

from config import Settings
from portal.accounts.networks.apps import StoredApps
from portal.accounts.networks.atproto import Directory
from portal.accounts.networks.bluesky import Bluesky
from portal.accounts.networks.calling import Wire
from portal.accounts.networks.fediverse import CODE as MASTODON
from portal.accounts.networks.mastodon import Mastodon
from portal.accounts.networks.provider import NetworkProvider
from portal.kernel.crypto import Box
from portal.kernel.fetcher import Fetcher

APP_SECRETS = "network-app"
PROOF_KEYS = "dpop-proof"


def offered(settings: Settings, fetcher: Fetcher) -> dict[str, NetworkProvider]:
    """None where they are switched off: they need the public internet, and nothing else to be set up."""
    if not settings.signs_in_with_networks:
        return {}
    wire = Wire(fetcher, frozenset(settings.fetch_allow))
    directory = Directory(wire, resolver=settings.bluesky_appview_url, plc=settings.atproto_directory)
    apps = StoredApps(MASTODON, public_url=settings.public_url, box=Box(settings.secret_keys, APP_SECRETS))
    names = {"client_name": settings.programme_name, "public_url": settings.public_url}
    networks: tuple[NetworkProvider, ...] = (
        Bluesky(wire, directory, box=Box(settings.secret_keys, PROOF_KEYS), **names),
        Mastodon(wire, apps, **names),
    )
    return {network.code: network for network in networks}
