"""Does a request come from who knows the secret? Signature over its raw body, in constant time (PROMISES P-18).

Source: docs.stripe.com/webhooks/signature, whose form our own door takes too: `t=<seconds>,v1=<hex>[,v1=<hex>]`, where
v1 is the HMAC-SHA256 of `<t>.<body>` under the secret. While a secret is rolled both sign, so all of ours are tried.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

TOLERANCE_SECONDS = 300
HEADER_LENGTH_MAX = 2000
SIGNATURES_MAX = 10


class NotSigned(Exception):
    """The body is not to be believed; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(body: bytes, header: str, secrets: Sequence[str], *, now: datetime) -> None:
    """Return if one of `secrets` signed exactly `body`, within five minutes of `now`. Raises NotSigned."""
    sent_at, signatures = _parts(header)
    if abs(now.timestamp() - sent_at) > TOLERANCE_SECONDS:
        raise NotSigned("too_old")
    signed = b"%d.%s" % (sent_at, body)
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets if secret]
    # Every pair is compared, so that how long it takes tells nothing.
    matches = [hmac.compare_digest(ours.encode(), theirs.encode()) for ours in expected for theirs in signatures]
    if not any(matches):
        raise NotSigned("wrong_signature")


def _parts(header: str) -> tuple[int, list[str]]:
    if len(header) > HEADER_LENGTH_MAX:
        raise NotSigned("malformed")
    pairs = [part.strip().partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in pairs if name == "t"]
    signatures = [value for name, value in pairs if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        raise NotSigned("malformed")
    if not 0 < len(signatures) <= SIGNATURES_MAX:
        raise NotSigned("malformed")
    return int(times[0]), signatures
