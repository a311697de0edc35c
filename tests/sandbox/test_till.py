"""Till plays Stripe's part: the portal's own port speaks with it, and people pay on its pages."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from portal.kernel.signed_bodies import verify as verify_signed
from portal.links.postbacks import read
from portal.rewards.probing import probe
from portal.rewards.stripe import SANDBOX_KEY, SANDBOX_SECRET
from portal.rewards.stripe.answers import Session, Terms
from portal.rewards.stripe.failures import StripeMisconfigured, StripeRefused
from portal.rewards.stripe.port import Stripe
from portal.rewards.stripe.signing import verify
from portal.serving import SANDBOX_CONVERSION_SECRET
from tests.conftest import settings_for
from tests.sandbox.running import RunningSandbox
from tests.servers.process import wait_until

TWENTY_OFF = Terms(percent_off=20, amount_off_minor=None, currency="gbp")


@pytest.fixture
def stripe(sandbox: RunningSandbox) -> Stripe:
    """The port, as the portal opens it when it has no key and a sandbox."""
    return Stripe(SANDBOX_KEY, api=sandbox.url, checkout=sandbox.url)


@pytest.fixture
def heard(sandbox: RunningSandbox) -> Iterator[list[tuple[bytes, str]]]:
    """What arrives at the portal's webhook: bodies with their signatures. It refuses the first one."""
    arrived: list[tuple[bytes, str]] = []

    class Portal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.append((body, self.headers["Stripe-Signature"] or self.headers["Portal-Signature"]))
            self.send_response(500 if len(arrived) == 1 else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Portal)
    object.__setattr__(sandbox.settings, "portal_url", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield arrived
    server.shutdown()
    thread.join()
    server.server_close()


def open_session(stripe: Stripe, reference: str = "R1") -> Session:
    return stripe.open_session(
        reference=reference, name="Mended one-off fleece", amount_minor=1060, currency="gbp",
        expires_at=datetime.now(UTC) + timedelta(minutes=60), success_url="http://127.0.0.1:9/back",
        cancel_url="http://127.0.0.1:9/redemptions",
    )  # fmt: skip


def test_a_payment_page_pays_once(sandbox: RunningSandbox, stripe: Stripe) -> None:
    session = open_session(stripe)
    assert session.url is not None
    visitor = sandbox.visitor()
    assert "10.60 GBP" in visitor.open(session.url).text
    assert visitor.send(session.url, how="declined").status_code == 402
    assert not stripe.session(session.id).is_complete
    assert visitor.send(session.url, how="card").headers["Location"] == "http://127.0.0.1:9/back"
    paid = stripe.session(session.id)
    assert (paid.is_paid, paid.amount_minor, paid.reference) == (True, 1060, "R1")
    assert visitor.open(session.url).status_code == 410
    assert stripe.find_session("R1", opened_after=datetime.now(UTC)) == paid
    assert paid.payment_id is not None
    assert stripe.refund(paid.payment_id, reference="R1") == stripe.refund(paid.payment_id, reference="R1")


def test_the_same_request_twice_makes_one_thing(stripe: Stripe) -> None:
    expires_at = datetime.now(UTC) + timedelta(days=3)
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="x")
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="x")
    codes = [
        stripe.make_promotion_code("twenty", "MEND-1", reference="R1", expires_at=expires_at, customer=None)
        for _ in range(2)
    ]
    assert codes[0] == codes[1]
    with pytest.raises(StripeRefused, match="idempotency"):
        stripe.make_promotion_code("twenty", "MEND-2", reference="R1", expires_at=expires_at, customer=None)
    with pytest.raises(StripeRefused, match="resource_missing"):
        stripe.make_promotion_code("none", "MEND-2", reference="R2", expires_at=expires_at, customer=None)


def test_pages_close_by_hand_and_by_the_clock(sandbox: RunningSandbox, stripe: Stripe) -> None:
    by_hand, by_clock = open_session(stripe, "R1"), open_session(stripe, "R2")
    assert not stripe.expire(by_hand.id).is_open
    assert not stripe.expire(by_hand.id).is_paid
    assert stripe.session(by_clock.id).is_open
    sandbox.clock.advance(minutes=61)
    assert not stripe.session(by_clock.id).is_open


