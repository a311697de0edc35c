"""Webhooks by hand: a test says when, how often and in which order the app hears of what happened at Stripe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from stripe import WebhookSignature
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.rewards import payment_page
from portal.rewards.stripe import SANDBOX_SECRET
from portal.rewards.stripe.port import Stripe
from tests.servers.stripe import KEY, StripeServer

PATIENCE_SECONDS = 30.0
"""For an answer that will come: on a busy machine it may take seconds."""


class Telling:
    """`server` is Stripe; `ahead` so many seconds its clock is from the real one."""

    def __init__(self, app: Flask, server: StripeServer, ahead: int) -> None:
        self.app, self.server, self._ahead = app, server, ahead
        self._told: set[str] = set()

    def pass_time(self, **duration: int) -> None:
        """For both."""
        by = timedelta(**duration)
        clock.advance(by)
        self._ahead += int(by.total_seconds())
        self.server.set_clock(self._ahead)

    @contextmanager
    def losing_patience(self) -> Iterator[None]:
        """The app waits for an answer of Stripe for half a second only."""
        patient = self.app.extensions["portal_stripe"]
        self.app.extensions["portal_stripe"] = Stripe(
            KEY, api=self.server.url, checkout=self.server.url, timeout_seconds=(PATIENCE_SECONDS, 0.5)
        )
        try:
            yield
        finally:
            self.app.extensions["portal_stripe"] = patient

    def address_to_pay(self, redemption_id: str) -> str:
        """Where somebody is sent who presses the button. Raises what `payment_page.address_to_pay` raises."""
        with self.app.test_request_context():
            return payment_page.address_to_pay(redemption_id)

    def pay(self, redemption_id: str) -> None:
        """Somebody goes to the payment page and pays; the app hears nothing yet."""
        self.server.pay(self.address_to_pay(redemption_id))

    def events(self) -> list[dict[str, Any]]:
        """What has happened to payment pages and was not told yet, oldest first."""
        happened = reversed(self.server.all_of("/v1/events"))
        return [event for event in happened if event["type"].startswith("checkout.") and event["id"] not in self._told]

    def tell(self, *, run: bool = True) -> list[dict[str, Any]]:
        """Bring the app up to date, and let its worker work."""
        events = self.events()
        for event in events:
            assert self.post(event).status_code == 200
            self._told.add(event["id"])
        if run:
            jobs.run_due()
        return events

    def lose(self) -> None:
        """Nobody ever hears of what has happened so far."""
        self._told |= {event["id"] for event in self.events()}

    def post(
        self, event: dict[str, Any], *, secret: str = SANDBOX_SECRET, signature: str | None = None
    ) -> TestResponse:
        """One webhook, signed by Stripe's own library."""
        db.session.commit()
        body = json.dumps(event)
        at = int(clock.now().timestamp())
        if signature is None:
            signature = str(WebhookSignature.generate_signature_header(body, secret, timestamp=at))
        return self.app.test_client().post(
            "/webhooks/stripe", data=body, content_type="application/json", headers={"Stripe-Signature": signature}
        )
