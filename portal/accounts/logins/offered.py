"""Which networks' logins can be lent to this installation: each is switched on by the keys of the operator's app."""

from __future__ import annotations

from config import Settings
from portal.accounts.logins import meta, tiktok, x
from portal.accounts.logins.mastodon import MastodonLogin
from portal.accounts.logins.network import LoginNetwork
from portal.accounts.networks.calling import Wire
from portal.accounts.networks.mastodon import Mastodon
from portal.accounts.networks.provider import NetworkProvider
from portal.kernel.fetcher import Fetcher

MAKERS = (tiktok.network, meta.instagram, meta.threads, x.network)


def offered(settings: Settings, fetcher: Fetcher, networks: dict[str, NetworkProvider]) -> dict[str, LoginNetwork]:
    """By code. Mastodon's servers need no key: they are offered where signing in with them is."""
    wire = Wire(fetcher, frozenset(settings.fetch_allow))
    found = [made for make in MAKERS if (made := make(settings, wire)) is not None]
    mastodon = networks.get("mastodon")
    if isinstance(mastodon, Mastodon):
        found.append(MastodonLogin(mastodon))
    return {network.code: network for network in found}
