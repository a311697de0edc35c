"""Asking a network's API: every way in which it can fail becomes a typed problem."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from portal.accounts.ports import ProfileUnreadable
from portal.kernel.fetcher import Fetched, Fetcher, FetchFailed, FetchRefused
from portal.shares.platforms.reading import Problem, Trouble, UnreadableError

JSON_TYPES = ("application/json", "application/activity+json", "application/jrd+json")
_OUTAGES = frozenset({"dns", "connection", "tls", "timeout", "server_error"})


def get_json(fetcher: Fetcher, url: str, *, source: str) -> dict[str, Any]:
    """The JSON object at `url`. Raises UnreadableError for everything else, sorted by what it tells about the post."""
    answer = _get(fetcher, url, source=source)
    _check_status(answer, url, source)
    try:
        content = json.loads(answer.text)
    except (ValueError, RecursionError):  # nested deeper than anybody would write
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, "not_json")) from None
    if not isinstance(content, dict):
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, "not_an_object"))
    return content


def _get(fetcher: Fetcher, url: str, *, source: str) -> Fetched:
    try:
        return fetcher.get(url, accept=JSON_TYPES)
    except FetchRefused as refused:
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, refused.reason_code)) from None
    except FetchFailed as failed:
        trouble = Trouble.UNREACHABLE if failed.reason_code in _OUTAGES else Trouble.UNEXPECTED
        raise UnreadableError(Problem(trouble, source, url, failed.reason_code)) from None


def _check_status(answer: Fetched, url: str, source: str) -> None:
    if 200 <= answer.status < 300:
        return
    trouble = Trouble.UNEXPECTED
    if answer.status in (404, 410):
        trouble = Trouble.GONE
    elif answer.status in (401, 403):
        trouble = Trouble.LOGIN_WALL
    elif answer.status == 429:
        trouble = Trouble.RATE_LIMITED
    elif answer.status >= 500:
        trouble = Trouble.UNREACHABLE
    raise UnreadableError(Problem(trouble, source, url, f"status_{answer.status}", answer.retry_after_seconds))


def moment_from(text: str) -> datetime:
    """An ISO 8601 moment, in UTC. Raises ValueError; one without a zone is meant to be UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def profile_unreadable(problem: Problem) -> ProfileUnreadable:
    """The same problem, as the accounts room names it."""
    codes = {
        Trouble.GONE: "not_found", Trouble.LOGIN_WALL: "not_public", Trouble.NOT_PUBLIC: "not_public",
        Trouble.RATE_LIMITED: "rate_limited", Trouble.WRONG_NETWORK: "not_found",
    }  # fmt: skip
    return ProfileUnreadable(codes.get(problem.trouble, "unreachable"))
