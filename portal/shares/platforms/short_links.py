"""Following a short link as far as the first address that is a post of its network, and no further."""

from __future__ import annotations

from portal.kernel.fetcher import Fetcher, FetchFailed, FetchRefused
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.addresses import NotAnAddress, read_address
from portal.shares.platforms.reading import Identified, Kind, Problem, Trouble, UnreadableError

SOURCE = "short_link"
_OUTAGES = frozenset({"dns", "connection", "tls", "timeout", "busy", "server_error"})
_STATUSES = {404: Trouble.GONE, 410: Trouble.GONE, 429: Trouble.RATE_LIMITED}


def followed(fetcher: Fetcher, known: Identifier, identified: Identified) -> Identified:
    """The post itself: `identified`, or what it leads to where it is a short link. Raises UnreadableError.

    The page of the post is not asked for. A link that ends somewhere else, a sign-in page for instance, says nothing
    about the post.
    """
    if identified.kind is not Kind.SHORT:
        return identified
    url = identified.canonical
    try:
        end = fetcher.resolve(url, until=lambda hop: hop != url and _post_at(known, hop) is not None)
    except FetchFailed as failed:
        trouble = Trouble.UNREACHABLE if failed.reason_code in _OUTAGES else Trouble.UNEXPECTED
        raise UnreadableError(Problem(trouble, SOURCE, url, failed.reason_code)) from None
    except FetchRefused:
        raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, url, "leads_away")) from None
    found = _post_at(known, end.final_url)
    if found is not None:
        return found
    status = end.status or 0
    trouble = Trouble.UNREACHABLE if status >= 500 else _STATUSES.get(status, Trouble.UNEXPECTED)
    raise UnreadableError(Problem(trouble, SOURCE, url, "leads_away" if status < 400 else f"status_{status}"))


def _post_at(known: Identifier, url: str) -> Identified | None:
    try:
        address = read_address(url)
    except NotAnAddress:
        return None
    if not any(address.host == host or address.host.endswith(f".{host}") for host in known.ABOUT.hosts):
        return None
    found = known.identify(address)
    return found if found and found.kind is Kind.POST else None
