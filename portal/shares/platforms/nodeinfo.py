"""What runs at a host that anybody may have: it says so itself, by nodeinfo.

Source: nodeinfo.diaspora.software (`/.well-known/nodeinfo` names the document, whose `software.name` is meant).
"""

from __future__ import annotations

from portal.kernel.fetcher import Fetcher
from portal.kernel.storable import storable
from portal.shares.platforms.fetching import OTHER_SHAPE, get_json
from portal.shares.platforms.reading import HostMemory, Problem, Trouble, UnreadableError

SOURCE = "nodeinfo"


def make_sure_it_runs(fetcher: Fetcher, hosts: HostMemory, origin: str, host: str, software: frozenset[str]) -> None:
    """Raises UnreadableError when `host` runs something else, or can't tell us now."""
    found = hosts.software_of(host)
    if found is None:
        found = _ask(fetcher, origin)
        hosts.remember(host, found)
    if found not in software:
        raise UnreadableError(Problem(Trouble.WRONG_NETWORK, SOURCE, origin, found))


def _ask(fetcher: Fetcher, origin: str) -> str:
    try:
        index = get_json(fetcher, f"{origin}/.well-known/nodeinfo", source=SOURCE)
        links = [each["href"] for each in index["links"] if "nodeinfo" in str(each.get("rel", ""))]
        found = get_json(fetcher, str(links[-1]), source=SOURCE)
        return storable(str(found["software"]["name"]).lower()[:40])
    except UnreadableError as unreadable:
        if unreadable.problem.trouble in (Trouble.GONE, Trouble.UNEXPECTED) and not unreadable.problem.is_outage:
            return ""
        raise
    except OTHER_SHAPE:
        return ""
