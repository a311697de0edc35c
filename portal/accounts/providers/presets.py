"""Which providers this installation offers."""

from __future__ import annotations

from collections.abc import Callable

from config import Settings
from portal.accounts.providers import discord, facebook, linkedin, openid, x
from portal.accounts.providers.provider import Provider

PRESETS: tuple[tuple[str, Callable[[Settings], Provider]], ...] = (
    ("oidc_client_id", openid.any_issuer),
    ("google_client_id", openid.google),
    ("apple_client_id", openid.apple),
    ("facebook_client_id", facebook.facebook),
    ("linkedin_client_id", linkedin.linkedin),
    ("discord_client_id", discord.discord),
    ("twitch_client_id", openid.twitch),
    ("x_client_id", x.x),
    ("sandbox", openid.sandbox),
)
"""The setting that switches a provider on, and its preset, in the order of the sign-in page."""


def configured(settings: Settings) -> dict[str, Provider]:
    """Every provider whose keys are set, by its code."""
    offered = [preset(settings) for setting, preset in PRESETS if getattr(settings, setting)]
    return {provider.code: provider for provider in offered}
