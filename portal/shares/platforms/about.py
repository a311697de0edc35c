"""What every network says of itself, and how its module speaks of an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import NOT_A_POST, PROFILE, SHORT_LINK, reason_of
from portal.shares.platforms.reading import Identified, Kind


@dataclass(frozen=True)
class About:
    """A network: its name, where it lives, and what can be known of its posts by which means."""

    code: str
    name: str
    hosts: frozenset[str]
    """Its domains, with everything below them; none for a network that can be anywhere."""
    without_key: str
    """What anybody may read of a public post, as short as it is true; empty for nothing."""
    with_key: str
    """What an operator's own key or approved app adds."""
    with_login: str
    """What the fan's own login on that network adds."""
    never: str
    """What is not to be learned by any of these: a person decides."""
    software: frozenset[str] = frozenset()
    """What servers of a network that can be anywhere call themselves in nodeinfo."""
    profile_form: str = ""
    """The address of somebody's page with `{name}` in it, where a bare name is enough to find it."""
    profile_example: str = ""
    """How an account is typed, where its name is not enough."""
    why_a_person: str = ""
    """Why a person reads its posts instead of this portal: `terms`, `no_api` or `members_only`; empty where we read.

    `no_key`: we would, had the operator a key.
    """

    def place(self, address: Address) -> tuple[str, str]:
        """The address's host as what stands before the network's domain, and that domain: ("de", "linkedin.com")."""
        before, domain = "", address.host
        while domain not in self.hosts:
            label, _dot, domain = domain.partition(".")
            before = f"{before}.{label}" if before else label
        return before, domain

    def post(
        self, canonical: str, post_id: str, *, author: str = "", posted_at: datetime | None = None, host: str = "",
        key: str = "",
    ) -> Identified:  # fmt: skip
        """A post. `key` is what makes it one post where `post_id` alone does not."""
        post_key = f"{self.code}:{key or post_id}"
        return Identified(self.code, Kind.POST, host, canonical, post_id, author, posted_at, post_key)

    def profile(self, canonical: str, author: str, *, host: str = "") -> Identified:
        """Somebody's page."""
        return Identified(self.code, Kind.PROFILE, host, canonical, "", author, reason=PROFILE)

    def short(self, canonical: str) -> Identified:
        """A link that has to be followed before anybody knows the post. Upper and lower case make two of them."""
        key = f"{self.code}:short:{canonical.removeprefix('https://')}"
        return Identified(self.code, Kind.SHORT, "", canonical, post_key=key, reason=SHORT_LINK)

    def other(self, reason: str = NOT_A_POST, *, host: str = "") -> Identified:
        """A page that is no post."""
        return Identified(self.code, Kind.OTHER, host, reason=reason)

    def page(self, address: Address, *, host: str = "") -> Identified:
        """A page that is no post, named by the words in its path."""
        return Identified(self.code, Kind.OTHER, host, reason=reason_of(address.segments))


class Identifier(Protocol):
    """A network whose addresses are understood. A module of this package is one by having both of these."""

    @property
    def ABOUT(self) -> About:  # noqa: N802  a constant of the module
        """What the network is."""

    def identify(self, address: Address) -> Identified | None:
        """What `address` is here; pure, and the same for its own `canonical`.

        Asked only for addresses at the network's hosts, or at servers that may be of it; None when, at such a
        server, nothing of this network looks like that.
        """
