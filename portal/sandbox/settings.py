"""What one sandbox is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`url` and the origins have no trailing slash; `data` is a folder that belongs to this sandbox alone."""

    url: str
    data: Path
    portal_url: str = "http://127.0.0.1:8000"
    mail_dir: Path | None = None
    client_origins: tuple[str, ...] = ()
    client_id: str = "portal"
    client_secret: str = "sandbox-secret"
    till_key: str = "sk_test_sandbox"
    till_secret: str = "whsec_sandbox"
    conversion_secret: str = "sandbox-shop-tells-of-conversions"

    @property
    def issuer(self) -> str:
        return f"{self.url}/oidc"

    @property
    def redirect_origins(self) -> frozenset[str]:
        """Origins to which a sign-in may return."""
        return frozenset((self.portal_url, *self.client_origins))
