"""LinkedIn: its ID tokens carry no nonce, so its userinfo is asked instead, with the token that our secret fetched.

https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
"""

from __future__ import annotations

from typing import Any

from config import Settings
from portal.accounts.providers.provider import Endpoints, Provider
from portal.accounts.verified import VerifiedIdentity


def linkedin(settings: Settings) -> Provider:
    return Provider(
        code="linkedin",
        name="LinkedIn",
        issuer="https://www.linkedin.com/oauth",
        client_id=settings.linkedin_client_id,
        client_secret=settings.linkedin_client_secret.get_secret_value(),
        form_origins=("https://www.linkedin.com",),
        client_auth="client_secret_post",
        again={},
        endpoints=Endpoints(
            authorize="https://www.linkedin.com/oauth/v2/authorization",
            token="https://www.linkedin.com/oauth/v2/accessToken",
            person="https://api.linkedin.com/v2/userinfo",
        ),
        read_person=read_person,
        pkce=False,  # offered for native apps alone; an unknown verifier makes the token request fail
        states_auth_time=False,
    )


def read_person(provider: Provider, answer: dict[str, Any]) -> VerifiedIdentity:
    return VerifiedIdentity(
        provider=provider.code,
        issuer=provider.issuer,
        subject=str(answer["sub"]),
        name=str(answer.get("name") or ""),
        email=str(answer.get("email") or ""),
    )
