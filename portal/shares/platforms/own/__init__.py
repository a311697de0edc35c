"""Reading a post with its author's own login: one module a network that lends logins, found by itself.

Each offers `CODE` and `read(fetcher, identified, key)`. A module reads only what the key's owner posted: what another
account posted is not theirs to show, and looks as if it were not there.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Protocol, cast

from portal.accounts.logins.using import Key
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms.reading import Identified, Reading


class OwnReader(Protocol):
    """A module of this package."""

    CODE: str

    def read(self, fetcher: Fetcher, identified: Identified, key: Key) -> Reading:
        """The post, read with `key` now. LOGIN_WALL: the network does not take the key."""


def own_readers() -> dict[str, OwnReader]:
    """All of them, by network."""
    modules = [
        cast("OwnReader", import_module(f"{__name__}.{found.name}"))
        for found in pkgutil.iter_modules(__path__)
        if found.name != "listing"
    ]
    return {module.CODE: module for module in modules}
