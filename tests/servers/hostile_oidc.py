"""An OpenID Connect provider that lies on demand.

It signs in whom it is told to, without asking anybody, and keeps to the specification until a test bends
something: the next sign-in then carries exactly that one lie, so that a refusal can have no other cause.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlencode

import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask, Response, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from tests.servers.process import HOST, free_port

_TOKEN_SECONDS = 300
_TIMEOUT_SECONDS = 10


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""In a bend: this entry is left out."""

Entries = Mapping[str, object]
Signature = Literal["rs256", "none", "another_key", "hs256_with_client_secret", "hs256_with_public_key"]


@dataclass(frozen=True)
class Bend:
    """What is wrong with one sign-in.

    An entry replaces the honest one, a callable computes it from all honest ones, ABSENT leaves it out.
    """

    claims: Entries = field(default_factory=dict)  # of the ID token
    userinfo: Entries = field(default_factory=dict)
    callback: Entries = field(default_factory=dict)  # code, state, iss of the redirect back
    token: Entries = field(default_factory=dict)  # the token endpoint's answer
    signature: Signature = "rs256"
    codes_reusable: bool = False
    token_status: int = 200


LIES: Final[dict[str, Bend]] = {
    "unsigned": Bend(signature="none"),
    "signed with another key": Bend(signature="another_key"),
    "signed with the client secret": Bend(signature="hs256_with_client_secret"),
    "signed with the public key as a secret": Bend(signature="hs256_with_public_key"),
    "no ID token": Bend(token={"id_token": ABSENT}),
    "wrong issuer": Bend(claims={"iss": "https://somebody-else.example"}),
    "no issuer": Bend(claims={"iss": ABSENT}),
    "wrong audience": Bend(claims={"aud": "another-client"}),
    "no audience": Bend(claims={"aud": ABSENT}),
    "authorised for another party": Bend(
        claims={"aud": lambda honest: [honest["aud"], "another-client"], "azp": "another-client"}
    ),
    "wrong nonce": Bend(claims={"nonce": "made-up"}),
    "no nonce": Bend(claims={"nonce": ABSENT}),
    "expired": Bend(claims={"exp": lambda honest: honest["iat"] - 3600, "iat": lambda honest: honest["iat"] - 7200}),
    "no expiry": Bend(claims={"exp": ABSENT}),
    "no subject": Bend(claims={"sub": ABSENT}),
    "empty subject": Bend(claims={"sub": ""}),
    "userinfo of somebody else": Bend(userinfo={"sub": "somebody-else"}),
    "wrong state": Bend(callback={"state": "made-up"}),
    "no state": Bend(callback={"state": ABSENT}),
    "callback names another issuer": Bend(callback={"iss": "https://somebody-else.example"}),
    "made-up code": Bend(callback={"code": "made-up"}),
    "token endpoint fails": Bend(token_status=500),
}
"""Every way of lying that a client must refuse, by the name of the lie."""

EMAIL_CLAIMS_UNPROVEN: Final[dict[str, object]] = {
    "false": False,
    "absent": ABSENT,
    "the text true": "true",
    "true": True,
}
"""Values of `email_verified`: none of them may join two accounts."""


@dataclass
class _Grant:
    """What was asked for with one code."""

    sub: str
    bend: Bend
    claims: Entries
    asked: dict[str, str]
    used: bool = False


