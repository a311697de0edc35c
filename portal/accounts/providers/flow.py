"""The authorization code flow with PKCE, state and nonce, by Authlib (PROMISES P-07).

Sources: OpenID Connect Core 1.0; RFC 7636 (PKCE); RFC 9207 (the `iss` parameter); RFC 9700 (best current practice).
No transaction may be open while these functions run: they speak to the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from joserfc.errors import JoseError

from portal.accounts.providers.discovery import Discovery, ProviderUnavailable, UntrustedProvider
from portal.accounts.providers.provider import Provider
from portal.accounts.rules import STAFF_LIMITS
from portal.accounts.verified import VerifiedIdentity

TIMEOUT_SECONDS = 8
LEEWAY_SECONDS = 60
SUBJECT_LENGTH_MAX = 255
MAX_AGE_SECONDS = int(STAFF_LIMITS.absolute.total_seconds())
"""Asked of everybody: a provider that is asked for a max_age has to say when the person signed in there."""


class NotVouchedFor(Exception):
    """What came back proves nothing; `reason_code` says why, for the log. Never holds anything secret."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


def begin(
    provider: Provider, discovery: Discovery, *, callback: str, again: bool, state: str, nonce: str, verifier: str
) -> str:
    """The address to send the browser to. Raises ProviderUnavailable or NotVouchedFor.

    `again`: the person must prove anew who they are, even if the provider still knows them.
    """
    client, _metadata = _client(provider, discovery)
    parameters = {**provider.parameters, **(provider.again if again else {}), "state": state}
    if provider.endpoints is None:
        parameters["nonce"] = nonce
        if provider.states_auth_time:
            parameters["max_age"] = str(0 if again else MAX_AGE_SECONDS)
    if provider.pkce:
        parameters["code_verifier"] = verifier
    return str(client.create_authorization_url(callback, **parameters)["url"])


