"""X: OAuth 2.0 and its user endpoint. https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code"""

from __future__ import annotations

from typing import Any

from config import Settings
from portal.accounts.providers.provider import Endpoints, Provider
from portal.accounts.verified import VerifiedIdentity


def x(settings: Settings) -> Provider:
    return Provider(
        code="x",
        name="X",
        issuer="https://x.com",
        client_id=settings.x_client_id,
        client_secret=settings.x_client_secret.get_secret_value(),
        form_origins=("https://x.com", "https://twitter.com"),
        scope="users.read tweet.read",  # the user endpoint wants both
        again={},
        endpoints=Endpoints(
            authorize="https://x.com/i/oauth2/authorize",
            token="https://api.x.com/2/oauth2/token",
            person="https://api.x.com/2/users/me",
        ),
        read_person=read_person,
        states_auth_time=False,
    )


def read_person(provider: Provider, answer: dict[str, Any]) -> VerifiedIdentity:
    person = answer["data"]
    return VerifiedIdentity(
        provider=provider.code,
        issuer=provider.issuer,
        subject=str(person["id"]),
        name=str(person.get("name") or person.get("username") or ""),
    )
