"""Remembers of each answer that a reader was given what proves it: address, status, size, and a digest of its bytes."""

from __future__ import annotations

import hashlib
from typing import Any, cast

from portal.kernel.fetcher import Fetched, Fetcher

RESPONSES_MAX = 20


class Witness:
    """Stands before a fetcher; `fetcher` is what to hand to a reader."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._behind = fetcher
        self._responses: list[dict[str, Any]] = []

    @property
    def fetcher(self) -> Fetcher:
        return cast("Fetcher", self)

    @property
    def responses(self) -> tuple[dict[str, Any], ...]:
        return tuple(self._responses)

    def get(self, *args: Any, **kwargs: Any) -> Fetched:
        return self._noted(self._behind.get(*args, **kwargs))

    def page(self, *args: Any, **kwargs: Any) -> Fetched:
        return self._noted(self._behind.page(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        """Calls with credentials and what follows short links leave no digest: their answers are nobody's to repeat."""
        return getattr(self._behind, name)

    def _noted(self, answer: Fetched) -> Fetched:
        if len(self._responses) < RESPONSES_MAX:
            self._responses.append(
                {
                    "url": answer.final_url, "status": answer.status, "bytes": len(answer.body),
                    "sha256": hashlib.sha256(answer.body).hexdigest(),
                }
            )  # fmt: skip
        return answer
