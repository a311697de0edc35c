"""Only what Stripe signed within five minutes is believed, byte for byte (PROMISES P-18)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import WebhookSignature

from portal.rewards.stripe.signing import TOLERANCE_SECONDS, NotFromStripe, verify

NOW = datetime(2026, 10, 14, 9, 14, tzinfo=UTC)
SECRET, OLD_SECRET = "whsec_new", "whsec_old"
BODY = '{"id": "evt_1", "note": "ü"}'


def header(body: str = BODY, secret: str = SECRET, *, at: datetime = NOW) -> str:
    """As Stripe's own library makes it."""
    return str(WebhookSignature.generate_signature_header(body, secret, timestamp=int(at.timestamp())))


def test_what_stripe_signed_is_believed() -> None:
    verify(BODY.encode(), header(), [SECRET], now=NOW)


@pytest.mark.parametrize("signed_with", [SECRET, OLD_SECRET])
def test_while_a_secret_is_rolled_both_are_good(signed_with: str) -> None:
    verify(BODY.encode(), header(secret=signed_with), [SECRET, OLD_SECRET], now=NOW)


def test_a_header_with_two_signatures_needs_one_that_is_ours() -> None:
    theirs = header(secret=OLD_SECRET).partition("v1=")[2]
    verify(BODY.encode(), f"{header()},v1={theirs}", [OLD_SECRET], now=NOW)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("", "malformed"),
        ("t=,v1=", "malformed"),
        ("v1=abc", "malformed"),
        ("t=1,t=2,v1=abc", "malformed"),
        ("t=1", "malformed"),
        ("t=²,v1=abc", "malformed"),
        (f"t={'9' * 400},v1=abc", "malformed"),
        ("t=1,v1=abc" + ",v1=abc" * 300, "malformed"),
        (header().replace("v1=", "v0="), "malformed"),
        (header(secret="whsec_another"), "wrong_signature"),
        (header(BODY + " "), "wrong_signature"),
        (header().partition("v1=")[0] + "v1=ä", "wrong_signature"),
    ],
)  # fmt: skip
def test_anything_else_is_not(sent: str, reason: str) -> None:
    with pytest.raises(NotFromStripe) as refusal:
        verify(BODY.encode(), sent, [SECRET, OLD_SECRET], now=NOW)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("seconds", "is_good"),
    [
        (0, True),
        (TOLERANCE_SECONDS, True),
        (TOLERANCE_SECONDS + 1, False),
        (-TOLERANCE_SECONDS, True),
        (-TOLERANCE_SECONDS - 1, False),
    ],
)
def test_five_minutes_either_way(seconds: int, is_good: bool) -> None:
    sent = header(at=NOW - timedelta(seconds=seconds))
    if is_good:
        verify(BODY.encode(), sent, [SECRET], now=NOW)
        return
    with pytest.raises(NotFromStripe, match="too_old"):
        verify(BODY.encode(), sent, [SECRET], now=NOW)


def test_without_a_secret_nothing_is_believed() -> None:
    for secrets in ([], [""]):
        with pytest.raises(NotFromStripe):
            verify(BODY.encode(), header(secret=""), secrets, now=NOW)


@given(st.binary(max_size=200), st.text(max_size=100))
def test_no_header_that_nobody_signed_passes_or_breaks(body: bytes, sent: str) -> None:
    with pytest.raises(NotFromStripe):
        verify(body, sent, [SECRET], now=NOW)


@given(st.binary(max_size=200))
def test_one_bit_off_is_another_body(body: bytes) -> None:
    at = int(NOW.timestamp())
    digest = hmac.new(SECRET.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    verify(body, f"t={at},v1={digest}", [SECRET], now=NOW)
    with pytest.raises(NotFromStripe):
        verify(body + b"\0", f"t={at},v1={digest}", [SECRET], now=NOW)
