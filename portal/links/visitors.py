"""Who counts as one visitor of one day, without keeping who it was.

A visitor is a keyed digest of address and browser. The key is derived from the portal's secret and the day, and a
digest lives only until its day has been counted and closed (see `jobs.forget_visitors`): no address is ever stored, and
two days of one visitor can't be matched. Source: GDPR recital 26, and PROMISES P-37.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from functools import lru_cache

from flask import Flask

DIGEST_LENGTH = 32
CONNECTION_LENGTH = 16


def visitor_digest(app: Flask, address: str, browser: str, at: datetime) -> str:
    """32 hexadecimal digits that stand for this visitor on this day (UTC)."""
    key = _key_of_day(app.config["SECRET_KEY"], f"{at:%Y-%m-%d}")
    return hmac.new(key, f"{address}\n{browser}".encode(), hashlib.sha256).hexdigest()[:DIGEST_LENGTH]


def connection_digest(app: Flask, address: str, at: datetime) -> str:
    """16 hexadecimal digits that stand for this address on this day (UTC)."""
    key = _key_of_day(app.config["SECRET_KEY"], f"{at:%Y-%m-%d}")
    return hmac.new(key, f"connection {address}".encode(), hashlib.sha256).hexdigest()[:CONNECTION_LENGTH]


@lru_cache(maxsize=4)
def _key_of_day(secret: str, day: str) -> bytes:
    return hmac.new(secret.encode(), f"visitors of {day}".encode(), hashlib.sha256).digest()
