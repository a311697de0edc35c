"""The one way out to pages that strangers name: it reaches the public web and nothing else.

    fetcher = Fetcher(FetchPolicy(user_agent=user_agent("1.0", "https://portal.example/about")))
    page = fetcher.get("https://social.example/@ada/42")
    told = fetcher.call(Api("https://api.social.example", {"Authorization": "Bearer …"}), "GET", "/posts/42")

`address_policy` decides where a fetch may go, `transport` connects to exactly the address that was decided
on, `manners` waits for a turn there, `body` reads what comes back within limits, `answers` says what it means, and
`fetch` follows the redirects between them. `robots` keeps us out of pages whose site minds, `remembered` keeps answers
for the next time, `api` names the few origins that get a header of ours.
"""

from portal.kernel.fetcher.address_policy import FetchRefused
from portal.kernel.fetcher.answers import Conditional, Fetched, Resolved
from portal.kernel.fetcher.api import Api
from portal.kernel.fetcher.body import read_json
from portal.kernel.fetcher.fetch import Fetcher
from portal.kernel.fetcher.policy import FetchPolicy, user_agent
from portal.kernel.fetcher.remembered import Remembered
from portal.kernel.fetcher.transport import FetchFailed

__all__ = [
    "Api",
    "Conditional",
    "FetchFailed",
    "FetchPolicy",
    "FetchRefused",
    "Fetched",
    "Fetcher",
    "Remembered",
    "Resolved",
    "read_json",
    "user_agent",
]
