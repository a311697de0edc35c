"""Answers kept from one reading to the next, so that a server may say "nothing changed" instead of all again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from portal.kernel.fetcher.answers import Conditional, Fetched

KEPT_BYTES_MAX = 128 * 1024


@dataclass(frozen=True)
class Remembered:
    """An answer with which a later one may be compared."""

    final_url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def conditional(self) -> Conditional:
        return Conditional(self.headers.get("etag"), self.headers.get("last-modified"))


class AnswerMemory(Protocol):
    """Where they are kept. It is asked and told while no transaction is open."""

    def recall(self, url: str) -> Remembered | None:
        """What `url` answered last, if that is still kept."""

    def keep(self, url: str, answer: Remembered) -> None:
        """Keep it for a while, in place of what was kept before."""


def worth_keeping(answer: Fetched) -> Remembered | None:
    """The answer as it is kept; None for one that names no version of itself, asks not to be kept, or is large."""
    kept = Remembered(answer.final_url, answer.headers, answer.body)
    forbidden = "no-store" in answer.headers.get("cache-control", "").lower()
    if answer.status != 200 or forbidden or len(answer.body) > KEPT_BYTES_MAX or not kept.conditional.headers():
        return None
    return kept
