"""Stripe, as the rewards room uses it: promotion codes in the brand's shop, and Checkout for points plus cash.

`port` is the only module that speaks to Stripe, with the brand's own key and through the `stripe` library; `signing`
proves that a webhook comes from there. Nothing here touches the database.
"""

from __future__ import annotations

from flask import Flask, current_app

from config import Settings
from portal.rewards.stripe.port import Stripe

SANDBOX_KEY, SANDBOX_SECRET = "sk_test_sandbox", "whsec_sandbox"
"""What the portal and the sandbox, which plays Stripe's part, know each other by; no production has a sandbox."""


def init_app(app: Flask) -> None:
    """Open the port with the settings' key, and let forms lead to the page where people pay (PROMISES P-17)."""
    stripe = open_port(app.config["SETTINGS"])
    app.extensions["portal_stripe"] = stripe
    if stripe.has_key:
        app.extensions["portal_form_targets"].append(stripe.checkout)


def open_port(settings: Settings) -> Stripe:
    """The account of the settings; without a key and without a sandbox, one that lets nobody in."""
    if settings.sandbox_plays_stripe:
        return Stripe(SANDBOX_KEY, api=settings.sandbox_url, checkout=settings.sandbox_url)
    return Stripe(
        settings.stripe_key.get_secret_value(), api=settings.stripe_api or None, checkout=settings.stripe_checkout
    )


def stripe_now() -> Stripe:
    """The port of the app that runs."""
    port: Stripe = current_app.extensions["portal_stripe"]
    return port


def webhook_secrets() -> list[str]:
    """What Stripe signs with; empty where it is not set up."""
    settings: Settings = current_app.config["SETTINGS"]
    return [SANDBOX_SECRET] if settings.sandbox_plays_stripe else settings.stripe_webhook_secrets
