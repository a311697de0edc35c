"""X's API v2 in its user's own name: one's own posts, at a fifth of the price of others'.

Sources: docs.x.com (OAuth 2.0 authorization code with PKCE; access token two hours, refresh token with offline.access,
each used once; `POST /2/oauth2/revoke`; `GET /2/users/me`), its prices of April 2026. How long a refresh token lasts is
not written down; six months is what X's own people answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from config import Settings
from portal.accounts.logins.network import LoginNetwork, Tokens
from portal.accounts.logins.oauth import OAuthLogin, account
from portal.accounts.network_account import NetworkAccount
from portal.accounts.networks.calling import Wire
from portal.accounts.providers.flow import NotVouchedFor

API = "https://api.x.com"
REFRESH_LASTS = timedelta(days=180)


def network(settings: Settings, wire: Wire) -> LoginNetwork | None:
    """None unless the operator has an app and pays for reads."""
    if not settings.x_own_posts or not settings.x_client_id:
        return None
    return X(
        wire, settings.x_client_id, settings.x_client_secret.get_secret_value(), code="x", name="X",
        authorize="https://x.com/i/oauth2/authorize", token=f"{API}/2/oauth2/token", revoke=f"{API}/2/oauth2/revoke",
        asks_scope="tweet.read users.read offline.access", needs_scope=frozenset({"tweet.read", "users.read"}),
        secret_in_header=bool(settings.x_client_secret.get_secret_value()), pkce=True,
    )  # fmt: skip


class X(OAuthLogin):
    def account_of(self, tokens: Tokens, told: Mapping[str, Any]) -> NetworkAccount:
        user = self.ask_who(f"{API}/2/users/me", tokens).get("data")
        if not isinstance(user, Mapping):
            raise NotVouchedFor("no_subject")
        return account("x", user, subject="id", username="username", profile="https://x.com/{name}")

    def tokens_from(self, told: Mapping[str, Any], *, now: datetime) -> Tokens:
        tokens = super().tokens_from(told, now=now)
        lapses_at = now + REFRESH_LASTS if tokens.refresh else tokens.expires_at
        return replace(tokens, lapses_at=lapses_at)
