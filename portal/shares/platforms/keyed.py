"""Interfaces that are asked with the operator's own key: its trouble is never the post's."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from portal.accounts.ports import Profile, ProfileAddress
from portal.kernel.fetcher import Api, Fetched, Fetcher, read_json
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import JSON_TYPES, asked, check_status, object_in, profile_by, reading_by
from portal.shares.platforms.profiles import guide_of, understand_profile
from portal.shares.platforms.reading import Identified, Problem, Reader, Reading, Trouble, UnreadableError
from portal.shares.platforms.short_links import followed

KEY_REFUSED = "key_refused"
"""Detail of a problem: the network doesn't take our key, or it is used up. An operator has to look."""
LEEWAY_SECONDS = 60
TOKEN_SECONDS = 3600
"""How long a token is used whose answer doesn't say."""


class AppToken:
    """An app's own token (OAuth 2.0 client credentials, RFC 6749 §4.4), asked for when it is needed.

    It is kept in this process alone, until a minute before it ends. `api` carries the app's credentials.
    """

    def __init__(self, api: Api, path: str, *, source: str, form: Mapping[str, str] | None = None) -> None:
        self._api, self._path, self._source = api, path, source
        self._form = {"grant_type": "client_credentials"} | dict(form or {})
        self._lock = threading.Lock()
        self._token, self._ends_at_seconds = "", 0.0

    def get(self, fetcher: Fetcher) -> str:
        """The token. Raises UnreadableError, with nothing of what was sent."""
        with self._lock:
            if not self._token or time.monotonic() >= self._ends_at_seconds:
                self._renew(fetcher)
            return self._token

    def forget(self, token: str) -> None:
        """The network refused it: another one is asked for next time."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def _renew(self, fetcher: Fetcher) -> None:
        url = f"{self._api.origin}{self._path}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(self._form).encode()
        answer = asked(
            lambda: fetcher.call(self._api, "POST", self._path, headers=headers, body=body, accept=JSON_TYPES),
            url, source=self._source,
        )  # fmt: skip
        if answer.status in (400, 401, 403):
            raise UnreadableError(Problem(Trouble.UNEXPECTED, self._source, url, KEY_REFUSED))
        check_status(answer, url, self._source)
        found = object_in(answer, url, self._source)
        token, seconds = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not token:
            raise UnreadableError(Problem(Trouble.UNEXPECTED, self._source, url, "other_shape"))
        lasts = float(seconds) if isinstance(seconds, int | float) and seconds > 0 else TOKEN_SECONDS
        self._token, self._ends_at_seconds = token, time.monotonic() + max(lasts - LEEWAY_SECONDS, 0)


class KeyedApi:
    """One interface, with a key in its headers (`api`), or an app's `token`."""

    def __init__(
        self, api: Api, *, source: str, token: AppToken | None = None,
        complaint: Callable[[int, dict[str, Any]], str] | None = None,
    ) -> None:  # fmt: skip
        """`complaint` gives "rate" or "key" for an answer that is no success, and says so in its own way."""
        self._api, self.source, self._token = api, source, token
        self._complaint = complaint or _by_status

    def ask(
        self, fetcher: Fetcher, path: str, *, secret: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The JSON object for `path`. Raises UnreadableError, in which neither key nor token nor `secret` stand.

        `secret`: query parameters that are the key. `form` is posted.
        """
        url = f"{self._api.origin}{path}"
        answer = self._answer(fetcher, path, url, secret or {}, form)
        if not 200 <= answer.status < 300:
            complaint = self._complaint(answer.status, _object_or_nothing(answer))
            if complaint == "key":
                raise UnreadableError(Problem(Trouble.UNEXPECTED, self.source, url, KEY_REFUSED))
            if complaint == "rate":
                seconds = answer.retry_after_seconds
                raise UnreadableError(Problem(Trouble.RATE_LIMITED, self.source, url, "used_up", seconds))
        check_status(answer, url, self.source)
        return object_in(answer, url, self.source)

    def _answer(
        self, fetcher: Fetcher, path: str, url: str, secret: Mapping[str, str], form: Mapping[str, str] | None
    ) -> Fetched:
        if secret:
            path = f"{path}{'&' if '?' in path else '?'}{urlencode(secret)}"
        for last in (False, True):
            token = self._token.get(fetcher) if self._token else ""
            answer = asked(partial(self._send, fetcher, path, token, form), url, source=self.source)
            if answer.status != 401 or self._token is None or last:
                break
            self._token.forget(token)
        return answer

    def _send(self, fetcher: Fetcher, path: str, token: str, form: Mapping[str, str] | None) -> Fetched:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if form is None:
            return fetcher.call(self._api, "GET", path, headers=headers, accept=JSON_TYPES)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return fetcher.call(self._api, "POST", path, headers=headers, body=urlencode(form).encode(), accept=JSON_TYPES)


class KeyedReader(ABC):
    """Posts and profiles by an interface with a key (platforms.reading.Reader), short links followed.

    A network says how its own answers are taken apart, and may raise UnreadableError or any of OTHER_SHAPE.
    """

    def __init__(self, known: Identifier, api: KeyedApi) -> None:
        self._known, self._api = known, api
        self.guide = guide_of(known.ABOUT, can_prove_by_code=True)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(
            lambda: self._post(fetcher, followed(fetcher, self._known, identified)),
            source=self._api.source, url=identified.canonical,
        )  # fmt: skip

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: self._profile(fetcher, name))

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)

    @abstractmethod
    def _post(self, fetcher: Fetcher, identified: Identified) -> Reading: ...

    @abstractmethod
    def _profile(self, fetcher: Fetcher, name: str) -> Profile: ...


class KeyThenPublic:
    """Reads by key, and by the public way while the key is refused: a wrong key must not put people into the queue."""

    def __init__(self, by_key: Reader, public: Reader) -> None:
        self._by_key, self._public = by_key, public
        self.guide = by_key.guide

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        reading = self._by_key.read_post(fetcher, identified)
        if isinstance(reading, Problem) and reading.detail == KEY_REFUSED:
            return self._public.read_post(fetcher, identified)
        return reading

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return self._by_key.read_profile(fetcher, host, name)

    def understand(self, typed: str) -> ProfileAddress:
        return self._by_key.understand(typed)


def _by_status(status: int, _found: dict[str, Any]) -> str:
    """401 and 403 are about the key, 402 says that it is used up: none of them is about the post."""
    return "key" if status in (401, 402, 403) else ""


def _object_or_nothing(answer: Fetched) -> dict[str, Any]:
    try:
        found = read_json(answer.text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
