"""Servers of federated networks that somebody named, instead of those that were asked what they run."""

from __future__ import annotations

from typing import Any

SPOKEN_OF_AS = {"fediverse": "mastodon"}
"""What a list may call software that answers Mastodon's interface."""


class KnownHosts:
    """What runs where, once and for all (reading.HostMemory)."""

    def __init__(self, software_by_host: dict[str, str]) -> None:
        self._software = software_by_host

    def software_of(self, host: str) -> str | None:
        return self._software.get(host)

    def remember(self, host: str, software: str) -> None:
        self._software[host] = software


def hosts_in(named: Any) -> dict[str, str]:
    """Software by host, of an object that has lists of hosts by software. Raises ValueError for anything else."""
    if not isinstance(named, dict):
        raise ValueError("This is no JSON object.")
    found: dict[str, str] = {}
    for software, hosts in named.items():
        if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
            raise ValueError(f"Under {software!r} there is no list of hosts.")
        for host in hosts:
            found[host.strip().lower().removesuffix(".")] = SPOKEN_OF_AS.get(software.lower(), software.lower())
    return found
