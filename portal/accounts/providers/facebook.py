"""Facebook: OAuth 2.0 and its Graph API. https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow"""

from __future__ import annotations

from typing import Any

from config import Settings
from portal.accounts.providers.provider import Endpoints, Provider
from portal.accounts.verified import VerifiedIdentity

VERSION = "v23.0"


def facebook(settings: Settings) -> Provider:
    return Provider(
        code="facebook",
        name="Facebook",
        issuer="https://www.facebook.com",
        client_id=settings.facebook_client_id,
        client_secret=settings.facebook_client_secret.get_secret_value(),
        form_origins=("https://www.facebook.com", "https://m.facebook.com"),
        scope="public_profile email",
        client_auth="client_secret_post",
        again={"auth_type": "reauthenticate"},
        endpoints=Endpoints(
            authorize=f"https://www.facebook.com/{VERSION}/dialog/oauth",
            token=f"https://graph.facebook.com/{VERSION}/oauth/access_token",
            person=f"https://graph.facebook.com/{VERSION}/me?fields=id,name,email",
        ),
        read_person=read_person,
        states_auth_time=False,
    )


def read_person(provider: Provider, answer: dict[str, Any]) -> VerifiedIdentity:
    return VerifiedIdentity(
        provider=provider.code,
        issuer=provider.issuer,
        subject=str(answer["id"]),
        name=str(answer.get("name") or ""),
        email=str(answer.get("email") or ""),
    )
