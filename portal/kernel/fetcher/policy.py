"""How far a fetch goes, and under which name."""

from dataclasses import dataclass

from portal.kernel.fetcher.address_policy import origin_from_setting
from portal.kernel.fetcher.robots import OUR_NAME


def user_agent(version: str, contact_url: str) -> str:
    """Who we are, and where somebody who minds can say so."""
    return f"{OUR_NAME}/{version} (+{contact_url})"


@dataclass(frozen=True)
class FetchPolicy:
    """How far a fetch goes. `allow_origins` are exact origins reachable besides the public web.

    Raises ValueError for an entry that is not an origin.
    """

    user_agent: str
    allow_origins: frozenset[str] = frozenset()
    total_seconds: float = 10.0
    body_bytes_max: int = 2 * 1024 * 1024
    redirects_max: int = 5
    at_once_per_host: int = 2
    gap_seconds: float = 0.2
    """Between the starts of two requests to one host; `allow_origins` are asked without a pause."""

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "allow_origins",
            frozenset(map(origin_from_setting, self.allow_origins)),
        )
