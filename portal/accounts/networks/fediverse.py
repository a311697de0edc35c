"""Servers of the fediverse: which one somebody means, what runs there, and whom it says we are speaking of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from portal.accounts.network_account import NetworkAccount
from portal.accounts.networks.calling import NotFoundThere, Wire, origin_of
from portal.accounts.ports import ID_LENGTH_MAX
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.kernel.storable import is_storable

CODE = "mastodon"
SPEAK_THE_API = frozenset({"mastodon", "mastodon-mock", "hometown", "glitchcafe"})
"""What servers that answer Mastodon's interface call themselves in nodeinfo."""
_NAMED = re.compile(r"(?:https?://)?(?:@?[\w.\-]{1,64}@)?([a-z0-9.\-]{1,253}(?::\d{2,5})?)(?:/[^\s]*)?", re.I | re.A)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63})")
_USERNAME = re.compile(r"\w(?:[\w.\-]{0,62}\w)?", re.A)


def server_named(wire: Wire, typed: str) -> str:
    """The origin of the server in what somebody typed: its name, its address, or a handle. Raises NotFoundThere."""
    named = _NAMED.fullmatch(typed.strip().removesuffix("."))
    host = named[1].lower() if named else ""
    origin = wire.origin_of_host(host)
    if not (_HOST.fullmatch(host) or (host and origin.startswith("http://"))):
        raise NotFoundThere("no_server")
    return origin


def home_of(wire: Wire, origin: str) -> str:
    """Where the server at `origin` really answers, if it speaks Mastodon's interface.

    A server may live below the name that its handles carry; its nodeinfo then leads there. Raises NotFoundThere
    for anything that is no such server, ProviderUnavailable when nothing answers.
    """
    try:
        index, home = wire.follow(f"{origin}/.well-known/nodeinfo")
        found = wire.ask_json(_latest_nodeinfo(index, home))
    except NotVouchedFor:
        raise NotFoundThere("not_mastodon") from None
    software = found.get("software")
    name = software.get("name") if isinstance(software, Mapping) else None
    if not isinstance(name, str) or name.lower() not in SPEAK_THE_API:
        raise NotFoundThere("not_mastodon")
    return home


def scope_for_profile(wire: Wire, origin: str) -> str:
    """The narrowest scope that tells who somebody is: `profile` since Mastodon 4.3, `read:accounts` before."""
    try:
        told = wire.ask_json(f"{origin}/.well-known/oauth-authorization-server")
    except (NotVouchedFor, ProviderUnavailable):
        return "read:accounts"  # older servers have no such document
    offered = told.get("scopes_supported")
    return "profile" if isinstance(offered, list) and "profile" in offered else "read:accounts"


def account_at(origin: str, told: Mapping[str, Any]) -> NetworkAccount:
    """The account that a server says a token is of. Raises NotVouchedFor for any but one of its own."""
    host = origin.partition("://")[2]
    subject, username, acct = (told.get(name) for name in ("id", "username", "acct"))
    if not isinstance(subject, str) or not 0 < len(subject) <= ID_LENGTH_MAX or not is_storable(subject):
        raise NotVouchedFor("no_subject")
    if not isinstance(username, str) or not _USERNAME.fullmatch(username):
        raise NotVouchedFor("no_name")
    if not isinstance(acct, str) or acct.lower() != username.lower():
        raise NotVouchedFor("account_of_another_server")
    if urlsplit(str(told.get("url") or "")).netloc.lower() != host:
        raise NotVouchedFor("account_of_another_server")
    return NetworkAccount(
        platform=CODE, host=host, name=username.lower(), external_id=subject, profile_url=f"{origin}/@{username}"
    )


def _latest_nodeinfo(index: Mapping[str, Any], home: str) -> str:
    """The newest document that the index names, on the same server. Raises NotVouchedFor."""
    links = index.get("links")
    named = [each.get("href") for each in links if isinstance(each, Mapping)] if isinstance(links, list) else []
    own = [href for href in named if isinstance(href, str) and origin_of(href).lower() == home]
    if not own:
        raise NotVouchedFor("no_nodeinfo")
    return own[-1]
