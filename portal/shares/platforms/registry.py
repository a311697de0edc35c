"""The networks of one app: what pasted addresses are, and the posts of those networks that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from config import Settings
from portal.accounts.ports import Network, NotAProfile, Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Fetcher
from portal.kernel.locale import once_a_language
from portal.shares.platforms import web
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address, NotAnAddress, read_address
from portal.shares.platforms.by_person import ByPerson
from portal.shares.platforms.comments import CommentAddress, comment_at
from portal.shares.platforms.directory import Directory, identifiers, network_modules
from portal.shares.platforms.pace import Account, Pace, PostCounter, count_since, pace_by
from portal.shares.platforms.pages import PROFILE, REDIRECTOR, SEARCH, SHARE_DIALOG, SIGN_IN
from portal.shares.platforms.reading import HostMemory, Identified, Kind, Problem, Reader, Reading, Trouble
from portal.shares.platforms.short_links import followed


class NotAPost(ValueError):
    """What was pasted can't be handed in. `reason_code` says why, `details` fill its sentence."""

    def __init__(self, reason_code: str, **details: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.details = details


_TOLD_APART = frozenset({PROFILE, REDIRECTOR, SEARCH, SHARE_DIALOG, SIGN_IN})
"""Pages of a network that fans get a sentence of their own for."""


class Networks:
    """The networks of one app. Each module with `ABOUT` is one; those that offer `reader(settings, hosts)` are read.

    Posts of the others can be handed in all the same: a person reads them.
    """

    def __init__(self, settings: Settings, hosts: HostMemory) -> None:
        self._local_origins = frozenset(settings.fetch_allow) | (
            frozenset({settings.sandbox_url}) if settings.sandbox else frozenset()
        )
        self._hosts = hosts
        self._own_host = settings.public_url.partition("://")[2]
        self._origins = self._local_origins | {settings.public_url}
        self._directory = Directory(identifiers(settings, hosts), hosts)
        self._readers: dict[str, Reader] = {}
        for module in network_modules():
            make = getattr(module, "reader", None)
            reader = make(settings, hosts) if make else None
            if reader is not None and reader.guide.code not in settings.networks_by_person:
                self._readers[reader.guide.code] = reader
        self._read = frozenset(self._readers)
        for code, known in self._directory.by_code.items():
            if code != web.ABOUT.code:
                self._readers.setdefault(code, ByPerson(known))
        self._guides = sorted((reader.guide for reader in self._readers.values()), key=lambda guide: guide.name)
        self.names = once_a_language(self._names)
        """Those of `guides` by code, as the reader's language says them."""

    def look_at(self, typed: str) -> Identified:
        """What was pasted, as far as can be said offline and for certain. Never raises: its reason says what it is.

        `platform` is empty for what is no address, and `web` for a page of none of the networks.
        """
        try:
            address = self._address(typed)
        except NotAPost as not_one:
            return Identified("", Kind.OTHER, reason=not_one.reason_code)
        return self._directory.identify(address)

    def identify(self, typed: str) -> Identified:
        """What was pasted, as far as can be said offline: a post or a short link. Raises NotAPost for all else."""
        address = self._address(typed)
        found = self._directory.identify(address)
        if found.platform == web.ABOUT.code:
            found = self._guess(address) or found
        if found.platform == web.ABOUT.code:
            return self._only_a_page(found)
        if found.platform in self._readers:
            return self._only_a_post(found)
        raise NotAPost(_WITHOUT_NETWORK.get(found.reason, "unknown_page"))

    def comment_at(self, typed: str) -> CommentAddress | None:
        """The comment that was pasted, on a network where it is no post of its own. Raises NotAPost for no address."""
        address = self._address(typed)
        return comment_at(address, self._directory.identify(address))

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        """Fetch the post now; no transaction may be open."""
        return self._readers[identified.platform].read_post(fetcher, identified)

    def follow(self, fetcher: Fetcher, identified: Identified) -> Identified:
        """The post that a short link leads to, on a network that this portal reads itself; all else as it is.

        Raises UnreadableError.
        """
        if identified.platform not in self._read:
            return identified
        return followed(fetcher, self._directory.by_code[identified.platform], identified)

    def name_of(self, platform: str) -> str:
        """What people call the network; its code where it is not known any more."""
        known = self._directory.by_code.get(platform)
        return known.ABOUT.name if known else platform.capitalize()

    def knows(self, platform: str) -> bool:
        """Can posts of it be handed in?"""
        return platform in self._readers

    def reads(self, platform: str) -> bool:
        """Does this portal read posts there itself, instead of leaving them to a person?"""
        return platform in self._read

    def about(self) -> list[About]:
        """All networks whose addresses are understood, by name."""
        return self._directory.about()

    def guides(self) -> list[Network]:
        """All networks whose posts can be handed in, by name."""
        return list(self._guides)

    def _names(self) -> Mapping[str, str]:
        return {guide.code: str(guide.name) for guide in self._guides}

    def understand(self, platform: str, typed: str) -> ProfileAddress:
        """Raises NotAProfile."""
        if platform not in self._readers:
            raise NotAProfile("unsupported")
        found = self._readers[platform].understand(typed)
        owner = self._directory.owner_of(found.host)
        if owner is not None and owner.ABOUT.code != platform:
            raise NotAProfile("other_network")
        return found

    def read_profile(self, fetcher: Fetcher, platform: str, host: str, name: str) -> Profile:
        """Raises ProfileUnreadable."""
        if platform not in self._readers:
            raise ProfileUnreadable("unsupported")
        return self._readers[platform].read_profile(fetcher, host, name)

    def count_posts(self, fetcher: Fetcher, account: Account, since: datetime) -> Pace | Problem:
        """How many public posts it made since then, asked for now; no transaction may be open."""
        reader = self._readers.get(account.platform)
        if not isinstance(reader, PostCounter):
            return Problem(Trouble.NO_WAY, account.platform, "", "not_counted")
        return pace_by(lambda: count_since(reader.pages_of_posts(fetcher, account), since), account)

    def _address(self, typed: str) -> Address:
        """Raises NotAPost."""
        try:
            address = read_address(typed, local_origins=self._origins)
        except NotAnAddress as not_one:
            raise NotAPost(not_one.reason_code) from None
        if address.host == self._own_host:
            raise NotAPost("own_link")
        return address

    def _guess(self, address: Address) -> Identified | None:
        """At a server that nobody has asked yet, what looks like a post or profile of a network that can be anywhere.

        Whether it is one turns out when it is read.
        """
        runs = self._hosts.software_of(address.host)
        for code in sorted(self._read):
            known = self._directory.by_code[code]
            if runs is not None and runs not in known.ABOUT.software:
                continue
            found = known.identify(address) if known.ABOUT.software else None
            if found is not None and found.kind is not Kind.OTHER:
                return found
        return None

    def _only_a_page(self, found: Identified) -> Identified:
        """A page of no network counts as a post, unless it is where a site begins."""
        if urlsplit(found.canonical).path in ("", "/"):
            raise NotAPost("unknown_page")
        return replace(found, kind=Kind.POST, reason="")

    def _only_a_post(self, found: Identified) -> Identified:
        if found.kind in (Kind.POST, Kind.SHORT):
            return found
        reason = found.reason if found.reason in _TOLD_APART else "not_a_post"
        raise NotAPost(reason, network=self.name_of(found.platform))


_WITHOUT_NETWORK = {"redirector": "redirector", "copy": "redirector", "look_alike": "unknown_page"}
