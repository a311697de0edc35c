"""Proofs that a request comes from whoever began the sign-in (RFC 9449), and servers' nonces for them."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from portal.accounts.networks.calling import Wire, json_object
from portal.accounts.providers.flow import NotVouchedFor
from portal.kernel.fetcher import Fetched

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""


def proof_key(seed: str) -> ECKey:
    """The same key for the same seed, so that nothing secret has to be kept between leaving and coming back."""
    number = int.from_bytes(hashlib.sha512(seed.encode()).digest()) % (_ORDER - 1) + 1
    numbers = ec.derive_private_key(number, ec.SECP256R1()).private_numbers()
    point = numbers.public_numbers
    return ECKey.import_key(
        {"kty": "EC", "crv": "P-256", "x": _field(point.x), "y": _field(point.y), "d": _field(numbers.private_value)}
    )


def proof(key: ECKey, *, method: str, url: str, nonce: str, now: datetime) -> str:
    """A proof for this one request."""
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(now.timestamp()),
    }  # fmt: skip
    if nonce:
        claims["nonce"] = nonce
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key, algorithms=["ES256"])


def post_with_proof(wire: Wire, url: str, form: Mapping[str, str], *, key: ECKey, now: datetime) -> Fetched:
    """Post `form`; where the server wants a nonce of its own in the proof, once more with it.

    Raises ProviderUnavailable, or NotVouchedFor with the server's reason for any answer that is no success.
    """
    nonce = ""
    for _ in range(2):
        headers = {"DPoP": proof(key, method="POST", url=url, nonce=nonce, now=now)}
        answer = wire.ask(url, method="POST", headers=headers, form=form)
        if answer.status in (200, 201):
            return answer
        reason = str(json_object(answer).get("error") or answer.status)[:60]
        nonce = answer.headers.get("dpop-nonce", "")
        if reason != "use_dpop_nonce" or not nonce:
            break
    raise NotVouchedFor(f"refused:{reason}")


def _field(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode("ascii")
