"""A provider of plain OAuth 2.0: authorization, token, and an endpoint that tells who signed in."""

from __future__ import annotations

import secrets
import threading
from typing import Any

from flask import Flask, request
from werkzeug.serving import make_server

from tests.servers.process import HOST, free_port


class PlainOAuthServer:
    """Its person endpoint answers `person`, whatever that is; `status` is the answer's."""

    def __init__(self) -> None:
        self.port = free_port()
        self.origin = f"http://{HOST}:{self.port}"
        self.person: Any = {}
        self.status = 200
        self.token_requests: list[dict[str, str]] = []
        self._access_token = secrets.token_urlsafe(16)
        self._server = make_server(HOST, self.port, self._app(), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> PlainOAuthServer:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.post("/token")
        def token() -> dict[str, object]:
            self.token_requests.append(request.form.to_dict())
            return {"access_token": self._access_token, "token_type": "bearer", "expires_in": 60}

        @app.get("/me")
        def me() -> Any:
            if request.headers.get("Authorization") != f"Bearer {self._access_token}":
                return {"error": "who are you?"}, 401
            return self.person, self.status

        return app
