"""What accounts need from a room above: somebody who knows social networks and can read a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from flask_babel.speaklater import LazyString

from portal.kernel.storable import is_storable

ID_LENGTH_MAX = 255
"""Of the id that a network gives an account."""


@dataclass(frozen=True)
class Network:
    """A network that a handle can be added on."""

    code: str
    name: str | LazyString
    """Its own, the same in every language; only what is no network has a translated one."""
    federated: bool
    """Handles name their server, like @ada@social.example."""
    example: str
    can_prove_by_code: bool
    can_count: bool = False
    """It tells anybody when an account's public posts were made, so that they can be counted."""


@dataclass(frozen=True)
class ProfileAddress:
    """What somebody typed, understood as an account."""

    platform: str
    host: str
    name: str
    profile_url: str


@dataclass(frozen=True)
class Profile:
    """A public profile as it was just read."""

    external_id: str
    name: str
    text: str
    """Everything in which a code may stand: bio and profile fields, as plain text."""
    followers: int | None

    def __post_init__(self) -> None:
        """Raises ValueError for an id that no handle could keep."""
        if len(self.external_id) > ID_LENGTH_MAX or not is_storable(self.external_id):
            raise ValueError("an account's id can't be kept")


class ProfileUnreadable(Exception):
    """The profile could not be read; `reason_code`: not_found, not_public, unreachable, rate_limited, unsupported."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


class NotAProfile(Exception):
    """What was typed is no account on that network; `reason_code` says why."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


@dataclass(frozen=True)
class PostAddress:
    """A post that staff named, understood."""

    platform: str
    url: str
    """Canonical."""
    key: str
    """What makes it one post."""


class NotAPostAddress(Exception):
    """What was typed is no post's address; `sentence` says what it is instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NetworkGuide(Protocol):
    """The shares room."""

    def networks(self) -> list[Network]:
        """All that a handle can be added on, in the order to show them."""

    def names(self) -> Mapping[str, str]:
        """By code, as the reader's language says them."""

    def understand(self, platform: str, typed: str) -> ProfileAddress:
        """Read `typed` (a handle or a profile's address), offline. Raises NotAProfile."""

    def read_profile(self, platform: str, host: str, name: str) -> Profile:
        """Fetch it now; no transaction may be open. Raises ProfileUnreadable."""

    def post_at(self, typed: str) -> PostAddress:
        """The post at an address, offline. Raises NotAPostAddress, also for a short link."""


_guide: NetworkGuide | None = None


def use_network_guide(guide: NetworkGuide) -> None:
    """Called once, when the shares room starts."""
    global _guide
    _guide = guide


def network_guide() -> NetworkGuide:
    """The guide. Raises LookupError in an app that has none."""
    if _guide is None:
        raise LookupError("No network guide is registered.")
    return _guide


def countable_networks() -> frozenset[str]:
    """The codes of those where public posts can be counted; none in an app without a guide."""
    return frozenset(network.code for network in _guide.networks() if network.can_count) if _guide else frozenset()


def network_names() -> Mapping[str, str]:
    """The networks' names by code, as the reader's language says them; none in an app without a guide."""
    return _guide.names() if _guide is not None else {}
