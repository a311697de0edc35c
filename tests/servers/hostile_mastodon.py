"""A server that claims to run Mastodon and answers whatever a test wants: each test bends one thing."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import make_server

from tests.servers.process import HOST, free_port


class HostileMastodon:
    """Honest until bent. `requests` are (method, path, form or query) as they arrived."""

    def __init__(self) -> None:
        self.port = free_port()
        self.host = f"{HOST}:{self.port}"
        self.url = f"http://{self.host}"
        self._server = make_server(HOST, self.port, self._app(), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.be_honest()

    def be_honest(self) -> None:
        self.software: Any = {"name": "mastodon", "version": "4.5.0"}
        self.nodeinfo_at: str | None = None
        self.account: dict[str, Any] = {
            "id": "1001", "username": "Mallory", "acct": "Mallory", "display_name": "Mallory",
            "url": f"https://{self.host}/@Mallory",
        }  # fmt: skip
        self.scopes = ["read", "profile"]
        self.statuses: dict[str, int] = {}
        """By path: answer with this status."""
        self.known_apps: set[str] = set()
        self.revoked: list[str] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    def start(self) -> HostileMastodon:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def approve(self, address: str, **bent: str) -> str:
        """Where an obedient browser is sent after saying yes to `address`; `bent` replaces parts of the answer."""
        asked = dict(parse_qsl(urlsplit(address).query))
        back = bent.pop("redirect_uri", asked["redirect_uri"])
        return f"{back}?{urlencode({'code': 'a-code', 'state': asked['state'], **bent})}"

    def asked_of(self, path: str) -> list[dict[str, str]]:
        """The forms that arrived at `path`."""
        return [form for _method, where, form in self.requests if where == path]

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def note() -> Any:
            form = request.form.to_dict() or request.args.to_dict()
            self.requests.append((request.method, request.path, form))
            if request.path in self.statuses:
                return Response("{}", self.statuses[request.path], content_type="application/json")
            return None

        self._tell_what_runs(app)
        self._hand_out(app)
        return app

    def _tell_what_runs(self, app: Flask) -> None:
        @app.get("/.well-known/nodeinfo")
        def index() -> Any:
            if self.nodeinfo_at:
                return redirect(self.nodeinfo_at)
            rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
            return {"links": [{"rel": rel, "href": f"{self.url}/nodeinfo/2.0"}]}

        @app.get("/nodeinfo/2.0")
        def nodeinfo() -> Any:
            return {"software": self.software}

        @app.get("/.well-known/oauth-authorization-server")
        def metadata() -> Any:
            return {"issuer": f"{self.url}/", "scopes_supported": self.scopes}

    def _hand_out(self, app: Flask) -> None:
        @app.post("/api/v1/apps")
        def apps() -> Any:
            number = len(self.known_apps) + 1
            self.known_apps.add(f"client-{number}")
            return {"client_id": f"client-{number}", "client_secret": f"secret-{number}"}

        @app.post("/oauth/token")
        def token() -> Any:
            if request.form["client_id"] not in self.known_apps:
                return jsonify(error="invalid_client"), 401
            return {"access_token": "a-token", "token_type": "Bearer", "scope": request.form.get("scope", "")}

        @app.post("/oauth/revoke")
        def revoke() -> Any:
            self.revoked.append(request.form["token"])
            return {}

        @app.get("/api/v1/accounts/verify_credentials")
        def person() -> Any:
            if request.headers.get("Authorization") != "Bearer a-token":
                return {"error": "who are you?"}, 401
            return self.account
