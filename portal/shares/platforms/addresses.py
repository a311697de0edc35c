"""Reading a pasted address: what may be looked at, in one spelling, and what is refused with a reason.

Source of the rules: the WHATWG URL Standard for what browsers make of an address; UTS 39 for look-alike letters, which
we answer by refusing every host that is not plain ASCII; the AT URI scheme (atproto.com/specs/at-uri-scheme).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from portal.kernel.fetcher.address_policy import FetchRefused, literal_address
from portal.shares.platforms.pasted import the_address_in, without_marks

LENGTH_MAX = 2000
_PLAIN = re.compile(r"[!-\[\]-~]+\Z")
"""Printable ASCII without space and backslash: most addresses, that need no look at each character."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?!\d)")
_ENCODED_WHOLE = re.compile(r"https?(?:%3a%2f%2f|%3a//|:%2f%2f)", re.I)
_AT_URI = re.compile(r"at://([^/?#]+)/app\.bsky\.feed\.post/([^/?#]+)", re.I)
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_HANDLE_ALONE = re.compile(r"@[\w.\-]+(?:@[\w.\-]+)?\Z")
_PORTS = {"http": 80, "https": 443}
_UNSEEN = " \t\r\n\u200b\u200e\u200f\ufeff"


class NotAnAddress(ValueError):
    """What was typed is no address of a web page; `reason_code` says why.

    empty, too_long, words, handle_only, hidden_characters, scheme, userinfo, port, ip_address, look_alike, no_host.
    """

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


@dataclass(frozen=True, slots=True)
class Address:
    """A web address that is safe to reason about. `host` is lower case, without final dot, with an odd port kept."""

    scheme: str
    host: str
    segments: tuple[str, ...]
    """The path between its slashes, percent-decoded: a segment may hold any character, a slash too."""
    path: str
    """The segments with one slash between them, and none around them."""
    query: dict[str, str] = field(hash=False)
    """Of a parameter that is named twice, the first."""


def read_address(typed: str, *, local_origins: frozenset[str] = frozenset()) -> Address:
    """The address that somebody pasted, alone or with words around it. Raises NotAnAddress.

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
    if local_origins and (local := f"{scheme}://{host}" + (f":{port}" if port else "")) in local_origins:
        host = local.removeprefix(f"{scheme}://")
    else:
        problem = _problem_with(host)
        if problem:
            raise NotAnAddress(problem)
        if port is not None and port not in _PORTS.values():
            raise NotAnAddress("port")
    path = parts.path
    if parts.fragment.startswith("!/") and path in ("", "/"):
        path = parts.fragment[1:]  # how applications in one page used to be addressed: /#!/ada/status/1
    segments = tuple(part for part in path.split("/") if part)
    if "%" in path or "/." in path:
        segments = _decoded(segments)
    query = dict(reversed(parse_qsl(parts.query))) if parts.query else {}
    return Address(scheme, host, segments, "/".join(segments), query)


def _whole(typed: str) -> str:
    text = typed.strip()
    if not text:
        raise NotAnAddress("empty")
    if len(text) > LENGTH_MAX:
        raise NotAnAddress("too_long")
    if not _PLAIN.match(text) and text.split(None, 1) != [text]:
        found = the_address_in(text)
        if found is None:
            raise NotAnAddress("words")
        text = found
    text = without_marks(text)
    if _ENCODED_WHOLE.match(text):
        text = unquote(text)
    if _HANDLE_ALONE.match(text):
        raise NotAnAddress("handle_only")
    if not _PLAIN.match(text) and any(_is_hidden(letter) for letter in text):
        raise NotAnAddress("hidden_characters")
    return text


def _is_hidden(letter: str) -> bool:
    """Control, format and private characters; and the backslash, which browsers read as a slash."""
    return letter == "\\" or unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _scheme_of(text: str) -> tuple[str, str]:
    """The scheme and all behind its colon; a bare `host/path` means https."""
    named = _SCHEME.match(text)
    if named is None:
        return "https", "//" + text.removeprefix("//")
    scheme = named[1].lower()
    if scheme == "at" and (post := _AT_URI.match(text)):
        return "https", f"//bsky.app/profile/{post[1]}/post/{post[2]}"
    if scheme not in _PORTS:
        raise NotAnAddress("scheme")
    rest = text[named.end() :]
    if not rest.startswith("//") or rest.startswith("///"):
        raise NotAnAddress("no_host")
    return scheme, rest


@lru_cache(maxsize=8192)
def _problem_with(host: str) -> str:
    """Why no post can live at `host`; empty when one can."""
    if not host.isascii() or "xn--" in host:
        return "look_alike"
    try:
        if literal_address(host) is not None:
            return "ip_address"
    except FetchRefused:
        return "ip_address"
    return "" if _HOST.match(host) else "words"


def _decoded(segments: tuple[str, ...]) -> tuple[str, ...]:
    """Percent-encoding undone, once; `.` and `..` followed as a browser does; blanks around a segment dropped."""
    walked: list[str] = []
    for segment in segments:
        plain = unquote(segment).strip(_UNSEEN)
        if plain == "..":
            del walked[-1:]
        elif plain not in ("", "."):
            walked.append(plain)
    return tuple(walked)
