"""Mastodon: the same questions as without a login, asked with it, on the server that lent it and on no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from flask import current_app

from portal.accounts.logins.using import Key
from portal.kernel.fetcher import Api, Fetched, Fetcher, Resolved
from portal.shares.hosts import StoredHosts
from portal.shares.platforms.mastodon import Mastodon
from portal.shares.platforms.reading import Identified, Problem, Reading, Trouble

CODE = "mastodon"
SOURCE = "mastodon_own"


def read(fetcher: Fetcher, identified: Identified, key: Key) -> Reading:
    local = frozenset(current_app.config["SETTINGS"].fetch_allow)
    origin = f"http://{key.host}" if f"http://{key.host}" in local else f"https://{key.host}"
    with_login = cast("Fetcher", _WithLogin(fetcher, origin, key.token))
    reading = Mastodon(StoredHosts(), local).read_post(with_login, identified)
    if isinstance(reading, Problem):
        return replace(reading, source=SOURCE)
    if reading.author_id != key.external_id:
        return Problem(Trouble.GONE, SOURCE, identified.canonical, "not_among_yours")
    return replace(reading, source=SOURCE)


class _WithLogin:
    """A fetcher that shows the login where it is from, and nowhere else."""

    def __init__(self, fetcher: Fetcher, origin: str, token: str) -> None:
        self._fetcher = fetcher
        self._origin = origin
        self._api = Api(origin, {"Authorization": f"Bearer {token}"})

    def get(self, url: str, **asked: Any) -> Fetched:
        if not url.startswith(f"{self._origin}/api/"):
            return self._fetcher.get(url, **asked)
        asked.pop("conditional", None)
        return self._fetcher.call(self._api, "GET", url[len(self._origin) :], **asked)

    def resolve(self, url: str, *, until: Callable[[str], bool] = lambda url: False) -> Resolved:
        return self._fetcher.resolve(url, until=until)
