"""PyPI's `localstripe` with what it lacks, as a process: a Stripe that keeps what it is told, over HTTP.

The program is in `stripe_server/`, under the GPL-3.0; this module only starts it and speaks HTTP with it. It is an
imitation shaped after Stripe's documented payloads: `docs/stripe.md` says what only a live test account can prove.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import requests

from tests.servers.process import HOST, Process, free_port

KEY = "sk_test_of_the_tests_and_of_nobody_else"
_TIMEOUT_SECONDS = 30
_PROGRAM = Path(__file__).parent / "stripe_server" / "server.py"
Fault = Literal["status", "late", "drop", "act_then_hang", "act_then_drop"]


class StripeServer:
    """`url` is what stands in for https://api.stripe.com."""

    def __init__(self, *, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.process = Process(
            [sys.executable, _PROGRAM, str(self.port)], log=log, ready_line="stripe ready", ready_port=self.port
        )

    def start(self) -> "StripeServer":
        self.process.start()
        return self

    def stop(self) -> None:
        self.process.stop()

    def reset(self) -> None:
        """A new account: nothing was made, nobody listens, everything works."""
        self._config("reset")

    # What a brand does in Stripe's dashboard

    def add_webhook(self, url: str, secret: str, *, name: str = "portal") -> None:
        self._config(f"webhooks/{name}", url=url, secret=secret)

    def add_coupon(self, **terms: Any) -> str:
        """A new coupon, 20 % off unless `terms` say otherwise; its id."""
        return str(self.ask("POST", "/v1/coupons", **({"percent_off": 20} | terms))["id"])

    def add_customer(self, **details: Any) -> str:
        return str(self.ask("POST", "/v1/customers", **details)["id"])

    # What people do: at the till of the shop, and on the payment page

    def use_promotion_code(self, promotion_id: str, *, customer: str | None = None) -> None:
        """Somebody types the code at the till. Raises requests.HTTPError where it is not good."""
        self._config(f"promotion_codes/{promotion_id}/use", **({"customer": customer} if customer else {}))

    def pay(self, checkout_url: str, how: Literal["card", "poor_card", "later"] = "card") -> str:
        """Press a button of the payment page; where the browser is sent."""
        answer = requests.post(checkout_url, {"how": how}, allow_redirects=False, timeout=_TIMEOUT_SECONDS)
        assert answer.status_code == 303, (answer.status_code, answer.text)
        return answer.headers["Location"]

    def settle(self, session_id: str, *, succeeded: bool) -> None:
        """A payment that takes days has come to its end."""
        self._config(f"sessions/{session_id}/settle", succeeded=succeeded)

    # Looking

    def ask(self, method: str, path: str, **parameters: Any) -> dict[str, Any]:
        """The API itself, as an account's owner would call it."""
        sent = {"params" if method == "GET" else "data": _flat(parameters)}
        answer = requests.request(method, self.url + path, auth=(KEY, ""), timeout=_TIMEOUT_SECONDS, **sent)
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result

    def all_of(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """Everything that a list holds, e.g. `/v1/refunds`; for tests, which make less than a hundred."""
        listed: list[dict[str, Any]] = self.ask("GET", path, limit=100, **parameters)["data"]
        return listed

    def requests(self, path: str = ".*", method: str = ".*") -> list[dict[str, Any]]:
        """What arrived whose path matches, oldest first."""
        arrived = requests.get(f"{self.url}/_config/requests", timeout=_TIMEOUT_SECONDS).json()
        return [one for one in arrived if re.fullmatch(path, one["path"]) and re.fullmatch(method, one["method"])]

    def deliveries(self) -> list[dict[str, Any]]:
        """Each try to deliver an event: `event`, `type`, `status` (0: nobody answered)."""
        delivered: list[dict[str, Any]] = requests.get(
            f"{self.url}/_config/deliveries", timeout=_TIMEOUT_SECONDS
        ).json()
        return delivered

    # Trouble

    def hold_events(self) -> None:
        """From now on events wait for `release_events`."""
        self._config("delivery", held=True)

    def release_events(self, order: Literal["as it was", "reversed", "dropped"] = "as it was") -> None:
        self._config("delivery/release", order=order)

    def deliver_each(self, copies: int) -> None:
        """At least once, the documentation says: now each event is sent so many times, at the same moment."""
        self._config("delivery", copies=copies)

    def fail(self, path: str, mode: Fault, *, method: str = "POST", times: int = 1, **how: Any) -> None:
        """Let the next requests to `path` (a regular expression) fail; `how`: `status`, `seconds`."""
        self._config("faults", path=path, mode=mode, method=method, times=times, **how)

    def forget_idempotency_keys(self) -> None:
        """As Stripe may after 24 hours."""
        self._config("idempotency/forget")

    def set_clock(self, ahead_seconds: int) -> None:
        """So much before, or with a negative number behind, the real time."""
        self._config("clock", ahead_seconds=ahead_seconds)

    @contextmanager
    def ahead(self, seconds: int) -> Iterator[None]:
        """Inside the block Stripe's clock is so much ahead."""
        self._config("clock", ahead_seconds=seconds)
        try:
            yield
        finally:
            self._config("clock", ahead_seconds=0)

    def _config(self, what: str, **content: Any) -> None:
        answer = requests.post(f"{self.url}/_config/{what}", json=content, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()


def _flat(parameters: dict[str, Any], within: str = "") -> dict[str, str]:
    """As Stripe's forms nest: `promotion[coupon]=…`."""
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        key = f"{within}[{name}]" if within else name
        if isinstance(value, dict):
            flat |= _flat(value, key)
        elif isinstance(value, list):
            flat |= _flat({str(place): each for place, each in enumerate(value)}, key)
        else:
            flat[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat
