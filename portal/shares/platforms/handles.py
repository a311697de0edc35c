"""Reading what somebody typed as their account, where a network's accounts have a name and a page."""

from __future__ import annotations

import re
from collections.abc import Callable

from portal.accounts.ports import NotAProfile, ProfileAddress
from portal.shares.platforms.addresses import Address, NotAnAddress, read_address
from portal.shares.platforms.reading import Identified, Kind


def name_typed(
    typed: str,
    pattern: re.Pattern[str],
    identify: Callable[[Address], Identified | None],
    owns: Callable[[str], bool],
) -> str:
    """The account's name, out of the name itself (`pattern`, an @ before it or not) or its page's address, offline.

    `owns` says whether a host is the network's. Raises NotAProfile.
    """
    text = typed.strip()
    if pattern.fullmatch(text.removeprefix("@")):
        return text.removeprefix("@").lower()
    if "/" not in text:
        raise NotAProfile("not_a_handle")
    try:
        address = read_address(text)
    except NotAnAddress:
        raise NotAProfile("not_a_handle") from None
    found = identify(address) if owns(address.host) else None
    if found is None:
        raise NotAProfile("other_network")
    if found.kind is not Kind.PROFILE:
        raise NotAProfile("not_a_profile")
    return found.author


def page_of(platform: str, name: str, profile_url: str) -> ProfileAddress:
    """An account on a network that is at one place."""
    return ProfileAddress(platform, "", name, profile_url)
