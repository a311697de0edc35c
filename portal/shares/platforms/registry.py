"""All networks that can be read: each module of this package that offers `network(settings, hosts)`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from config import Settings
from portal.accounts.ports import Network, NotAProfile, Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Fetcher
from portal.shares import platforms
from portal.shares.platforms.addresses import NotAnAddress, read_address
from portal.shares.platforms.reading import HostMemory, Identified, Kind, NetworkModule, Reading
from portal.shares.platforms.unread import is_below, is_redirector, name_of_unread


class NotAPost(ValueError):
    """What was pasted can't be handed in. `reason_code` says why, `details` fill its sentence."""

    def __init__(self, reason_code: str, **details: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.details = details


class Networks:
    """The networks of one app."""

    def __init__(self, settings: Settings, hosts: HostMemory) -> None:
        self._local_origins = frozenset(settings.fetch_allow) | (
            frozenset({settings.sandbox_url}) if settings.sandbox else frozenset()
        )
        self._own_host = settings.public_url.partition("://")[2]
        self._own_url = settings.public_url
        self._modules: dict[str, NetworkModule] = {}
        for found in pkgutil.iter_modules(platforms.__path__):
            make = getattr(import_module(f"{platforms.__name__}.{found.name}"), "network", None)
            module = make(settings, hosts) if make else None
            if module is not None:
                self._modules[module.guide.code] = module
        # A network with hosts of its own is asked before one that can be anywhere.
        self._asked = sorted(self._modules.values(), key=lambda module: (module.guide.federated, module.guide.code))

    def identify(self, typed: str) -> Identified:
        """What was pasted, as far as can be said offline: a post or a short link. Raises NotAPost for all else."""
        try:
            address = read_address(typed, local_origins=self._local_origins | {self._own_url})
        except NotAnAddress as not_one:
            raise NotAPost(not_one.reason_code) from None
        if address.host == self._own_host:
            raise NotAPost("own_link")
        for module in self._asked:
            found = module.identify(address)
            if found is not None:
                return _only_a_post(found, module.guide.name)
        unread = name_of_unread(address.host)
        if unread is not None:
            raise NotAPost("network_not_yet", network=unread)
        if is_redirector(address.host) or is_below(address.host, "amp.dev"):
            raise NotAPost("redirector")
        raise NotAPost("unknown_page")

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        """Fetch the post now; no transaction may be open."""
        return self._modules[identified.platform].read_post(fetcher, identified)

    def name_of(self, platform: str) -> str:
        """What people call the network; its code where it is not known any more."""
        module = self._modules.get(platform)
        return module.guide.name if module else platform.capitalize()

    def knows(self, platform: str) -> bool:
        return platform in self._modules

    def guides(self) -> list[Network]:
        """All networks, by name."""
        return sorted((module.guide for module in self._modules.values()), key=lambda guide: guide.name)

    def understand(self, platform: str, typed: str) -> ProfileAddress:
        """Raises NotAProfile."""
        if platform not in self._modules:
            raise NotAProfile("unsupported")
        return self._modules[platform].understand(typed)

    def read_profile(self, fetcher: Fetcher, platform: str, host: str, name: str) -> Profile:
        """Raises ProfileUnreadable."""
        if platform not in self._modules:
            raise ProfileUnreadable("unsupported")
        return self._modules[platform].read_profile(fetcher, host, name)


def _only_a_post(found: Identified, network: str) -> Identified:
    if found.kind in (Kind.POST, Kind.SHORT):
        return found
    reason = "not_a_post" if found.kind is Kind.OTHER else str(found.kind)
    raise NotAPost(reason, network=network)
