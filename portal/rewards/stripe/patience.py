"""What a job does when Stripe is away or shut to us: wait, and ask again. Nobody knows, so nothing is given up."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from portal.kernel import jobs
from portal.rewards.stripe.failures import StripeMisconfigured, StripeUnknown

AGAIN_SECONDS, MISCONFIGURED_SECONDS, ODD_SECONDS = 20.0, 300.0, 3600.0
ANOTHER_ACCOUNT = "page_of_another_account"
"""The key was changed to one of another account than the page's. That does not get better by waiting."""

Handler = Callable[[jobs.Lease], jobs.Record | None]


def later(failed: StripeUnknown | StripeMisconfigured) -> jobs.RetryLater:
    """When to ask Stripe again after this."""
    if isinstance(failed, StripeMisconfigured):
        return jobs.RetryLater(f"stripe: {failed.code}", seconds=MISCONFIGURED_SECONDS, free=True)
    return jobs.RetryLater(f"stripe: {failed.code}", seconds=AGAIN_SECONDS, free=failed.code != ANOTHER_ACCOUNT)


def patient(handler: Handler) -> Handler:
    """For handlers that speak to Stripe: its being away costs time and no tries."""

    @wraps(handler)
    def run(lease: jobs.Lease) -> jobs.Record | None:
        try:
            return handler(lease)
        except (StripeUnknown, StripeMisconfigured) as failed:
            raise later(failed) from failed

    return run