def finish(
    provider: Provider,
    discovery: Discovery,
    answer: Mapping[str, str],
    *,
    callback: str,
    nonce: str,
    verifier: str,
) -> VerifiedIdentity:
    """Who signed in, from what came back to the callback. Raises ProviderUnavailable or NotVouchedFor."""
    client, metadata = _client(provider, discovery)
    _check_sender(provider, metadata, answer)
    code = answer.get("code")
    if not code:
        raise NotVouchedFor("no_code")
    proof = {"code_verifier": verifier} if provider.pkce else {}
    try:
        token = client.fetch_access_token(
            callback,
            code=code,
            grant_type="authorization_code",
            **proof,
        )
        if provider.endpoints is not None:
            return _person_by_endpoint(provider, client, token)
        return _person_by_id_token(provider, client, metadata, token, nonce)
    except requests.HTTPError as error:
        raise _by_status(error) from None
    except requests.RequestException:
        raise ProviderUnavailable(provider.code) from None
    except AuthlibBaseError as error:
        raise NotVouchedFor(f"refused:{error.error}") from None
    except JoseError as error:
        raise NotVouchedFor(f"id_token:{error.error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise NotVouchedFor(f"malformed:{type(error).__name__}") from None


def _client(provider: Provider, discovery: Discovery) -> tuple[FlaskOAuth2App, dict[str, Any]]:
    metadata = {} if provider.endpoints else _metadata_of(provider, discovery)
    kwargs: dict[str, Any] = {
        "scope": provider.scope,
        "default_timeout": TIMEOUT_SECONDS,
        "leeway": 0,  # a token that lives for a minute is long enough: it is used at once
        "token_endpoint_auth_method": _client_auth(provider, metadata),
    }
    if provider.pkce:
        kwargs["code_challenge_method"] = "S256"
    client = FlaskOAuth2App(
        FlaskIntegration(provider.code), provider.code, client_id=provider.client_id,
        client_secret=provider.client_secret, client_kwargs=kwargs,
    )  # fmt: skip
    if provider.endpoints is not None:
        client.authorize_url, client.access_token_url = provider.endpoints.authorize, provider.endpoints.token
    else:
        client.authorize_url, client.access_token_url = metadata["authorization_endpoint"], metadata["token_endpoint"]
        client.server_metadata = metadata  # Authlib keeps the keys in it, and fetches them anew for an unknown one
    return client, metadata


def _metadata_of(provider: Provider, discovery: Discovery) -> dict[str, Any]:
    try:
        return discovery.metadata_of(provider.issuer)
    except UntrustedProvider:
        raise NotVouchedFor("wrong_issuer_in_discovery") from None


def _client_auth(provider: Provider, metadata: Mapping[str, Any]) -> str:
    """How we prove to the token endpoint who we are: as the preset says, if the provider takes that."""
    if not provider.client_secret:
        return "none"
    taken = metadata.get("token_endpoint_auth_methods_supported") or [provider.client_auth]
    return provider.client_auth if provider.client_auth in taken else "client_secret_post"


def _check_sender(provider: Provider, metadata: Mapping[str, Any], answer: Mapping[str, str]) -> None:
    """RFC 9207: an answer that names its issuer must name this one; one that should name it and doesn't is refused."""
    named = answer.get("iss")
    if named is None and metadata.get("authorization_response_iss_parameter_supported") is True:
        raise NotVouchedFor("no_issuer_in_answer")
    if named is not None and named != provider.issuer:
        raise NotVouchedFor("answer_of_another_issuer")


def _person_by_id_token(
    provider: Provider, client: FlaskOAuth2App, metadata: Mapping[str, Any], token: dict[str, Any], nonce: str
) -> VerifiedIdentity:
    required = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    claims = client.parse_id_token(token, nonce=nonce, claims_options=required, leeway=LEEWAY_SECONDS)
    if claims is None:
        raise NotVouchedFor("no_id_token")
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject or len(subject) > SUBJECT_LENGTH_MAX:
        raise NotVouchedFor("no_subject")
    about = dict(claims)
    if not (about.get("email") and about.get("name")) and metadata.get("userinfo_endpoint"):
        about = {**_userinfo(client, metadata["userinfo_endpoint"], token, subject), **about}
    return VerifiedIdentity(
        provider=provider.code,
        issuer=provider.issuer,
        subject=subject,
        name=_text(about.get("name") or about.get("preferred_username")),
        email=_text(about.get("email")),
        locale=_text(about.get("locale")),
        time_zone=_text(about.get("zoneinfo")),
        authenticated_at=_moment(claims.get("auth_time")),
    )


def _userinfo(client: FlaskOAuth2App, endpoint: str, token: dict[str, Any], subject: str) -> dict[str, Any]:
    """What else the provider tells. Raises NotVouchedFor when it speaks of somebody else."""
    answer = client.get(endpoint, token=token)
    answer.raise_for_status()
    if "json" not in answer.headers.get("Content-Type", ""):
        return {}  # signed userinfo: nothing in it is needed
    told = answer.json()
    if told.get("sub") != subject:
        raise NotVouchedFor("userinfo_of_somebody_else")
    return dict(told)


def _person_by_endpoint(provider: Provider, client: FlaskOAuth2App, token: dict[str, Any]) -> VerifiedIdentity:
    assert provider.endpoints is not None
    assert provider.read_person is not None  # presets set both or neither
    answer = client.get(provider.endpoints.person, token=token)
    answer.raise_for_status()
    identity = provider.read_person(provider, answer.json())
    if not identity.subject or len(identity.subject) > SUBJECT_LENGTH_MAX:
        raise NotVouchedFor("no_subject")
    return identity


def _by_status(error: requests.HTTPError) -> Exception:
    status = error.response.status_code if error.response is not None else 0
    if status in (408, 429) or status >= 500:
        return ProviderUnavailable(str(status))
    return NotVouchedFor(f"status:{status}")


def _text(value: object) -> str:
    return value.strip()[:SUBJECT_LENGTH_MAX] if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    """None for a moment that no clock has, as if the provider had named none."""
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None
