"""All networks whose addresses are understood, and who of them answers for an address."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import cast

from config import Settings
from portal.shares import platforms
from portal.shares.platforms import web
from portal.shares.platforms.about import About, Identifier
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.elsewhere import LookAlikes, elsewhere
from portal.shares.platforms.pages import LOOK_ALIKE
from portal.shares.platforms.reading import HostMemory, Identified, Kind


def network_modules() -> list[ModuleType]:
    """The modules of this package that are networks: each has `ABOUT`."""
    modules = (
        import_module(f"{platforms.__name__}.{found.name}") for found in pkgutil.iter_modules(platforms.__path__)
    )
    return [module for module in modules if hasattr(module, "ABOUT")]


def identifiers(settings: Settings, hosts: HostMemory) -> list[Identifier]:
    """The networks of one app. A module that needs settings or memory offers `identifier(settings, hosts)`, which
    gives None where there is no such network; any other is its own identifier."""
    found = []
    for module in network_modules():
        make = getattr(module, "identifier", None)
        one = make(settings, hosts) if make else cast("Identifier", module)
        if one is not None:
            found.append(one)
    return found


class Directory:
    """Who answers for an address: one look-up by host, then by what is known to run there."""

    def __init__(self, known: Iterable[Identifier], hosts: HostMemory) -> None:
        self._hosts = hosts
        self.by_code = {each.ABOUT.code: each for each in known}
        self._by_domain = {domain: each for each in self.by_code.values() for domain in each.ABOUT.hosts}
        self._by_software = {name: each for each in self.by_code.values() for name in each.ABOUT.software}
        self._look_alikes = LookAlikes(self._by_domain)

    def identify(self, address: Address) -> Identified:
        """What `address` is; a page of `web` where it is none of the networks."""
        owner = self.owner_of(address.host) or self._server_at(address.host)
        found = owner.identify(address) if owner else None
        return found or self._of_nobody(address)

    def owner_of(self, host: str) -> Identifier | None:
        """The network that has `host`, or a domain above it, for its own. Never by a mere ending."""
        while host:
            owner = self._by_domain.get(host)
            if owner is not None:
                return owner
            host = host.partition(".")[2]
        return None

    def about(self) -> list[About]:
        """All networks, by name; the web page last."""
        found = [each.ABOUT for each in self.by_code.values()]
        return sorted(found, key=lambda about: (about.code == web.ABOUT.code, about.name.lower()))

    def _server_at(self, host: str) -> Identifier | None:
        software = self._hosts.software_of(host)
        return self._by_software.get(software) if software else None

    def _of_nobody(self, address: Address) -> Identified:
        first = address.segments[0].lower() if address.segments else ""
        reason = elsewhere(address.host, first) or (LOOK_ALIKE if self._look_alikes.resembles(address.host) else "")
        return Identified("", Kind.OTHER, reason=reason) if reason else web.identify(address)
