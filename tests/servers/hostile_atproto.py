"""A directory, a data server and whoever signs in there, in one: honest until a test bends one thing.

It checks proofs, nonces and PKCE as a real server does, so that what it lets through is not only our own opinion.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

from tests.servers.process import HOST, free_port

DID = "did:plc:aaaabbbbccccdddd22223333"
HANDLE = "ada.trail.example"


class HostileAtproto:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._server = make_server(HOST, self.port, self._app(), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.be_honest()

    def be_honest(self) -> None:
        self.dids: dict[str, str] = {HANDLE: DID}
        self.document: dict[str, Any] = {
            "id": DID,
            "alsoKnownAs": [f"at://{HANDLE}"],
            "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}],
        }
        self.resource: dict[str, Any] = {"resource": self.url, "authorization_servers": [self.url]}
        self.metadata: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "pushed_authorization_request_endpoint": f"{self.url}/oauth/par",
            "revocation_endpoint": f"{self.url}/oauth/revoke",
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["atproto"],
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
        }
        self.token: dict[str, Any] = {"access_token": "a-token", "token_type": "DPoP", "scope": "atproto", "sub": DID}
        self.statuses: dict[str, int] = {}
        """By path: answer with this status."""
        self.nonce = "nonce-1"
        self.pushed: list[dict[str, str]] = []
        self.revoked: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self._thumbprints: set[str] = set()

    def start(self) -> HostileAtproto:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def approve(self, address: str, **bent: str | None) -> str:
        """Where the browser is sent after a yes; `bent` replaces parts of the answer, None leaves one out."""
        assert dict(parse_qsl(urlsplit(address).query))["request_uri"] == "urn:pushed"
        asked = self.pushed[-1]
        answer = {"code": "a-code", "state": asked["state"], "iss": self.url, **bent}
        given = {name: value for name, value in answer.items() if value is not None}
        return f"{asked['redirect_uri']}?{urlencode(given)}"

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def note() -> Any:
            self.requests.append((request.method, request.path))
            if request.path in self.statuses:
                return Response("{}", self.statuses[request.path], content_type="application/json")
            return None

        self._say_who_is_who(app)
        self._sign_in(app)
        return app

    def _say_who_is_who(self, app: Flask) -> None:
        @app.get("/xrpc/com.atproto.identity.resolveHandle")
        def resolve() -> Any:
            did = self.dids.get(request.args["handle"])
            return {"did": did} if did else ({"error": "InvalidRequest"}, 400)

        @app.get("/<did>")
        def document(did: str) -> Any:
            return jsonify(self.document) if did == DID else ({"message": "not registered"}, 404)

        @app.get("/.well-known/oauth-protected-resource")
        def resource() -> Any:
            return self.resource

        @app.get("/.well-known/oauth-authorization-server")
        def metadata() -> Any:
            return self.metadata

    def _sign_in(self, app: Flask) -> None:
        @app.post("/oauth/par")
        def par() -> Any:
            refused = self._refused_proof()
            if refused is None:
                self.pushed.append(request.form.to_dict())
            return refused or ({"request_uri": "urn:pushed", "expires_in": 60}, 201)

        @app.post("/oauth/token")
        def token() -> Any:
            challenge = base64.urlsafe_b64encode(hashlib.sha256(request.form["code_verifier"].encode()).digest())
            if challenge.rstrip(b"=").decode() != self.pushed[-1]["code_challenge"]:
                return {"error": "invalid_grant"}, 400
            return self._refused_proof() or self.token

        @app.post("/oauth/revoke")
        def revoke() -> Any:
            refused = self._refused_proof()
            if refused is None:
                self.revoked.append(request.form["token"])
            return refused or {}

    def _refused_proof(self) -> Any:
        """None for a proof that holds: of this request, with our nonce, by the key that all of them are signed with."""
        head = request.headers["DPoP"].split(".")[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        assert header["typ"] == "dpop+jwt"
        assert "d" not in header["jwk"], "a proof shows its public key alone"
        key = ECKey.import_key(header["jwk"])
        claims = jwt.decode(request.headers["DPoP"], key, algorithms=["ES256"]).claims
        assert (claims["htm"], claims["htu"]) == (request.method, f"{self.url}{request.path}")
        if claims.get("nonce") != self.nonce:
            return jsonify(error="use_dpop_nonce"), 400, {"DPoP-Nonce": self.nonce}
        self._thumbprints.add(key.thumbprint())
        return None

    @property
    def keys_seen(self) -> int:
        """How many different keys signed the proofs so far."""
        return len(self._thumbprints)