class HostileProvider:
    """One client, any number of people; the portal is configured with its issuer, client id and secret."""

    def __init__(self) -> None:
        self.port = free_port()
        self.issuer = f"http://{HOST}:{self.port}"
        self.client_id = "portal"
        self.client_secret = secrets.token_urlsafe(32)
        self.token_requests: list[dict[str, str]] = []
        self._key = RSAKey.generate_key(2048, {"kid": "published", "use": "sig", "alg": "RS256"})
        self._another_key = RSAKey.generate_key(2048, {"kid": "published"})
        self._grants: dict[str, _Grant] = {}
        self._grant_of_token: dict[str, _Grant] = {}
        self.be_honest()
        self._server = make_server(HOST, self.port, self._app(), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name="hostile-oidc", daemon=True)

    def start(self) -> "HostileProvider":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def be_honest(self) -> None:
        """Forget what was bent and what was asked."""
        self.token_requests.clear()
        self._next: tuple[str, Entries, Bend] = ("ada", {}, Bend())
        self._metadata: Entries = {}

    def next_sign_in(self, sub: str, bend: Bend | None = None, **claims: object) -> None:
        """From now on `sub` signs in, with these claims (`email`, `name` …) and this one lie."""
        self._next = (sub, claims, bend or Bend())

    def bend_metadata(self, **entries: object) -> None:
        """Lie in the discovery document (`issuer="https://somebody-else.example"`); clients cache it."""
        self._metadata = entries

    def approve(self, authorization_url: str) -> str:
        """The callback address that this provider sends a browser to from `authorization_url`."""
        answer = requests.get(authorization_url, allow_redirects=False, timeout=_TIMEOUT_SECONDS)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    # The endpoints

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule("/jwks", view_func=self._jwks)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/userinfo", view_func=self._userinfo)
        return app

    def _discovery(self) -> dict[str, object]:
        honest = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _bent(honest, self._metadata)

    def _jwks(self) -> dict[str, object]:
        return {"keys": [self._key.as_dict(private=False)]}

    def _authorize(self) -> Any:
        sub, claims, bend = self._next
        asked = request.args.to_dict()
        wanted = {"response_type": "code", "client_id": self.client_id, "code_challenge_method": "S256"}
        wrong = [name for name, value in wanted.items() if asked.get(name) != value]
        missing = [name for name in ("redirect_uri", "state", "nonce", "code_challenge") if not asked.get(name)]
        if wrong or missing or "openid" not in asked.get("scope", "").split():
            return Response(f"not a request for code with PKCE, state and nonce: {wrong + missing}", 400)
        code = secrets.token_urlsafe(16)
        self._grants[code] = _Grant(sub, bend, claims, asked)
        parameters = _bent({"code": code, "state": asked["state"], "iss": self.issuer}, bend.callback)
        separator = "&" if "?" in asked["redirect_uri"] else "?"
        return redirect(asked["redirect_uri"] + separator + urlencode(parameters))

    def _token(self) -> Any:
        sent = request.form.to_dict()
        self.token_requests.append(sent)
        grant = self._grants.get(sent.get("code", ""))
        login = request.authorization
        client = (login.username, login.password) if login else (sent.get("client_id"), sent.get("client_secret"))
        if client != (self.client_id, self.client_secret):
            return {"error": "invalid_client"}, 401
        if grant is None or (grant.used and not grant.bend.codes_reusable):
            return {"error": "invalid_grant"}, 400
        if _challenge_of(sent.get("code_verifier", "")) != grant.asked["code_challenge"]:
            return {"error": "invalid_grant", "error_description": "PKCE"}, 400
        if sent.get("redirect_uri") != grant.asked["redirect_uri"]:
            return {"error": "invalid_grant", "error_description": "redirect_uri"}, 400
        if grant.bend.token_status != 200:
            return {"error": "server_error"}, grant.bend.token_status
        grant.used = True
        access_token = secrets.token_urlsafe(16)
        self._grant_of_token[access_token] = grant
        honest = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": _TOKEN_SECONDS,
            "scope": grant.asked["scope"],
            "id_token": self._id_token(grant),
        }
        return _bent(honest, grant.bend.token)

    def _userinfo(self) -> Any:
        grant = self._grant_of_token.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if grant is None:
            return {"error": "invalid_token"}, 401
        return _bent({"sub": grant.sub, **_bent({}, grant.claims)}, grant.bend.userinfo)

    # The ID token

    def _id_token(self, grant: _Grant) -> str:
        now = int(time.time())
        honest = {
            "iss": self.issuer,
            "sub": grant.sub,
            "aud": self.client_id,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "nonce": grant.asked["nonce"],
            **_bent({}, grant.claims),
        }
        return self._signed(_bent(honest, grant.bend.claims), grant.bend.signature)

    def _signed(self, claims: dict[str, object], signature: Signature) -> str:
        header = {"kid": "published", "typ": "JWT"}
        if signature == "none":
            return f"{_base64(_json({**header, 'alg': 'none'}))}.{_base64(_json(claims))}."
        if signature in ("rs256", "another_key"):
            key = self._key if signature == "rs256" else self._another_key
            return jwt.encode({**header, "alg": "RS256"}, claims, key)
        if signature == "hs256_with_client_secret":
            secret = self.client_secret.encode()
        else:
            secret = self._key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = f"{_base64(_json({**header, 'alg': 'HS256'}))}.{_base64(_json(claims))}"
        return f"{signed}.{_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _bent(honest: dict[str, Any], entries: Entries) -> dict[str, Any]:
    """`honest` with the bend's entries laid over it."""
    laid = {name: value(honest) if callable(value) else value for name, value in entries.items()}
    return {name: value for name, value in {**honest, **laid}.items() if value is not ABSENT}


def _challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    return _base64(hashlib.sha256(verifier.encode()).digest())


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
