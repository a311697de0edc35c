"""npm's `oidc-provider`: an OpenID Connect server that shares no code with the portal's client."""

import json
import re
import secrets
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import quote, urljoin

import requests

from tests.servers.process import HOST, Process, free_port

_FOLDER = Path(__file__).parent
_REDIRECTS_MAX = 20
_TIMEOUT_SECONDS = 10


class OidcServer:
    """`claims_in_id_token=False` leaves e-mail and name to the userinfo endpoint, as the standard has it."""

    def __init__(self, *, log: Path, claims_in_id_token: bool = True) -> None:
        node = shutil.which("node")
        if node is None or not (_FOLDER / "node_modules").exists():
            raise RuntimeError("The servers on Node.js are not installed. Run: npm ci --prefix tests/servers")
        self.claims_in_id_token = claims_in_id_token
        self.port = free_port()
        self.issuer = f"http://{HOST}:{self.port}"
        self.client_id = "portal"
        self.client_secret = secrets.token_urlsafe(32)
        settings = {
            "port": self.port,
            "client": {"client_id": self.client_id, "client_secret": self.client_secret},
            "claimsInIdToken": claims_in_id_token,
        }
        self.process = Process(
            [node, "oidc_provider.js", json.dumps(settings)], log=log, ready_line="ready", cwd=_FOLDER
        )

    def start(self) -> "OidcServer":
        self.process.start()
        return self

    def stop(self) -> None:
        self.process.stop()

    def add_person(self, sub: str, **claims: object) -> None:
        """Let `sub` sign in. Claims released: email, email_verified, name, locale, picture, zoneinfo."""
        self._put(f"/test/people/{quote(sub, safe='')}", claims)

    def allow_redirect(self, uri: str) -> None:
        """Register one more callback address of the client."""
        self._put("/test/redirect-uris", uri)

    def sign_in(self, http: requests.Session, start: str | requests.Response, sub: str) -> requests.Response:
        """Sign `sub` in through the browser session `http`, and return the portal's answer to the callback.

        `start` is an address whose answer redirects to the provider, or that answer itself (say, of a form
        that was posted with `allow_redirects=False`). Further redirects of the portal are followed.
        """
        if isinstance(start, str):
            start = http.get(start, allow_redirects=False, timeout=_TIMEOUT_SECONDS)
        return http.get(self.approve(start.headers["Location"], sub, http=http), timeout=_TIMEOUT_SECONDS)

    def approve(self, authorization_url: str, sub: str, *, http: requests.Session | None = None) -> str:
        """Walk through log-in and consent as `sub`; returns the callback address with code and state.

        For a client that can't leave the portal, such as Flask's. With the same `http` again the provider
        remembers the person and asks nothing.
        """
        return self._walk(authorization_url, http or requests.Session(), sub=sub)

    def cancel(self, authorization_url: str, *, http: requests.Session | None = None) -> str:
        """Change one's mind at the provider; returns the callback address with `error=access_denied`."""
        return self._walk(authorization_url, http or requests.Session(), sub=None)

    def _walk(self, url: str, http: requests.Session, *, sub: str | None) -> str:
        answer = http.get(url, allow_redirects=False, timeout=_TIMEOUT_SECONDS)
        for _ in range(_REDIRECTS_MAX):
            if answer.is_redirect:
                url = urljoin(answer.url, answer.headers["Location"])
                if not url.startswith(f"{self.issuer}/"):
                    return url
                answer = http.get(url, allow_redirects=False, timeout=_TIMEOUT_SECONDS)
            elif "/interaction/" not in answer.url:
                raise AssertionError(f"The provider answered {answer.status_code}: {answer.text[:2000]}")
            elif sub is None:
                answer = http.get(f"{answer.url}/abort", allow_redirects=False, timeout=_TIMEOUT_SECONDS)
            else:
                answer = self._fill_in(answer, http, sub)
        raise AssertionError(f"The provider did not come back from {url}")

    def _fill_in(self, page: requests.Response, http: requests.Session, sub: str) -> requests.Response:
        """Send the log-in or consent form, whichever `page` shows. What is typed as login is the subject."""
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        prompt = re.search(r'name="prompt" value="(login|consent)"', page.text)
        if action is None or prompt is None:
            raise AssertionError(f"No form that this script knows: {page.text[:2000]}")
        form = {"prompt": prompt[1]}
        if prompt[1] == "login":
            form |= {"login": sub, "password": "any"}
        return http.post(urljoin(page.url, unescape(action[1])), form, allow_redirects=False, timeout=_TIMEOUT_SECONDS)

    def _put(self, path: str, body: object) -> None:
        requests.put(self.issuer + path, json=body, timeout=_TIMEOUT_SECONDS).raise_for_status()
