"""Does a webhook come from Stripe? Source: docs.stripe.com/webhooks/signature, the header `Stripe-Signature`."""

from __future__ import annotations

from portal.kernel.signed_bodies import TOLERANCE_SECONDS, verify
from portal.kernel.signed_bodies import NotSigned as NotFromStripe

__all__ = ["TOLERANCE_SECONDS", "NotFromStripe", "verify"]