def test_the_shop_tells_whose_link_led_to_a_purchase_and_to_its_return(
    sandbox: RunningSandbox, heard: list[tuple[bytes, str]]
) -> None:
    """Signed as the portal wants it, with the secret that `make run` gives both."""
    visitor = sandbox.visitor()
    visitor.open("/shop?via=hk3p7q2m")
    visitor.send("/shop", via="<script>")
    assert heard == []  # nobody's link
    visitor.send("/shop", via="hk3p7q2m")
    assert "did not take it (500)" in visitor.open("/shop").text
    page = visitor.follow(visitor.send("/shop", via="hk3p7q2m")).text
    assert "it knows whose link led here" in page
    order = re.findall(r'name="order" value="([^"]+)"', page)[0]
    visitor.send("/shop/returned", via="hk3p7q2m", order=order)
    for body, signature in heard:
        verify_signed(body, signature, [SANDBOX_CONVERSION_SECRET], now=datetime.now(UTC))
    told = [read(body, now=datetime.now(UTC)) for body, _signature in heard]
    assert [(each.news, each.code) for each in told] == [
        ("conversion", "hk3p7q2m"), ("conversion", "hk3p7q2m"), ("taken_back", "hk3p7q2m")
    ]  # fmt: skip
    assert told[2].event_id == told[1].event_id == order != told[0].event_id


def test_a_code_is_tried_in_the_shop_and_works_once(sandbox: RunningSandbox, stripe: Stripe) -> None:
    stripe.ensure_coupon("twenty", TWENTY_OFF, name="x")
    code = stripe.make_promotion_code(
        "twenty", "MEND-1", reference="R1", expires_at=datetime.now(UTC) + timedelta(days=3), customer=None
    )
    visitor = sandbox.visitor()
    assert "Buy for £38.40" in visitor.open("/shop?code=mend-1").text
    visitor.send("/shop", code="mend-1")
    assert "Bought for £38.40" in visitor.open("/shop").text
    assert "does not work" in visitor.open("/shop?code=MEND-1").text
    assert stripe.switch_off(code.id).times_used == 1


def test_the_portal_is_told_signed_until_it_answers(
    sandbox: RunningSandbox, stripe: Stripe, heard: list[tuple[bytes, str]]
) -> None:
    session = open_session(stripe)
    assert session.url is not None
    visitor = sandbox.visitor()
    visitor.open(session.url)
    visitor.send(session.url, how="card")
    wait_until(lambda: len(heard) == 2, what="told twice, since the first was refused")
    for body, signature in heard:
        verify(body, signature, [SANDBOX_SECRET], now=datetime.now(UTC))
    assert heard[0][0] == heard[1][0]
    assert b"checkout.session.completed" in heard[0][0]
    assert session.id.encode() in heard[0][0]


def test_webhooks_can_be_lost_and_told_again(
    sandbox: RunningSandbox, stripe: Stripe, heard: list[tuple[bytes, str]]
) -> None:
    heard.append((b"", ""))  # the refusal is not of interest here
    visitor, session = sandbox.visitor(), open_session(stripe)
    visitor.open("/till")
    visitor.send("/till/quiet", quiet="yes")
    assert session.url is not None
    visitor.open(session.url)
    visitor.send(session.url, how="card")
    page = visitor.open("/till").text
    assert "not heard yet" in page
    event_id = re.search(r"evt_\w+", page)
    assert event_id
    visitor.send(f"/till/events/{event_id[0]}")
    assert len(heard) == 2
    visitor.send("/till/quiet", quiet="no")
    wait_until(lambda: len(heard) == 3, what="told what was kept back")


def test_programs_need_the_key(sandbox: RunningSandbox) -> None:
    assert requests.get(f"{sandbox.url}/v1/events", timeout=5).status_code == 401
    with pytest.raises(StripeMisconfigured):
        Stripe("sk_test_another", api=sandbox.url, checkout=sandbox.url).account()


def test_the_probe_of_a_live_test_account_passes_here_too(stripe: Stripe, tmp_path: Path) -> None:
    assert len(list(probe(stripe, settings_for(tmp_path)))) == 14
