"""Secrets at rest: sealed so that we can read them back, or digested so that nobody can.

Every purpose has keys of its own, derived from the configured secret keys, so that what was sealed for one
purpose opens for no other. The first configured key is used for everything new, the rest are still honoured:
to change a secret key, put the new one in front and take the old one out when nothing depends on it any more.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

KEY_BYTES = 32


class Unsealable(Exception):
    """What was given was not sealed here, nor for this purpose, or its key is no longer configured."""


class Box:
    """Seals and digests for one purpose, like "webhook-secret" or "session".

    Raises ValueError without a secret key or a purpose.
    """

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        if not purpose or not secret_keys or not all(secret_keys):
            raise ValueError("a box needs a purpose and at least one secret key, none of them empty")
        self._fernet = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_derived_key(key, f"portal/seal/{purpose}"))) for key in secret_keys]
        )
        self._digest_keys = [_derived_key(key, f"portal/digest/{purpose}") for key in secret_keys]

    def seal(self, text: str) -> str:
        """`text` encrypted and authenticated (Fernet); a different string each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises Unsealable."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (InvalidToken, UnicodeError):
            raise Unsealable from None

    def digest(self, token: str) -> str:
        """What to store instead of a token: HMAC-SHA256 with the first key, 64 hexadecimal digits."""
        return self.digests(token)[0]

    def digests(self, token: str) -> list[str]:
        """`digest(token)` with each configured key, the first first: look a token up among these."""
        return [hmac.new(key, token.encode(), hashlib.sha256).hexdigest() for key in self._digest_keys]


def box_for(purpose: str) -> Box:
    """The app's box for `purpose`, made once: deriving its keys takes longer than opening what it sealed."""
    box: Box = current_app.extensions["portal_boxes"](purpose)
    return box


def _derived_key(secret_key: str, info: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info.encode()).derive(secret_key.encode())
