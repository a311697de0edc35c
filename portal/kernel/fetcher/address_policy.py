"""Where a fetch may go: pure decisions about URLs and addresses, no network.

Python's `ipaddress.is_global` is not enough: in 3.11 it lets NAT64, 6to4, Teredo, IPv4-compatible, site-local
and multicast addresses pass, each of which can end at a machine of ours. So the policy is written out. For
IPv6 it is an allow-list: the one block that is handed out to the public, less the parts of it that are not.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; OWASP cheat sheet on server-side request
forgery.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

URL_CHARACTERS_MAX = 4096
DEFAULT_PORTS = {"http": 80, "https": 443}

Address = IPv4Address | IPv6Address

CLOSED_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' shared space
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112, answered by whoever is near
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
PUBLIC_IPV6 = IPv6Network("2000::/3")
CLOSED_IPV6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the 6bone, returned
        "3fff::/20",  # documentation
    )
)

# inet_aton() reads "127.1", "0x7f000001", "017700000001" and "2130706433" as addresses; so do resolvers.
_LAST_LABEL_IS_NUMERIC = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?$")


class FetchRefused(Exception):
    """We will not go there, and asking again changes nothing.

    `reason_code`: malformed, scheme, userinfo, port, address_spelling, address, other_origin, redirected, robots.
    """

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


def is_public(address: Address) -> bool:
    """Is this a unicast address of the public internet, in no disguise?"""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in CLOSED_IPV4)
    if address.scope_id is not None or address not in PUBLIC_IPV6:
        return False
    return not any(address in block for block in CLOSED_IPV6)


def literal_address(host: str) -> Address | None:
    """The address that `host` plainly is, or None for a name.

    Raises FetchRefused("address_spelling") for an address in any spelling but the canonical one.
    """
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host or "%" in host or _LAST_LABEL_IS_NUMERIC.search(host):
            raise FetchRefused("address_spelling") from None
        return None


def parse_target(url: str) -> httpx.URL:
    """`url` without its fragment, ready to be requested; every later step reads this one parse.

    Raises FetchRefused when it can't be a page of the public web by its form alone.
    """
    if len(url) > URL_CHARACTERS_MAX:
        raise FetchRefused("malformed")
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise FetchRefused("malformed") from None
    if target.scheme not in DEFAULT_PORTS:
        raise FetchRefused("scheme" if target.scheme else "malformed")
    if target.userinfo:
        raise FetchRefused("userinfo")
    if not target.raw_host:
        raise FetchRefused("malformed")
    return target.copy_with(fragment=None)


def port_of(target: httpx.URL) -> int:
    """The TCP port that `target` means."""
    return target.port or DEFAULT_PORTS[target.scheme]


def origin_of(target: httpx.URL) -> str:
    """Scheme, host and port with nothing left out, so that equal origins are equal strings."""
    return f"{target.scheme}://{target.raw_host.decode('ascii')}:{port_of(target)}"


def origin_from_setting(value: str) -> str:
    """An entry of the allow-list as `origin_of` writes it.

    Raises ValueError when it says more or less than an origin.
    """
    try:
        target = parse_target(value)
    except FetchRefused:
        raise ValueError(f"{value!r} is not an origin like http://127.0.0.1:8001") from None
    if target.raw_path != b"/":
        raise ValueError(f"{value!r} has a path; an origin ends with its port")
    return origin_of(target)


def check_form(target: httpx.URL) -> None:
    """Refuse what needs no resolver to be refused: a port beside 80 and 443, an address that is not public.

    Raises FetchRefused.
    """
    if port_of(target) not in DEFAULT_PORTS.values():
        raise FetchRefused("port")
    address = literal_address(target.raw_host.decode("ascii"))
    if address is not None and not is_public(address):
        raise FetchRefused("address")
