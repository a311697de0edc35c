"""What networks have in common whose servers anybody can run: where a server is, whom an account is of, and copies.

A server speaks for its own posts and accounts alone. What it shows of another server's is a copy, so the original is
asked for instead; and what a post is of is decided by the server that was asked, not by an address in its answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from portal.accounts.ports import Network, NotAProfile, Profile, ProfileAddress
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.addresses import NotAnAddress, read_address
from portal.shares.platforms.fetching import profile_by, reading_by
from portal.shares.platforms.profiles import understand_profile
from portal.shares.platforms.reading import (
    HostMemory,
    Identified,
    Kind,
    Problem,
    Reading,
    Trouble,
    UnreadableError,
)


class ServerReader(ABC):
    """Posts and profiles by a server's own interface (platforms.reading.Reader), without a key.

    A network says how its own answers are taken apart, and may raise UnreadableError or any of OTHER_SHAPE.
    """

    guide: Network

    def __init__(self, known: Identifier, hosts: HostMemory, *, source: str) -> None:
        self._known, self._hosts, self._source = known, hosts, source

    def understand(self, typed: str) -> ProfileAddress:
        return understand_account(self._known, typed)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(lambda: self._post(fetcher, identified), source=self._source, url=identified.canonical)

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: self._profile(fetcher, host, name))

    @abstractmethod
    def _post(self, fetcher: Fetcher, identified: Identified) -> Reading: ...

    @abstractmethod
    def _profile(self, fetcher: Fetcher, host: str, name: str) -> Profile: ...


def original_of(url: str, known: Identifier, *, asked_host: str, source: str) -> Identified:
    """The post at its own server, of which a copy was found at `asked_host`. Raises UnreadableError if that is none."""
    try:
        address = read_address(url)
    except NotAnAddress:
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url[:500], "copy_of_unreadable")) from None
    original = known.identify(address)
    if original is None or original.kind is not Kind.POST or original.host == asked_host:
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url[:500], "copy_of_unreadable"))
    return original


def understand_account(known: Identifier, typed: str) -> ProfileAddress:
    """An account as `@name@server`, or as the address of its page. Raises NotAProfile."""
    text = typed.strip()
    if "/" not in text:
        name, _, home = text.removeprefix("@").rpartition("@")
        if not name:
            raise NotAProfile("server_missing" if home else "not_a_handle")
        for form in ("u", "a"):
            try:
                return understand_profile(known, f"https://{home}/{form}/{name}")
            except NotAProfile:
                continue
        raise NotAProfile("not_a_handle")
    found = understand_profile(known, text)
    name, _, home = found.name.partition("@")
    return understand_account(known, f"@{name}@{home}") if home else found
