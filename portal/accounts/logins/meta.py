"""Instagram (business and creator accounts) and Threads: one's own posts, by a key of sixty days.

Sources: developers.facebook.com (Instagram API with Instagram Login: `/oauth/access_token`, `ig_exchange_token`,
`ig_refresh_token`, `GET /me?fields=user_id,username`; Threads API: `/oauth/access_token`, `th_exchange_token`,
`th_refresh_token`, `GET /v1.0/me?fields=id,username`). A key is renewed while it holds, once it is a day old; there is
no refresh token, and no endpoint to end one: it is forgotten here, and people can remove the app in their settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from config import Settings
from portal.accounts.logins.network import LoginNetwork, Tokens
from portal.accounts.logins.oauth import OAuthLogin, account, renewed, token_text
from portal.accounts.network_account import NetworkAccount
from portal.accounts.networks.calling import Wire, json_object
from portal.accounts.providers.flow import NotVouchedFor
from portal.kernel import clock

INSTAGRAM = "https://graph.instagram.com"
THREADS = "https://graph.threads.net"


def instagram(settings: Settings, wire: Wire) -> LoginNetwork | None:
    """None without the operator's app."""
    if not settings.instagram_client_id:
        return None
    return MetaLogin(
        wire, settings.instagram_client_id, settings.instagram_client_secret.get_secret_value(), code="instagram",
        name="Instagram", authorize="https://www.instagram.com/oauth/authorize",
        token="https://api.instagram.com/oauth/access_token", asks_scope="instagram_business_basic",
        graph=INSTAGRAM, prefix="ig", me=f"{INSTAGRAM}/me?fields=user_id,username", subject="user_id",
        profile="https://www.instagram.com/{name}/",
    )  # fmt: skip


def threads(settings: Settings, wire: Wire) -> LoginNetwork | None:
    """None without the operator's app."""
    if not settings.threads_client_id:
        return None
    return MetaLogin(
        wire, settings.threads_client_id, settings.threads_client_secret.get_secret_value(), code="threads",
        name="Threads", authorize="https://threads.net/oauth/authorize", token=f"{THREADS}/oauth/access_token",
        asks_scope="threads_basic", graph=THREADS, prefix="th", me=f"{THREADS}/v1.0/me?fields=id,username",
        profile="https://www.threads.com/@{name}",
    )  # fmt: skip


@dataclass(frozen=True)
class MetaLogin(OAuthLogin):
    graph: str = ""
    prefix: str = ""
    """Before the names of its two grants: `ig` or `th`."""
    me: str = ""
    subject: str = "id"
    profile: str = ""

    def tokens_from(self, told: Mapping[str, Any], *, now: datetime) -> Tokens:
        """The hour's key that the code gave, changed for one of sixty days."""
        listed = told.get("data")  # Instagram documents its answer as a list of one
        short = token_text((listed[0] if isinstance(listed, list) and listed else told).get("access_token"))
        asked = {
            "grant_type": f"{self.prefix}_exchange_token", "client_secret": self.client_secret, "access_token": short,
        }  # fmt: skip
        answer = self.wire.ask(f"{self.graph}/access_token?{urlencode(asked)}")
        if answer.status != 200:
            raise NotVouchedFor(f"refused:{answer.status}")
        return self._lasting(json_object(answer), now=now)

    def account_of(self, tokens: Tokens, told: Mapping[str, Any]) -> NetworkAccount:
        return account(
            self.code, self.ask_who(self.me, tokens), subject=self.subject, username="username", profile=self.profile
        )

    def renew(self, tokens: Tokens, part: str, *, now: datetime) -> Tokens:
        asked = {"grant_type": f"{self.prefix}_refresh_token", "access_token": tokens.access}
        return self._lasting(renewed(self.wire.ask(f"{self.graph}/refresh_access_token?{urlencode(asked)}")), now=now)

    def _lasting(self, told: Mapping[str, Any], *, now: datetime | None = None) -> Tokens:
        tokens = OAuthLogin.tokens_from(self, told, now=now or clock.now())
        return replace(tokens, scope=self.asks_scope, lapses_at=tokens.expires_at)
