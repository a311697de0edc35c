"""The key that signs ID tokens, made once per data folder."""

from __future__ import annotations

import json
from pathlib import Path

from joserfc.jwk import RSAKey

from portal.sandbox.database import kept

ALGORITHM = "RS256"


def signing_key(data: Path) -> RSAKey:
    return RSAKey.import_key(json.loads(kept(data / "signing-key.json", _new_key)))


def _new_key() -> str:
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM})
    return json.dumps({**key.as_dict(private=True), "kid": key.thumbprint()})
