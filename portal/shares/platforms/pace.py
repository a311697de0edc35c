"""How many public posts an account made lately, by what its network tells anybody. Of each post only its time is used.

What counts is what the account put before its followers: posts, answers, and posts of others that it passed on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from portal.kernel.fetcher import Conditional, Fetcher
from portal.shares.platforms.fetching import JSON_TYPES, OTHER_SHAPE, asked, check_status
from portal.shares.platforms.reading import Problem, Trouble, UnreadableError

PAGES_MAX = 3
"""Of an account's posts that are asked for, whatever it posts."""


@dataclass(frozen=True)
class Account:
    """Whose posts are counted."""

    platform: str
    host: str
    name: str
    external_id: str
    """The network's own id: a name may be somebody else's by now."""


@dataclass(frozen=True)
class Page:
    """When the public posts on one page were made, the newest first."""

    times: Sequence[datetime]
    is_last: bool


@dataclass(frozen=True)
class Pace:
    posts: int
    is_at_least: bool
    """There may be more: we stopped asking."""


@runtime_checkable
class PostCounter(Protocol):
    """A reader whose network lists an account's public posts to anybody."""

    def pages_of_posts(self, fetcher: Fetcher, account: Account) -> Iterator[Page]:
        """Ask for one page after the other, as far as somebody takes them. Raises UnreadableError."""


def count_since(pages: Iterator[Page], since: datetime) -> Pace:
    """Posts made after `since`; no page is asked for beyond the first that reaches it, or beyond `PAGES_MAX`."""
    posts = 0
    for number, page in enumerate(pages, 1):
        posts += sum(at > since for at in page.times)
        if page.is_last or (page.times and page.times[-1] <= since):
            return Pace(posts, is_at_least=False)
        if number == PAGES_MAX:
            return Pace(posts, is_at_least=True)
    return Pace(posts, is_at_least=False)


def pace_by(count: Callable[[], Pace], account: Account) -> Pace | Problem:
    """What `count` gives, or the problem for which it stopped; an answer of another shape is one too."""
    try:
        return count()
    except UnreadableError as unreadable:
        return unreadable.problem
    except OTHER_SHAPE:
        return Problem(Trouble.UNEXPECTED, account.platform, "", "other_shape")


def read_unkept(fetcher: Fetcher, url: str, *, source: str) -> Any:
    """The JSON at `url`, of which no copy is kept for the next time. Raises UnreadableError."""
    answer = asked(lambda: fetcher.get(url, accept=JSON_TYPES, conditional=Conditional()), url, source=source)
    check_status(answer, url, source)
    try:
        return json.loads(answer.text)
    except (ValueError, RecursionError):
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, "not_json")) from None
