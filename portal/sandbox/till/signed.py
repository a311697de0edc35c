"""What the sandbox tells the portal from server to server: a body, signed as Stripe signs its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import time

import requests

ANSWERS_WITHIN_SECONDS = 10


def post_signed(url: str, body: bytes, *, secret: str, header: str) -> int:
    """The status of the answer; 0 where nobody answers. `header` carries the signature.

    Source: docs.stripe.com/webhooks/signature.
    """
    at = int(time.time())
    signature = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json; charset=utf-8", header: f"t={at},v1={signature}"}
    try:
        with requests.Session() as session:
            session.trust_env = False  # the portal is on this machine: no proxy stands in between
            return session.post(url, body, headers=headers, timeout=ANSWERS_WITHIN_SECONDS).status_code
    except requests.RequestException:
        return 0
