"""Any Mastodon server: this portal registers there when somebody first names it.

Sources: docs.joinmastodon.org (`POST /api/v1/apps`, `/oauth/authorize` with PKCE since 4.3, `/oauth/token`,
`/oauth/revoke`, `GET /api/v1/accounts/verify_credentials`, scope `profile` since 4.3); RFC 9700, section 4.4: each
server has a callback of its own, so that no server's answer can pass for another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from portal.accounts.networks.apps import App, StoredApps
from portal.accounts.networks.calling import NotFoundThere, Wire, json_object
from portal.accounts.networks.fediverse import CODE, account_at, home_of, scope_for_profile, server_named
from portal.accounts.networks.provider import Departure, Leaving
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.accounts.verified import VerifiedIdentity
from portal.kernel import clock
from portal.kernel.base import new_id

log = structlog.get_logger()

READ_POSTS = "read:statuses"
"""Registered with every server, asked for only when somebody lets us read with their login."""
CONFIRMED_FOR = timedelta(days=1)
SECRET_LENGTH_MAX = 1000


class Mastodon:
    code = CODE
    name = "Mastodon"
    asks_for = "server"
    states_auth_time = False
    employees = False

    def __init__(self, wire: Wire, apps: StoredApps, *, client_name: str, public_url: str) -> None:
        self.wire = wire
        self._apps = apps
        self._client_name = client_name
        self._public_url = public_url

    def begin(self, typed: str, leaving: Leaving) -> Departure:
        origin = home_of(self.wire, server_named(self.wire, typed))
        app = self.app_at(origin, leaving.callback)
        return Departure(self.authorize_address(app, leaving, app.profile_scope), {"part": app.id})

    def finish(self, memory: Mapping[str, str], answer: Mapping[str, str], leaving: Leaving) -> VerifiedIdentity:
        app = self._apps.by_id(memory.get("part", ""))
        if app is None:
            raise NotVouchedFor("app_forgotten")
        token = self.token_of(app, answer, leaving)
        try:
            told = self.person_of(app, token)
        finally:
            self.give_back(app, token)
        account = account_at(app.origin, told)
        return VerifiedIdentity(
            provider=CODE, issuer=app.origin, subject=account.external_id, account=account,
            name=str(told.get("display_name") or told["username"])[:80],
        )  # fmt: skip

    def typed_for(self, issuer: str, subject: str) -> str:
        return issuer

    def authorize_address(self, app: App, leaving: Leaving, scope: str) -> str:
        """Where the person says yes or no to `scope`."""
        asked = {
            "response_type": "code", "client_id": app.client_id, "redirect_uri": f"{leaving.callback}/{app.id}",
            "scope": scope, "state": leaving.state,
            "code_challenge": create_s256_code_challenge(leaving.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        if leaving.again:
            asked["force_login"] = "true"
        return f"{app.origin}/oauth/authorize?{urlencode(asked)}"

    def app_by_id(self, app_id: str) -> App | None:
        """A registration that is still remembered."""
        return self._apps.by_id(app_id)

    def app_at(self, origin: str, callback: str) -> App:
        """Our registration there, made anew where there is none or the server has forgotten it."""
        app = self._apps.at(origin)
        if app is not None and clock.now() - app.confirmed_at > CONFIRMED_FOR:
            app = self._confirmed(app)
        return app or self._register(origin, callback)

    def token_of(self, app: App, answer: Mapping[str, str], leaving: Leaving) -> str:
        """The token for what came back. Raises NotVouchedFor or ProviderUnavailable."""
        named = answer.get("iss")
        if named is not None and named.rstrip("/") != app.origin:
            raise NotVouchedFor("answer_of_another_issuer")
        if not answer.get("code"):
            raise NotVouchedFor("no_code")
        got = self.wire.ask(
            f"{app.origin}/oauth/token",
            method="POST",
            form=self._credentials(app) | {
                "grant_type": "authorization_code", "code": answer["code"],
                "redirect_uri": f"{leaving.callback}/{app.id}", "code_verifier": leaving.verifier,
            },
        )  # fmt: skip
        if got.status == 401:
            self._apps.forget(app)  # the next attempt registers anew
        if got.status != 200:
            raise NotVouchedFor(f"refused:{got.status}")
        token = json_object(got).get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
            raise NotVouchedFor("no_token")
        return token

    def person_of(self, app: App, token: str) -> dict[str, Any]:
        """Whose token it is, as the server tells it."""
        answer = self.wire.ask(
            f"{app.origin}/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"}
        )
        if answer.status != 200:
            raise NotVouchedFor(f"status:{answer.status}")
        return json_object(answer)

    def give_back(self, app: App, token: str) -> bool:
        """End the token there; False when the server did not say that it has."""
        form = self._credentials(app) | {"token": token}
        try:
            return self.wire.ask(f"{app.origin}/oauth/revoke", method="POST", form=form).status == 200
        except (ProviderUnavailable, NotVouchedFor):
            log.info("token_not_given_back", provider=CODE, server=app.origin)
            return False

    def _register(self, origin: str, callback: str) -> App:
        app_id, scope = new_id(), scope_for_profile(self.wire, origin)
        answer = self.wire.ask(
            f"{origin}/api/v1/apps",
            method="POST",
            form={
                "client_name": self._client_name, "redirect_uris": f"{callback}/{app_id}",
                "scopes": f"{scope} {READ_POSTS}", "website": self._public_url,
            },
        )  # fmt: skip
        if answer.status != 200:
            raise NotFoundThere("apps_refused")
        told = json_object(answer)
        client_id, secret = told.get("client_id"), told.get("client_secret")
        if not (isinstance(client_id, str) and 0 < len(client_id) <= 255):
            raise NotVouchedFor("no_client_id")
        if not (isinstance(secret, str) and 0 < len(secret) <= SECRET_LENGTH_MAX):
            raise NotVouchedFor("no_client_secret")
        return self._apps.keep(App(app_id, origin, client_id, secret, scope, clock.now()))

    def _confirmed(self, app: App) -> App | None:
        """The same, if the server still knows it; forgotten here too if it doesn't."""
        form = self._credentials(app) | {"grant_type": "client_credentials", "scope": READ_POSTS}
        answer = self.wire.ask(f"{app.origin}/oauth/token", method="POST", form=form)
        if answer.status in (400, 401, 403):
            self._apps.forget(app)
            return None
        if answer.status == 200:
            self._apps.confirm(app, now=clock.now())
            self.give_back(app, str(json_object(answer).get("access_token") or ""))
        return app

    def _credentials(self, app: App) -> dict[str, str]:
        return {"client_id": app.client_id, "client_secret": app.client_secret}
