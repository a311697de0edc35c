"""Reading a pasted address: what may be looked at, in one spelling, and what is refused with a reason.

Source of the rules: the WHATWG URL Standard for what browsers make of an address; UTS 39 for look-alike letters, which
we answer by refusing every host that is not plain ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from portal.kernel.fetcher.address_policy import FetchRefused, literal_address

LENGTH_MAX = 2000
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?!\d)")
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_HANDLE_ALONE = re.compile(r"@[\w.\-]+(?:@[\w.\-]+)?\Z")
_PORTS = {"http": 80, "https": 443}


class NotAnAddress(ValueError):
    """What was typed is no address of a web page; `reason_code` says why.

    empty, too_long, words, handle_only, hidden_characters, scheme, userinfo, port, ip_address, look_alike, no_host.
    """

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


@dataclass(frozen=True)
class Address:
    """A web address that is safe to reason about. `host` is lower case, without final dot, with an odd port kept."""

    scheme: str
    host: str
    segments: tuple[str, ...]
    query: dict[str, str] = field(hash=False)


def read_address(typed: str, *, local_origins: frozenset[str] = frozenset()) -> Address:
    """The address that somebody pasted. Raises NotAnAddress.

    `local_origins` are exact origins like http://127.0.0.1:8001 where a port and an IP address are meant to be.
    """
    text = _whole(typed)
    scheme, rest = _scheme_of(text)
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        port = parts.port
    except ValueError:
        raise NotAnAddress("words") from None
    if "@" in parts.netloc:
        raise NotAnAddress("userinfo")
    host = (parts.hostname or "").removesuffix(".")
    if not host:
        raise NotAnAddress("no_host")
    local = f"{scheme}://{host}" + (f":{port}" if port else "")
    if local in local_origins:
        host = local.removeprefix(f"{scheme}://")
    else:
        _check_host(host)
        if port is not None and port not in _PORTS.values():
            raise NotAnAddress("port")
    segments = tuple(part for part in parts.path.split("/") if part)
    return Address(scheme, host, segments, dict(reversed(parse_qsl(parts.query))))


def _whole(typed: str) -> str:
    text = typed.strip()
    if not text:
        raise NotAnAddress("empty")
    if len(text) > LENGTH_MAX:
        raise NotAnAddress("too_long")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for letter in text):
        raise NotAnAddress("hidden_characters")
    if _HANDLE_ALONE.match(text):
        raise NotAnAddress("handle_only")
    if any(letter.isspace() for letter in text):
        raise NotAnAddress("words")
    if "\\" in text:
        raise NotAnAddress("hidden_characters")
    return text


def _scheme_of(text: str) -> tuple[str, str]:
    """The scheme and all behind its colon; a bare `host/path` means https."""
    named = _SCHEME.match(text)
    if named is None:
        return "https", "//" + text.removeprefix("//")
    scheme = named[1].lower()
    if scheme not in _PORTS:
        raise NotAnAddress("scheme")
    rest = text[named.end() :]
    if not rest.startswith("//") or rest.startswith("///"):
        raise NotAnAddress("no_host")
    return scheme, rest


def _check_host(host: str) -> None:
    if not host.isascii() or "xn--" in host:
        raise NotAnAddress("look_alike")
    try:
        literal = literal_address(host)
    except FetchRefused:
        raise NotAnAddress("ip_address") from None
    if literal is not None:
        raise NotAnAddress("ip_address")
    if not _HOST.match(host):
        raise NotAnAddress("words")
