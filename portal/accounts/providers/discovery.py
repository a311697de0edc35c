"""A provider's discovery document, read when first needed and again every hour."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import requests

TIMEOUT_SECONDS = (3.05, 5.0)
KEPT_SECONDS = 3600
SIGNATURES = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"))
"""Only what needs the provider's private key: never `none`, and no HMAC with a secret or a public key."""


class ProviderUnavailable(Exception):
    """The provider can't be reached, or answers what makes no sense."""


class UntrustedProvider(Exception):
    """The document at the issuer's address is somebody else's."""


class Discovery:
    """The documents of all issuers. One per app; safe for threads."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def metadata_of(self, issuer: str) -> dict[str, Any]:
        """The issuer's metadata; the dictionary also keeps its keys. Raises ProviderUnavailable or UntrustedProvider.

        While the issuer is down, what it said last still counts.
        """
        kept = self._kept.get(issuer)
        if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            metadata = checked(issuer, fetch(issuer))
        except ProviderUnavailable:
            if kept is not None:
                return kept[1]
            raise
        with self._lock:
            self._kept[issuer] = (time.monotonic(), metadata)
        return metadata


def fetch(issuer: str) -> dict[str, Any]:
    """The document as it is answered. Raises ProviderUnavailable."""
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        answer = requests.get(address, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        document = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderUnavailable(issuer) from error
    if not isinstance(document, dict):
        raise ProviderUnavailable(issuer)
    return document


def checked(issuer: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document, if it is the issuer's own and asks for nothing weak. Raises UntrustedProvider."""
    if document.get("issuer") != issuer:
        raise UntrustedProvider(issuer)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not _as_safe_as(issuer, document.get(name)):
            raise UntrustedProvider(issuer)
    offered = document.get("id_token_signing_alg_values_supported") or ["RS256"]
    document["id_token_signing_alg_values_supported"] = sorted(SIGNATURES.intersection(offered)) or ["RS256"]
    return document


def _as_safe_as(issuer: str, address: object) -> bool:
    """https, or plain http where the issuer itself is (a provider on this machine, in development)."""
    if not isinstance(address, str):
        return False
    scheme = urlsplit(address).scheme
    return scheme == "https" or scheme == urlsplit(issuer).scheme == "http"
