"""A webhook arrives: believe it, write it down once, and let the worker do the rest (PROMISES P-18).

Source: docs.stripe.com/webhooks. Stripe tells an event at least once and in no order, so only that something happened
to a page is taken from it; how the page stands is asked afterwards (`payment_jobs.hear_stripe`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.base import violation_raises
from portal.rewards.stripe.models import STRIPE_ID_LENGTH, StripeEvent

HEAR = "hear_stripe"
ABOUT_PAGES = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
)
"""The events to choose at Stripe; others are answered and left alone."""


class NotAnEvent(Exception):
    """Signed, but not an event that we can read."""


class HeardMeanwhile(Exception):
    """Another request wrote the same event down first."""


@dataclass(frozen=True)
class Event:
    """What we take from an event."""

    id: str
    kind: str
    about_id: str
    reference: str
    happened_at: datetime
    is_live: bool


def read(body: bytes) -> Event:
    """The event in a body whose signature was verified. Raises NotAnEvent."""
    try:
        return event_in(json.loads(body))
    except (ValueError, RecursionError) as broken:
        raise NotAnEvent from broken


def event_in(given: Any) -> Event:
    """What we take from an event as Stripe's API gives it. Raises NotAnEvent."""
    try:
        about = given["data"]["object"]
        return Event(
            id=_id(given["id"]), kind=_id(given["type"])[:80], about_id=_id(about.get("id") or "-"),
            reference=_id(about.get("client_reference_id") or "-").removeprefix("-"),
            happened_at=datetime.fromtimestamp(int(given["created"]), UTC), is_live=given.get("livemode") is True,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError) as broken:
        raise NotAnEvent from broken


def hear(event: Event, *, now: datetime) -> bool:
    """Write it down and give it to the worker, in the open transaction; False when it was heard before.

    Raises HeardMeanwhile where the same event is told twice at once; the caller's transaction rolls back.
    """
    if event.kind not in ABOUT_PAGES or db.session.get(StripeEvent, event.id) is not None:
        return False
    db.session.add(
        StripeEvent(
            id=event.id, kind=event.kind, about_id=event.about_id, reference=event.reference,
            happened_at=event.happened_at, heard_at=now,
        )
    )  # fmt: skip
    with violation_raises(HeardMeanwhile()):
        db.session.flush()
    jobs.schedule(HEAR, event.id, due_at=now)
    return True


def _id(given: Any) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= STRIPE_ID_LENGTH or not given.isprintable():
        raise ValueError("not an id")
    return given
