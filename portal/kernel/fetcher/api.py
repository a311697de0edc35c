"""A network's interface that is asked with credentials: the only way for a header of ours to leave this machine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from portal.kernel.fetcher.address_policy import FetchRefused, origin_from_setting, origin_of, parse_target

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}\Z")
_VALUE = re.compile(r"[!-~](?:[ -~]{0,16382}[!-~])?\Z")
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
"""Headers that say how a request is framed, or who we are."""


@dataclass(frozen=True)
class Api:
    """One origin, named in our own code or settings, and the credentials that are meant for it alone.

        x = Api("https://api.x.example", {"Authorization": f"Bearer {key}"})
        fetcher.call(x, "GET", "/2/posts/1?fields=text")

    A caller gives a path, never an address, so what a fan pasted can't choose who gets the credentials. Raises
    ValueError for an origin that is none, and for a header that is not a caller's to set.
    """

    origin: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", origin_from_setting(self.origin))
        checked(self.headers)

    def target(self, path: str) -> httpx.URL:
        """The address of `path` at this origin. Raises FetchRefused where it would be one of somebody else."""
        if not path.startswith("/"):
            raise FetchRefused("other_origin")
        target = parse_target(f"{self.origin}{path}")
        if origin_of(target) != self.origin:
            raise FetchRefused("other_origin")
        return target


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers, each with one line and a name that callers may set. Raises ValueError, without the value."""
    for name, value in headers.items():
        if not _NAME.match(name) or name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise ValueError(f"{name!r} is no header that a caller may set")
        if not _VALUE.match(value):
            raise ValueError(f"the value of {name} is not one line of plain characters")
    return dict(headers)
