"""What tests do with a running sandbox: as a person with a browser, or as a program."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urljoin

import requests

from portal.sandbox.settings import Settings


class MovableClock:
    """The real time, plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **duration: float) -> None:
        self.ahead += timedelta(**duration)


class Visitor:
    """Somebody with a browser: keeps cookies, reads a page and sends its forms. Redirects are followed by hand."""

    def __init__(self, url: str) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = url
        self.page = ""

    def open(self, path: str) -> requests.Response:
        answer = self.session.get(urljoin(self.url, path), allow_redirects=False)
        self.page = answer.text
        return answer

    def follow(self, answer: requests.Response) -> requests.Response:
        """Open where `answer` sends us, for as long as that is in this sandbox."""
        while answer.is_redirect and answer.headers["Location"].startswith(("/", self.url)):
            answer = self.open(answer.headers["Location"])
        return answer

    def send(self, path: str, *, files: dict[str, Any] | None = None, **fields: str) -> requests.Response:
        """Send a form of the page that was opened last, with its token."""
        token = re.search(r'name="form_token" value="([^"]+)"', self.page)
        assert token, f"the page has no form:\n{self.page}"
        answer = self.session.post(
            urljoin(self.url, path),
            data={"form_token": token[1], **fields},
            files=files,
            allow_redirects=False,
        )
        if not answer.is_redirect:
            self.page = answer.text
        return answer

    def sign_in_to_perch(self, handle: str) -> Self:
        self.open("/perch/sign-in")
        assert self.send("/perch/sign-in", handle=handle).status_code == 303
        return self


class RunningSandbox:
    def __init__(self, url: str, settings: Settings, clock: MovableClock) -> None:
        self.url = url
        self.settings = settings
        self.clock = clock
        self._visitors: list[Visitor] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for visitor in self._visitors:
            visitor.session.close()

    def visitor(self) -> Visitor:
        self._visitors.append(Visitor(self.url))
        return self._visitors[-1]

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        """As a program without cookies."""
        with requests.Session() as session:
            session.trust_env = False
            return session.get(urljoin(self.url, path), allow_redirects=False, timeout=20, **kwargs)

    def post_json(self, path: str, body: object, **kwargs: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.post(urljoin(self.url, path), json=body, timeout=20, **kwargs)

    def seed(self, **body: Any) -> Any:
        answer = self.post_json("/api/v1/seed", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def seed_post(self, text: str = "A fine day", *, account: str = "mayaonfoot", **fields: Any) -> Any:
        """One post by an account that is there; answers its key, id and addresses."""
        return self.seed(posts=[{"key": f"post:{text}", "account": account, "text": text, **fields}])["posts"][0]

    def switch(self, mode: str, **fields: Any) -> None:
        answer = self.post_json("/switches", {"mode": mode, **fields})
        assert answer.status_code == 200, answer.text
