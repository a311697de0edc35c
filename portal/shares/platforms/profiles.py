"""What somebody typed as their account on a network that lives at hosts of its own: a name, or their page's address."""

from __future__ import annotations

import re

from portal.accounts.ports import Network, NotAProfile, ProfileAddress
from portal.shares.platforms.about import About, Identifier
from portal.shares.platforms.addresses import NotAnAddress, read_address
from portal.shares.platforms.reading import Kind

NAME_LENGTH_MAX = 255
"""As many as a handle keeps."""
_BARE = re.compile(r"@?(?P<name>[\w.-]{1,100})\Z", re.A)
_EXAMPLE_NAME = "ada_mends"


def understand_profile(known: Identifier, typed: str) -> ProfileAddress:
    """The account that `typed` names, offline. Raises NotAProfile."""
    about, text = known.ABOUT, typed.strip()
    bare = _BARE.match(text)
    if bare and _is_at(about, bare["name"].lower()):
        text = bare["name"]
    elif bare and about.profile_form:
        text = about.profile_form.format(name=bare["name"])
    try:
        address = read_address(text)
    except NotAnAddress:
        raise NotAProfile("not_a_handle") from None
    if about.hosts and not _is_at(about, address.host):
        raise NotAProfile("other_network" if "/" in text else "not_a_handle")
    found = known.identify(address)
    if found is None or found.kind is not Kind.PROFILE:
        raise NotAProfile("not_a_handle" if "/" not in typed else "not_a_profile")
    name = found.author.removeprefix("@")
    if not name or len(name) > NAME_LENGTH_MAX:
        raise NotAProfile("not_a_handle")
    return ProfileAddress(about.code, found.host, name, found.canonical)


def guide_of(about: About, *, can_prove_by_code: bool) -> Network:
    """How the network is offered where a handle is added."""
    example = about.profile_example or about.profile_form.format(name=_EXAMPLE_NAME)
    example = example.removeprefix("https://").removeprefix("www.").rstrip("/")
    return Network(about.code, about.name, bool(about.software), example, can_prove_by_code)


def _is_at(about: About, host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in about.hosts)
