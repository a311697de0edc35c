"""Asking networks: every way in which it can fail becomes a typed problem."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from portal.accounts.ports import Profile, ProfileUnreadable
from portal.kernel.fetcher import Api, Fetched, Fetcher, FetchFailed, FetchRefused, read_json
from portal.shares.platforms.reading import Problem, Reading, Trouble, UnreadableError

JSON_TYPES = ("application/json", "application/activity+json", "application/jrd+json")
HTML_TYPES = ("text/html", "application/xhtml+xml")
_OUTAGES = frozenset({"dns", "connection", "tls", "timeout", "busy", "server_error", "robots"})
_UNREADABLE_SHARE_MAX = 0.05
"""Of a page's letters; a few are what old pages have for umlauts."""
OTHER_SHAPE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)
"""What code raises that takes an answer apart which is not as the network documents it."""


def get_json(
    fetcher: Fetcher,
    url: str,
    *,
    source: str,
    missing: frozenset[str] = frozenset(),
    private: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The JSON object at `url`. Raises UnreadableError for everything else, sorted by what it tells about the post.

    Some networks answer 400 for what is not there; `missing` are the codes of such an answer's `error`. Some tell in a
    403 that the author hides this one post, which is more than a login wall; those codes are `private`.
    """
    answer = asked(lambda: fetcher.get(url, accept=JSON_TYPES), url, source=source)
    if answer.status == 400 and missing and object_in(answer, url, source).get("error") in missing:
        raise UnreadableError(Problem(Trouble.GONE, source, url, "no_such_account"))
    if answer.status == 403 and private and _error_in(answer) in private:
        raise UnreadableError(Problem(Trouble.NOT_PUBLIC, source, url, "private"))
    check_status(answer, url, source)
    return object_in(answer, url, source)


def _error_in(answer: Fetched) -> object:
    """The `error` that a refusal names; None where it is a page made for people."""
    try:
        return object_in(answer, "", "").get("error")
    except UnreadableError:
        return None


def call_json(
    fetcher: Fetcher, api: Api, path: str, *, source: str, method: str = "GET",
    headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None, content: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """The JSON object that an interface with credentials gives for `path`; `form` or `content` (as JSON) are sent.

    Raises UnreadableError; what was sent is in none of them.
    """
    url, said, body = f"{api.origin}{path}", dict(headers or {}), b""
    if form is not None:
        said["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
    elif content is not None:
        said["Content-Type"], body = "application/json", json.dumps(content).encode()
    answer = asked(
        lambda: fetcher.call(api, method, path, headers=said, body=body, accept=JSON_TYPES), url, source=source
    )
    check_status(answer, url, source)
    return object_in(answer, url, source)


def get_page(fetcher: Fetcher, url: str, *, source: str) -> Fetched:
    """The page made for people at `url`, if its site lets programs read it, in letters that can be read.

    Raises UnreadableError.
    """
    answer = asked(lambda: fetcher.page(url, accept=HTML_TYPES), url, source=source)
    check_status(answer, url, source)
    if "\0" in answer.text or answer.text.count("\ufffd") > len(answer.text) * _UNREADABLE_SHARE_MAX:
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, "wrong_charset"))
    return answer


def asked(ask: Callable[[], Fetched], url: str, *, source: str) -> Fetched:
    """The answer, of any status. Raises UnreadableError where there was none."""
    try:
        return ask()
    except FetchRefused as refused:
        trouble = Trouble.NO_WAY if refused.reason_code == "robots" else Trouble.UNEXPECTED
        raise UnreadableError(Problem(trouble, source, url, refused.reason_code)) from None
    except FetchFailed as failed:
        trouble = Trouble.UNREACHABLE if failed.reason_code in _OUTAGES else Trouble.UNEXPECTED
        raise UnreadableError(Problem(trouble, source, url, failed.reason_code)) from None


def object_in(answer: Fetched, url: str, source: str) -> dict[str, Any]:
    """The JSON object that was answered. Raises UnreadableError."""
    try:
        content = read_json(answer.text)
    except (ValueError, RecursionError):  # nested deeper than anybody would write
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, "not_json")) from None
    if not isinstance(content, dict):
        raise UnreadableError(Problem(Trouble.UNEXPECTED, source, url, "not_an_object"))
    return content


def reading_by(read: Callable[[], Reading], *, source: str, url: str) -> Reading:
    """What `read` gives, or the problem for which it stopped; an answer of another shape is one too."""
    try:
        return read()
    except UnreadableError as unreadable:
        return unreadable.problem
    except OTHER_SHAPE:
        return Problem(Trouble.UNEXPECTED, source, url, "other_shape")


def profile_by(read: Callable[[], Profile]) -> Profile:
    """What `read` gives. Raises ProfileUnreadable."""
    try:
        return read()
    except UnreadableError as unreadable:
        raise profile_unreadable(unreadable.problem) from None
    except OTHER_SHAPE:
        raise ProfileUnreadable("unreachable") from None


def check_status(answer: Fetched, url: str, source: str) -> None:
    """Raises UnreadableError for every status but success, sorted by what it tells about the post."""
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
