"""What applications call without a person: discovery, keys, token, userinfo."""

from __future__ import annotations

import hmac
from base64 import b64decode
from urllib.parse import unquote_plus

from flask import Blueprint, Response, current_app, jsonify, request

from portal.sandbox.browser import spoken_to_by_programs
from portal.sandbox.clock import now
from portal.sandbox.database import db, transaction
from portal.sandbox.identity import granting
from portal.sandbox.identity.accounts import CLAIMS
from portal.sandbox.identity.asking import KNOWN_SCOPES
from portal.sandbox.identity.keys import ALGORITHM
from portal.sandbox.settings import Settings

endpoints = Blueprint("oidc", __name__, url_prefix="/oidc")


class BadClient(Exception):
    """The application did not prove who it is, or tried in two ways at once."""


def settings() -> Settings:
    given: Settings = current_app.extensions["sandbox_settings"]
    return given


@endpoints.get("/.well-known/openid-configuration")
def discovery() -> Response:
    issuer = settings().issuer
    return jsonify(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/authorize",
        token_endpoint=f"{issuer}/token",
        userinfo_endpoint=f"{issuer}/userinfo",
        jwks_uri=f"{issuer}/jwks.json",
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=[ALGORITHM],
        scopes_supported=list(KNOWN_SCOPES),
        claims_supported=["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", *CLAIMS],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported=["S256"],
        prompt_values_supported=["none", "login", "consent", "select_account"],
        authorization_response_iss_parameter_supported=True,
        request_parameter_supported=False,
        request_uri_parameter_supported=False,
    )


@endpoints.get("/jwks.json")
def public_keys() -> Response:
    return jsonify(keys=[current_app.extensions["sandbox_signing_key"].as_dict(private=False)])


def _client_credentials() -> tuple[str, str]:
    """(id, secret) from the Authorization header or the form. Raises BadClient."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return request.form.get("client_id", ""), request.form.get("client_secret", "")
    if scheme.lower() != "basic" or "client_secret" in request.form:
        raise BadClient
    try:
        given_id, colon, given_secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as problem:
        raise BadClient from problem
    if not colon:
        raise BadClient
    return unquote_plus(given_id), unquote_plus(given_secret)  # RFC 6749 section 2.3.1: each is form-encoded first


def _require_client() -> None:
    client_id, secret = _client_credentials()
    known = settings()
    if not (
        hmac.compare_digest(client_id.encode(), known.client_id.encode())
        and hmac.compare_digest(secret.encode(), known.client_secret.encode())
    ):
        raise BadClient


def _refuse(error: str, description: str, status: int = 400) -> tuple[Response, int]:
    return jsonify(error=error, error_description=description), status


@endpoints.post("/token")
@spoken_to_by_programs
def token() -> tuple[Response, int]:
    try:
        _require_client()
    except BadClient:
        answer, status = _refuse("invalid_client", "unknown client or wrong secret", 401)
        answer.headers["WWW-Authenticate"] = 'Basic realm="Gatehouse"'
        return answer, status
    if request.form.get("grant_type") != "authorization_code":
        return _refuse("unsupported_grant_type", "only authorization_code is supported")
    if not all(request.form.get(name) for name in ("code", "redirect_uri", "code_verifier")):
        return _refuse("invalid_request", "code, redirect_uri and code_verifier are required")
    with transaction() as connection:
        granted = granting.redeem_code(
            connection,
            request.form["code"],
            redirect_uri=request.form["redirect_uri"],
            verifier=request.form["code_verifier"],
            now=now(),
        )
        if isinstance(granted, granting.Granted):
            access_token = granting.issue_access_token(connection, granted, now=now())
    if isinstance(granted, granting.NotGranted):
        return _refuse("invalid_grant", granted.description)
    answer = jsonify(
        access_token=access_token,
        token_type="Bearer",
        expires_in=granting.TOKEN_SECONDS,
        scope=granted.scope,
        id_token=granting.id_token(
            granted,
            access_token=access_token,
            issuer=settings().issuer,
            client_id=settings().client_id,
            key=current_app.extensions["sandbox_signing_key"],
            now=now(),
        ),
    )
    return answer, 200


@endpoints.route("/userinfo", methods=["GET", "POST"])
@spoken_to_by_programs
def userinfo() -> tuple[Response, int]:
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    claims = granting.person_behind(db(), access_token, now=now()) if scheme.lower() == "bearer" else None
    if claims is None:
        answer, status = _refuse("invalid_token", "the access token is unknown, expired or revoked", 401)
        answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return answer, status
    return jsonify(claims), 200
