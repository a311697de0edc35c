"""The one way out to pages that strangers name: it reaches the public web and nothing else.

    fetcher = Fetcher(FetchPolicy(user_agent=user_agent("1.0", "https://portal.example/about")))
    page = fetcher.get("https://social.example/@ada/42")

`address_policy` decides where a fetch may go, `transport` connects to exactly the address that was decided
on, `body` reads what comes back within limits, `fetch` follows the redirects between them.
"""

from portal.kernel.fetcher.address_policy import FetchRefused
from portal.kernel.fetcher.fetch import (
    Conditional,
    Fetched,
    Fetcher,
    FetchPolicy,
    Resolved,
    user_agent,
)
from portal.kernel.fetcher.transport import FetchFailed

__all__ = [
    "Conditional",
    "FetchFailed",
    "FetchPolicy",
    "FetchRefused",
    "Fetched",
    "Fetcher",
    "Resolved",
    "user_agent",
]
