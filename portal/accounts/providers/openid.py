"""Providers that speak OpenID Connect."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from config import Settings
from portal.accounts.providers.provider import Provider


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def google(settings: Settings) -> Provider:
    """https://developers.google.com/identity/openid-connect/openid-connect"""
    return Provider(
        code="google",
        name="Google",
        issuer="https://accounts.google.com",
        client_id=settings.google_client_id,
        client_secret=settings.google_client_secret.get_secret_value(),
        form_origins=("https://accounts.google.com",),
        again={"prompt": "select_account"},
        states_auth_time=False,
    )


def apple(settings: Settings) -> Provider:
    """https://developer.apple.com/documentation/signinwithapplerestapi

    It answers by a form posted from its own site, to which no browser adds our cookie; the callback turns that into
    an ordinary visit.
    """
    return Provider(
        code="apple",
        name="Apple",
        issuer="https://appleid.apple.com",
        client_id=settings.apple_client_id,
        client_secret=settings.apple_client_secret.get_secret_value(),
        form_origins=("https://appleid.apple.com",),
        scope="openid name email",
        client_auth="client_secret_post",
        parameters={"response_mode": "form_post"},
        again={},
        answers_by_post=True,
    )


def twitch(settings: Settings) -> Provider:
    """https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/: names its claims one by one."""
    wanted = {"id_token": {"email": None, "email_verified": None, "preferred_username": None}}
    return Provider(
        code="twitch",
        name="Twitch",
        issuer="https://id.twitch.tv/oauth2",
        client_id=settings.twitch_client_id,
        client_secret=settings.twitch_client_secret.get_secret_value(),
        form_origins=("https://id.twitch.tv", "https://www.twitch.tv"),
        scope="openid user:read:email",
        client_auth="client_secret_post",
        parameters={"claims": json.dumps(wanted, separators=(",", ":"))},
        again={"force_verify": "true"},
        states_auth_time=False,
    )


def any_issuer(settings: Settings) -> Provider:
    """Whatever PORTAL_OIDC_ISSUER names, such as the company's own single sign-on."""
    return Provider(
        code="oidc",
        name=settings.oidc_name,
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        form_origins=(origin_of(settings.oidc_issuer),),
        employees=settings.oidc_employees,
    )


def sandbox(settings: Settings) -> Provider:
    """The provider of the sandbox, for development and tests."""
    return Provider(
        code="sandbox",
        name="Gatehouse",
        issuer=f"{settings.sandbox_url}/oidc",
        client_id="portal",
        client_secret="sandbox-secret",
        form_origins=(settings.sandbox_url,),
    )
