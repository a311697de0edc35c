"""Filling Perch over HTTP, as any client would: the demo's people have accounts there, and posts to open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

SECONDS_MAX = 30


class PerchRefused(Exception):
    """The sandbox did not take what was seeded; the message says why."""


@dataclass(frozen=True)
class SeededAccount:
    id: str
    handle: str
    url: str


@dataclass(frozen=True)
class SeededPost:
    id: str
    url: str
    short_url: str
    author_id: str
    text: str = ""
    """As it was seeded."""


class Perch:
    """The sandbox at `url`. What was seeded under a key before is answered again and not changed."""

    def __init__(self, url: str) -> None:
        self._url = url
        # A proxy set in the environment is for the world outside, never for this machine.
        self._session = requests.Session()
        self._session.trust_env = False  # Perch is on this machine: no proxy stands in between

    def seed_accounts(self, accounts: Iterable[dict[str, Any]]) -> dict[str, SeededAccount]:
        """By key. Raises PerchRefused."""
        answer = self._post({"accounts": list(accounts)})
        return {
            each["key"]: SeededAccount(each["id"], each["handle"].lower(), each["url"]) for each in answer["accounts"]
        }

    def seed_posts(self, posts: Iterable[dict[str, Any]]) -> dict[str, SeededPost]:
        """By key. Raises PerchRefused."""
        given = {post["key"]: post for post in posts}
        answer = self._post({"posts": list(given.values())})
        return {
            each["key"]: SeededPost(
                each["id"], each["url"], each["short_url"], each["author_id"], given[each["key"]]["text"]
            )
            for each in answer["posts"]
        }

    def _post(self, body: dict[str, Any]) -> Any:
        try:
            answer = self._session.post(f"{self._url}/api/v1/seed", json=body, timeout=SECONDS_MAX)
            if not answer.ok:
                raise PerchRefused(answer.text)
            return answer.json()
        except requests.RequestException as away:
            raise PerchRefused(f"no answer from {self._url}: {away}") from away


def stamp(moment: datetime) -> str:
    """A moment as Perch reads it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
