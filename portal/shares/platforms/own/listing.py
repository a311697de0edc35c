"""Networks that give an account's posts as a list, the newest first, and not one by its address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms.fetching import call_json, moment_from
from portal.shares.platforms.reading import Identified, Problem, Trouble, UnreadableError

PAGES_MAX = 4
PAGE_POSTS = 50
OLDER_BY = timedelta(days=1)
"""Ids are made before a post appears; a list that has come this far past its time has passed it."""


def post_in_list(
    fetcher: Fetcher, api: Api, path: str, fields: str, identified: Identified, *, source: str,
    is_it: Callable[[dict[str, Any]], bool],
) -> dict[str, Any]:  # fmt: skip
    """The post among its account's own. Raises UnreadableError: GONE only where the list says so for certain."""
    after, url = "", f"{api.origin}{path}"
    for _page in range(PAGES_MAX):
        asked = {"fields": fields, "limit": str(PAGE_POSTS)} | ({"after": after} if after else {})
        told = call_json(fetcher, api, f"{path}?{urlencode(asked)}", source=source)
        posts = list(told["data"])
        found = next((post for post in posts if is_it(post)), None)
        if found is not None:
            return dict(found)
        paging = told.get("paging") or {}
        after = str((paging.get("cursors") or {}).get("after") or "") if paging.get("next") else ""
        if not after or _has_passed(posts, identified.posted_at):
            raise UnreadableError(Problem(Trouble.GONE, source, url, "not_among_yours"))
    raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, "too_far_back"))


def _has_passed(posts: list[dict[str, Any]], posted_at: datetime | None) -> bool:
    if posted_at is None or not posts:
        return False
    return min(moment_from(str(post["timestamp"])) for post in posts) < posted_at - OLDER_BY
