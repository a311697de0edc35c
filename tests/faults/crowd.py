"""Real clients that act at once: each has a socket, a signed cookie, and waits at a barrier for the others."""

from __future__ import annotations

import http.client
import secrets
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode, urlsplit

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from portal.accounts.models import Person
from portal.accounts.sessions import open_session
from portal.accounts.views.visit import SID
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work

ANSWERS_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str
    retry_after: str


class Client:
    """Somebody with a browser at `url`. Each request has a connection of its own."""

    def __init__(self, url: str, *, cookie: str = "", csrf_token: str = "") -> None:
        self.host = urlsplit(url).netloc
        self._cookie, self._csrf_token = cookie, csrf_token

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None, None)

    def post(self, path: str, *, ready: threading.Barrier | None = None, **form: str | int) -> Answer:
        """Send a form with its token. With `ready`, connect first and send when everybody is there.

        Who is then told “later”, because the queue of writers was too long for their turn to come, presses again.
        """
        answer = self._send("POST", path, urlencode({"csrf_token": self._csrf_token, **form}), ready)
        return self.post_until_answered(path, **form) if ready is not None and answer.status == 503 else answer

    def _send(self, method: str, path: str, body: str | None, ready: threading.Barrier | None) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=ANSWERS_WITHIN_SECONDS)
        headers = {"Cookie": self._cookie, "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.connect()
            if ready is not None:
                ready.wait(ANSWERS_WITHIN_SECONDS)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(
                answer.status, answer.headers.get("Location", ""), answer.read().decode(),
                answer.headers.get("Retry-After", ""),
            )  # fmt: skip
        finally:
            connection.close()

    def post_until_answered(self, path: str, *, within_seconds: float = 60, **form: str | int) -> Answer:
        """Press the button again while the connection breaks or the portal says “later”, as a person would."""
        end = time.monotonic() + within_seconds
        while True:
            try:
                answer = self.post(path, **form)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)  # nobody listens for a moment: not to wait for something, but to not flood
                continue
            if answer.status != 503 or time.monotonic() > end:
                return answer
            time.sleep(0.1)


def sign_in(app: Flask, url: str, person: Person) -> Client:
    """A browser at `url` in which `person` is signed in: a session's row, and the cookie that the server would set."""
    with unit_of_work():
        token = open_session(person, identity_id=None, browser="Test browser", now=clock.now())
    csrf = secrets.token_hex(20)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    cookie = signer.dumps({SID: token, "csrf_token": csrf})
    form_token = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(csrf)
    return Client(url, cookie=f"portal={cookie}", csrf_token=str(form_token))


Attempt = partial[Answer]


def at_once(attempts: Sequence[Attempt]) -> list[Answer]:
    """Send them all when all are connected; their answers in the same order."""
    ready = threading.Barrier(len(attempts))
    with ThreadPoolExecutor(len(attempts)) as pool:
        running = [pool.submit(attempt, ready=ready) for attempt in attempts]
        return [each.result() for each in running]


def statuses(answers: Sequence[Answer]) -> dict[int, int]:
    """How many answers had which status."""
    return dict(Counter(answer.status for answer in answers))
