"""Is an address one of a data centre? By ranges that the operator gives, since nobody's list stays true for long.

Clouds publish theirs (AWS ip-ranges.json, Google cloud.json); a file of them is named in `PORTAL_DATA_CENTRE_RANGES`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import collapse_addresses, ip_address, ip_network
from pathlib import Path
from typing import Self


class DataCentres:
    """Ranges of addresses, looked up by halving."""

    def __init__(self, ranges: Iterable[str]) -> None:
        """Raises ValueError for what is no range."""
        networks = [ip_network(each, strict=False) for each in ranges]
        spans: list[tuple[int, int, int]] = []
        for version in (4, 6):
            of_version = [network for network in networks if network.version == version]
            spans += [
                (version, int(each.network_address), int(each.broadcast_address))
                for each in collapse_addresses(of_version)  # type: ignore[type-var]  # all of one version
            ]
        self._spans = sorted(spans)

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """From a file with a CIDR on each line, `#` before remarks; none without a file."""
        lines = path.read_text().splitlines() if path else []
        return cls(words for line in lines if (words := line.partition("#")[0].strip()))

    def holds(self, address: str) -> bool:
        """Is `address` in one of the ranges? What is no address is in none."""
        if not self._spans:
            return False
        try:
            found = ip_address(address)
        except ValueError:
            return False
        at = bisect_right(self._spans, (found.version, int(found), 1 << 128)) - 1
        if at < 0:
            return False
        version, _first, last = self._spans[at]
        return version == found.version and int(found) <= last
