"""TikTok's Login Kit and Display API: one's own public videos.

Sources: developers.tiktok.com (Login Kit for Web; `/v2/oauth/token/`: 24 hours, refresh token 365 days;
`/v2/oauth/revoke/`; `/v2/user/info/`, where the user name needs user.info.profile; scope video.list).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config import Settings
from portal.accounts.logins.network import LoginNetwork, Tokens
from portal.accounts.logins.oauth import OAuthLogin, account
from portal.accounts.network_account import NetworkAccount
from portal.accounts.networks.calling import Wire
from portal.accounts.providers.flow import NotVouchedFor

API = "https://open.tiktokapis.com"


def network(settings: Settings, wire: Wire) -> LoginNetwork | None:
    """None without the operator's app."""
    if not settings.tiktok_client_key:
        return None
    return TikTok(
        wire, settings.tiktok_client_key, settings.tiktok_client_secret.get_secret_value(), code="tiktok",
        name="TikTok", authorize="https://www.tiktok.com/v2/auth/authorize/", token=f"{API}/v2/oauth/token/",
        revoke=f"{API}/v2/oauth/revoke/", asks_scope="user.info.basic,user.info.profile,video.list",
        needs_scope=frozenset({"user.info.profile", "video.list"}), client_id_is_called="client_key",
    )  # fmt: skip


class TikTok(OAuthLogin):
    def account_of(self, tokens: Tokens, told: Mapping[str, Any]) -> NetworkAccount:
        data = self.ask_who(f"{API}/v2/user/info/?fields=open_id,username", tokens).get("data")
        user = data.get("user") if isinstance(data, Mapping) else None
        if not isinstance(user, Mapping) or user.get("open_id") != told.get("open_id"):
            raise NotVouchedFor("person_of_another_token")
        return account("tiktok", user, subject="open_id", username="username", profile="https://www.tiktok.com/@{name}")
