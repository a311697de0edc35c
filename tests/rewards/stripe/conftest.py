"""The app under test with an account at a Stripe that remembers, both at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from portal.kernel import clock
from portal.rewards.stripe.port import Stripe
from tests.conftest import NOW
from tests.rewards.stripe.telling import Telling
from tests.servers.stripe import KEY, StripeServer


@pytest.fixture
def stripe(request: pytest.FixtureRequest, stripe_server: StripeServer) -> Iterator[Telling]:
    """The tests' Stripe, in whose account the app is at home; the clock of both stands at `NOW`.

    Webhooks are not sent by themselves: `tell` brings to the app what has happened so far.
    """
    name = "sqlite_app" if "sqlite_app" in request.fixturenames else "app"
    app: Flask = request.getfixturevalue(name)
    before = app.extensions["portal_stripe"]
    app.extensions["portal_stripe"] = Stripe(
        KEY, api=stripe_server.url, checkout=stripe_server.url, timeout_seconds=(2, 1)
    )
    ahead = int((NOW - datetime.now(UTC)).total_seconds())
    with clock.frozen(NOW), stripe_server.ahead(ahead):
        yield Telling(app, stripe_server, ahead)
    app.extensions["portal_stripe"] = before
