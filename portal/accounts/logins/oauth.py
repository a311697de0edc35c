"""Networks that lend a login by OAuth 2.0, with the keys of an app that the operator registered there."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from portal.accounts.logins.network import Grant, LoginEnded, Tokens
from portal.accounts.network_account import NetworkAccount
from portal.accounts.networks.calling import Wire, json_object
from portal.accounts.networks.provider import Departure, Leaving
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.kernel import clock
from portal.kernel.fetcher import Fetched

TOKEN_LENGTH_MAX = 4096
_USERNAME = re.compile(r"[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class OAuthLogin(ABC):
    """The way that most take; a network's module fills it in and says whose account it is."""

    wire: Wire
    client_id: str
    client_secret: str = field(repr=False)
    code: str = ""
    name: str = ""
    authorize: str = ""
    token: str = ""
    revoke: str = ""
    """Empty: the network has no such endpoint."""
    asks_scope: str = ""
    """Each named scope, as it is asked for."""
    needs_scope: frozenset[str] = frozenset()
    """Without these it is of no use."""
    client_id_is_called: str = "client_id"
    secret_in_header: bool = False
    pkce: bool = False

    def begin(self, host: str, leaving: Leaving) -> Departure:
        asked = {
            self.client_id_is_called: self.client_id, "response_type": "code", "scope": self.asks_scope,
            "redirect_uri": leaving.callback, "state": leaving.state,
        }  # fmt: skip
        if self.pkce:
            asked |= {
                "code_challenge": create_s256_code_challenge(leaving.verifier), "code_challenge_method": "S256",
            }  # fmt: skip
        return Departure(f"{self.authorize}?{urlencode(asked)}", {})

    def finish(self, memory: Mapping[str, str], answer: Mapping[str, str], leaving: Leaving) -> Grant:
        code = answer.get("code")
        if not code:
            raise NotVouchedFor("no_code")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": leaving.callback}
        if self.pkce:
            form["code_verifier"] = leaving.verifier
        told = _granted(self._ask_token(form))
        given = frozenset(str(told.get("scope") or "").replace(",", " ").split())
        if self.needs_scope - given:
            raise NotVouchedFor("scope_not_given")
        tokens = self.tokens_from(told, now=clock.now())
        try:
            return Grant(self.account_of(tokens, told), tokens)
        except (NotVouchedFor, ProviderUnavailable):
            with suppress(NotVouchedFor, ProviderUnavailable):
                self.give_back(tokens, "")
            raise

    def renew(self, tokens: Tokens, part: str, *, now: datetime) -> Tokens:
        if not tokens.refresh:
            raise LoginEnded
        answer = self._ask_token({"grant_type": "refresh_token", "refresh_token": tokens.refresh})
        told = renewed(answer)
        fresh = self.tokens_from(told, now=now)
        return Tokens(
            fresh.access, fresh.refresh or tokens.refresh, fresh.scope or tokens.scope, fresh.expires_at,
            fresh.lapses_at,
        )  # fmt: skip

    def give_back(self, tokens: Tokens, part: str) -> bool:
        if not self.revoke:
            return False
        form = self._with_client({"token": tokens.refresh or tokens.access})
        return self.wire.ask(self.revoke, method="POST", form=form, headers=self._header()).status == 200

    def tokens_from(self, told: Mapping[str, Any], *, now: datetime) -> Tokens:
        """What a token endpoint gave. Raises NotVouchedFor."""
        return Tokens(
            access=token_text(told.get("access_token")),
            refresh=token_text(told["refresh_token"]) if told.get("refresh_token") else "",
            scope=str(told.get("scope") or "")[:255],
            expires_at=moment_after(now, told.get("expires_in")),
            lapses_at=moment_after(now, told.get("refresh_expires_in")),
        )

    @abstractmethod
    def account_of(self, tokens: Tokens, told: Mapping[str, Any]) -> NetworkAccount:
        """Whose account it is, as the network says. Raises NotVouchedFor or ProviderUnavailable."""

    def ask_who(self, url: str, tokens: Tokens) -> dict[str, Any]:
        """The JSON object that the network gives the bearer of this key."""
        answer = self.wire.ask(url, headers={"Authorization": f"Bearer {tokens.access}"})
        if answer.status != 200:
            raise NotVouchedFor(f"status:{answer.status}")
        return json_object(answer)

    def _ask_token(self, form: dict[str, str]) -> Fetched:
        return self.wire.ask(self.token, method="POST", form=self._with_client(form), headers=self._header())

    def _with_client(self, form: dict[str, str]) -> dict[str, str]:
        named = {self.client_id_is_called: self.client_id}
        return form | named | ({} if self.secret_in_header else {"client_secret": self.client_secret})

    def _header(self) -> dict[str, str]:
        if not self.secret_in_header:
            return {}
        both = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode("ascii")
        return {"Authorization": f"Basic {both}"}


def _granted(answer: Fetched) -> dict[str, Any]:
    if answer.status not in (200, 201):
        raise NotVouchedFor(f"refused:{answer.status}")
    told = json_object(answer)
    if told.get("error"):
        raise NotVouchedFor(f"refused:{str(told['error'])[:60]}")
    return told


def renewed(answer: Fetched) -> dict[str, Any]:
    """What a renewal gave. Raises LoginEnded for a refusal, by whatever status."""
    if answer.status not in (200, 201):
        raise LoginEnded
    told = json_object(answer)
    if told.get("error") or not told.get("access_token"):
        raise LoginEnded
    return told


def token_text(value: object) -> str:
    """A token, fit for a header. Raises NotVouchedFor."""
    if isinstance(value, str) and 0 < len(value) <= TOKEN_LENGTH_MAX and value.isascii() and value.isprintable():
        return value
    raise NotVouchedFor("no_token")


def moment_after(now: datetime, seconds: object) -> datetime | None:
    """`now` and that many seconds, at most ten years; None where the network names none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return now + timedelta(seconds=min(float(seconds), 10 * 365 * 86400.0))


def account(platform: str, told: Mapping[str, Any], *, subject: str, username: str, profile: str) -> NetworkAccount:
    """The account that `told` names under these two keys. Raises NotVouchedFor."""
    external_id, name = told.get(subject), told.get(username)
    external_id = (
        str(external_id) if isinstance(external_id, int) and not isinstance(external_id, bool) else external_id
    )
    if not isinstance(external_id, str) or not 0 < len(external_id) <= 255:
        raise NotVouchedFor("no_subject")
    if not isinstance(name, str) or not _USERNAME.fullmatch(name):
        raise NotVouchedFor("no_name")
    return NetworkAccount(platform, "", name.lower(), external_id, profile.format(name=name.lower()))
