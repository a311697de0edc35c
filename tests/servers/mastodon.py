"""PyPI's `mastodon-mock`: a Mastodon server's API written by others, with posts that are kept.

Known to differ from a real server: a private post can be read by anyone, search resolves nothing, and a
post's public page is 404. A profile's note comes back as it was written, where Mastodon wraps it in HTML.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.servers.process import HOST, Process, free_port

_TIMEOUT_SECONDS = 10
Visibility = Literal["public", "unlisted", "private", "direct"]
Trouble = Literal["status", "ratelimit", "latency", "malformed", "timeout"]


@dataclass(frozen=True)
class Application:
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Account:
    """A person on the server, with the token that speaks for them."""

    id: str
    username: str
    token: str


class MastodonServer:
    def __init__(self, *, log: Path) -> None:
        self.port = free_port()
        self.host = f"{HOST}:{self.port}"
        self.url = f"http://{self.host}"
        mock = Path(sys.executable).parent / "mastodon_mock"
        self.process = Process(
            # Left alone it calls itself localhost; posts shall name the address that the tests reach it by.
            [mock, "serve", "--in-memory", "--host", HOST, "--port", str(self.port), "--domain", self.host],
            log=log,
            ready_line="Application startup complete",
            ready_port=self.port,
            cwd=log.parent,  # it reads pyproject.toml where it stands
        )

    def start(self) -> "MastodonServer":
        self.process.start()
        return self

    def stop(self) -> None:
        self.process.stop()

    def register_application(self, *, redirect_uri: str, name: str = "Portal") -> Application:
        """What an operator does once per server: POST /api/v1/apps."""
        body = {"client_name": name, "redirect_uris": redirect_uri, "scopes": "read"}
        made = self._send("POST", "/api/v1/apps", data=body)
        return Application(made["client_id"], made["client_secret"])

    def add_account(self, username: str) -> Account:
        """A new person, with a token that may write."""
        made = self._send("POST", "/api/v1/_mock/dev_user", json={"username": username})
        return Account(made["id"], username, made["access_token"])

    def obtain_token(self, application: Application, account: Account, *, redirect_uri: str) -> str:
        """A token by the authorization code flow, as a person's browser would bring it about."""
        choice = {"username": account.username, "redirect_uri": redirect_uri}
        picked = requests.post(f"{self.url}/oauth/authorize", choice, allow_redirects=False, timeout=_TIMEOUT_SECONDS)
        code = picked.headers["Location"].rpartition("code=")[2]
        exchange = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": application.client_id,
            "client_secret": application.client_secret,
            "redirect_uri": redirect_uri,
        }
        return str(self._send("POST", "/oauth/token", data=exchange)["access_token"])

    def approve(self, address: str, account: Account) -> str:
        """Say yes to what `address` (/oauth/authorize …) asks, as `account`; where the browser is sent next."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert requests.get(address, timeout=_TIMEOUT_SECONDS).status_code == 200
        choice = {"username": account.username, "redirect_uri": asked["redirect_uri"], "state": asked["state"]}
        picked = requests.post(f"{self.url}/oauth/authorize", choice, allow_redirects=False, timeout=_TIMEOUT_SECONDS)
        return picked.headers["Location"]

    def knows_token(self, token: str) -> bool:
        answer = requests.get(
            f"{self.url}/api/v1/accounts/verify_credentials",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_SECONDS,
        )
        return answer.status_code == 200

    def post(self, account: Account, text: str, *, visibility: Visibility = "public") -> dict[str, Any]:
        """Publish; the answer is Mastodon's Status (`id`, `url`, `content` as HTML …)."""
        return self._send("POST", "/api/v1/statuses", account, data={"status": text, "visibility": visibility})

    def edit(self, account: Account, status_id: str, text: str) -> dict[str, Any]:
        return self._send("PUT", f"/api/v1/statuses/{status_id}", account, data={"status": text})

    def delete(self, account: Account, status_id: str) -> None:
        self._send("DELETE", f"/api/v1/statuses/{status_id}", account)

    def set_note(self, account: Account, note: str) -> None:
        """What the profile says."""
        self._send("PATCH", "/api/v1/accounts/update_credentials", account, data={"note": note})

    @contextmanager
    def in_trouble(
        self, trouble: Trouble, *, path: str = "*", status: int = 503, delay_milliseconds: int = 0
    ) -> Iterator[None]:
        """Inside the block, requests to `path` (a `*` stands for anything) fail in the given way."""
        effect: dict[str, Any] = {"type": trouble, "delay_ms": delay_milliseconds}
        if trouble == "status":
            effect["status"] = status
        rule = self._send("POST", "/api/v1/_mock/faults", json={"match": {"path": path}, "effect": effect})
        try:
            yield
        finally:
            self._send("DELETE", f"/api/v1/_mock/faults/{rule['id']}")

    def _send(self, method: str, path: str, account: Account | None = None, **body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {account.token}"} if account else {}
        answer = requests.request(method, self.url + path, headers=headers, timeout=_TIMEOUT_SECONDS, **body)
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result
