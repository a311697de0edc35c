"""Mastodon servers that show nothing without a login: one's own posts there.

Source: docs.joinmastodon.org (scope read:statuses; tokens don't end by themselves; `POST /oauth/revoke`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from portal.accounts.logins.network import Grant, LoginEnded, Tokens
from portal.accounts.networks.fediverse import account_at, home_of, server_named
from portal.accounts.networks.mastodon import READ_POSTS, Mastodon
from portal.accounts.networks.provider import Departure, Leaving
from portal.accounts.providers.flow import NotVouchedFor


class MastodonLogin:
    """On the registrations that signing in uses too."""

    code = "mastodon"
    name = "Mastodon"

    def __init__(self, sign_in: Mastodon) -> None:
        self._sign_in = sign_in

    def begin(self, host: str, leaving: Leaving) -> Departure:
        origin = home_of(self._sign_in.wire, server_named(self._sign_in.wire, host))
        app = self._sign_in.app_at(origin, leaving.callback)
        address = self._sign_in.authorize_address(app, leaving, f"{app.profile_scope} {READ_POSTS}")
        return Departure(address, {"part": app.id})

    def finish(self, memory: Mapping[str, str], answer: Mapping[str, str], leaving: Leaving) -> Grant:
        app = self._sign_in.app_by_id(memory.get("part", ""))
        if app is None:
            raise NotVouchedFor("app_forgotten")
        token = self._sign_in.token_of(app, answer, leaving)
        try:
            account = account_at(app.origin, self._sign_in.person_of(app, token))
        except Exception:
            self._sign_in.give_back(app, token)
            raise
        return Grant(account, Tokens(token, scope=READ_POSTS), app.id)

    def renew(self, tokens: Tokens, part: str, *, now: datetime) -> Tokens:
        raise LoginEnded  # its tokens have no end that could be put off

    def give_back(self, tokens: Tokens, part: str) -> bool:
        app = self._sign_in.app_by_id(part)
        return app is not None and self._sign_in.give_back(app, tokens.access)
