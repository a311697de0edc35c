"""Discord: OAuth 2.0 and its user endpoint. https://discord.com/developers/docs/topics/oauth2"""

from __future__ import annotations

from typing import Any

from config import Settings
from portal.accounts.providers.provider import Endpoints, Provider
from portal.accounts.verified import VerifiedIdentity


def discord(settings: Settings) -> Provider:
    return Provider(
        code="discord",
        name="Discord",
        issuer="https://discord.com",
        client_id=settings.discord_client_id,
        client_secret=settings.discord_client_secret.get_secret_value(),
        form_origins=("https://discord.com",),
        scope="identify email",
        again={"prompt": "consent"},
        endpoints=Endpoints(
            authorize="https://discord.com/oauth2/authorize",
            token="https://discord.com/api/oauth2/token",
            person="https://discord.com/api/v10/users/@me",
        ),
        read_person=read_person,
        states_auth_time=False,
    )


def read_person(provider: Provider, answer: dict[str, Any]) -> VerifiedIdentity:
    return VerifiedIdentity(
        provider=provider.code,
        issuer=provider.issuer,
        subject=str(answer["id"]),
        name=str(answer.get("global_name") or answer.get("username") or ""),
        email=str(answer.get("email") or ""),
    )
