"""Speaking to servers that strangers name: always through the safe fetcher, and what is sent stays there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.kernel.fetcher import Api, Fetched, Fetcher, FetchFailed, FetchRefused, read_json

JSON_TYPES = ("application/json", "application/did+ld+json", "application/did+json", "application/ld+json")


class NotFoundThere(Exception):
    """What was typed leads to no account or server; `reason_code` says why (wording.NOT_FOUND_THERE)."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


class Wire:
    """The way out, for one app. `local_origins` may also be spoken to in plain HTTP: in development and in tests."""

    def __init__(self, fetcher: Fetcher, local_origins: frozenset[str] = frozenset()) -> None:
        self._fetcher = fetcher
        self._local = local_origins

    def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        accept: tuple[str, ...] = JSON_TYPES,
    ) -> Fetched:
        """One answer of any status below 500. Raises ProviderUnavailable, or NotVouchedFor for an address no
        request of ours may go to.
        """
        self.check_address(url)
        origin = origin_of(url)
        said, body = dict(headers or {}), b""
        if form is not None:
            said["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode("ascii")
        try:
            api = Api(origin)
            answer = self._fetcher.call(api, method, url[len(origin) :], headers=said, body=body, accept=accept)
        except ValueError:  # an address or an answer with what no header may hold
            raise NotVouchedFor("address:malformed") from None
        except FetchFailed as failed:
            raise ProviderUnavailable(failed.reason_code) from None
        except FetchRefused as refused:
            raise NotVouchedFor(f"address:{refused.reason_code}") from None
        if answer.status in (408, 429) or answer.status >= 500:
            raise ProviderUnavailable(f"status_{answer.status}")
        return answer

    def ask_json(self, url: str) -> dict[str, Any]:
        """The JSON object at `url`. Raises ProviderUnavailable, or NotVouchedFor for anything else."""
        answer = self.ask(url)
        if answer.status != 200:
            raise NotVouchedFor(f"status:{answer.status}")
        return json_object(answer)

    def follow(self, url: str) -> tuple[dict[str, Any], str]:
        """The JSON object at the end of `url`'s redirects, and the origin that answered in the end.

        For public documents alone: nothing of ours is sent along.
        """
        self.check_address(url)
        try:
            answer = self._fetcher.get(url, accept=JSON_TYPES)
            answer.raise_for_trouble()
        except FetchFailed as failed:
            if failed.reason_code == "wrong_type":
                raise NotVouchedFor("not_json") from None
            raise ProviderUnavailable(failed.reason_code) from None
        except FetchRefused as refused:
            raise NotVouchedFor(f"address:{refused.reason_code}") from None
        self.check_address(answer.final_url)
        if answer.status != 200:
            raise NotVouchedFor(f"status:{answer.status}")
        return json_object(answer), origin_of(answer.final_url).lower()

    def origin_of_host(self, host: str) -> str:
        """The origin of a server that was named by its host alone."""
        return f"http://{host}" if f"http://{host}" in self._local else f"https://{host}"

    def is_origin(self, value: object) -> bool:
        """Is that an origin and nothing more, of the kind we speak to?"""
        return isinstance(value, str) and self._is_spoken_to(value) and value == origin_of(value)

    def check_address(self, value: object) -> None:
        """https, or an origin of this very machine that the operator named. Raises NotVouchedFor."""
        if not isinstance(value, str) or not self._is_spoken_to(value):
            raise NotVouchedFor("address:scheme")

    def _is_spoken_to(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return bool(parts.hostname) and (parts.scheme == "https" or origin_of(url) in self._local)


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def json_object(answer: Fetched) -> dict[str, Any]:
    """The answer's JSON object. Raises NotVouchedFor."""
    try:
        content = read_json(answer.text)
    except (ValueError, RecursionError):
        raise NotVouchedFor("not_json") from None
    if not isinstance(content, dict):
        raise NotVouchedFor("not_an_object")
    return content
