"""Reading an application's request to sign somebody in: pure, no database and no clock.

Sources: RFC 6749 section 4.1, RFC 7636 (PKCE), RFC 9207 (`iss` in the answer), OpenID Connect Core 1.0 section 3.1.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from portal.sandbox.settings import Settings

KNOWN_SCOPES = ("openid", "profile", "email")
_PROMPTS = frozenset(("none", "login", "consent", "select_account"))
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Parameters(Protocol):
    """What is needed of werkzeug's MultiDict."""

    def getlist(self, key: str) -> list[str]: ...

    def keys(self) -> object: ...


class NotAnswerable(Exception):
    """Nobody can be told over the redirect that something is wrong, because the redirect itself is not trusted."""


class Refused(Exception):
    """The application is told `error` by a redirect to `redirect_uri`."""

    def __init__(self, error: str, description: str, *, redirect_uri: str, state: str | None) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.redirect_uri = redirect_uri
        self.state = state


@dataclass(frozen=True)
class Asked:
    redirect_uri: str
    scope: str
    state: str | None
    nonce: str | None
    challenge: str
    prompts: frozenset[str]
    max_age_seconds: int | None


def may_return_to(redirect_uri: str, settings: Settings) -> bool:
    """Any path on a known origin, spelled out in full: no fragment, no user info, no other spelling of the host."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    if parts.fragment or "#" in redirect_uri or not redirect_uri.isprintable() or "\\" in redirect_uri:
        return False
    return f"{parts.scheme}://{parts.netloc}" in settings.redirect_origins


def answer_url(redirect_uri: str, settings: Settings, **answer: str | None) -> str:
    """The redirect that carries `answer`, with the issuer beside it so that no other provider's answer passes for ours."""
    given = {name: value for name, value in answer.items() if value is not None}
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return redirect_uri + joint + urlencode({**given, "iss": settings.issuer})


def read_request(parameters: Parameters, settings: Settings) -> Asked:
    """Raises NotAnswerable or Refused."""

    def single(name: str) -> str | None:
        values = parameters.getlist(name)
        return values[0] if values else None

    if parameters.getlist("client_id") != [settings.client_id]:
        raise NotAnswerable("Gatehouse does not know the application that sent you here (client_id).")
    redirect_uris = parameters.getlist("redirect_uri")
    if len(redirect_uris) != 1 or not may_return_to(redirect_uris[0], settings):
        raise NotAnswerable(
            "The application wants you to return to an address that is not registered (redirect_uri)."
        )
    redirect_uri, state = redirect_uris[0], single("state")

    def refuse(error: str, description: str) -> Refused:
        return Refused(error, description, redirect_uri=redirect_uri, state=state)

    for name in (
        "state",
        "nonce",
        "scope",
        "response_type",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
    ):
        if len(parameters.getlist(name)) > 1:
            raise refuse("invalid_request", f"{name} is given twice")
    if single("request") or single("request_uri"):
        raise refuse("request_not_supported", "request objects are not supported")
    if single("response_type") != "code":
        raise refuse("unsupported_response_type", "only response_type=code is supported")
    if single("response_mode") not in (None, "query"):
        raise refuse("invalid_request", "only response_mode=query is supported")
    scopes = (single("scope") or "").split()
    if "openid" not in scopes:
        raise refuse("invalid_scope", "scope must contain openid")
    challenge = single("code_challenge") or ""
    if single("code_challenge_method") != "S256" or not _S256_CHALLENGE.fullmatch(challenge):
        raise refuse(
            "invalid_request",
            "PKCE is required: code_challenge with code_challenge_method=S256",
        )
    prompts = frozenset((single("prompt") or "").split())
    if not prompts <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise refuse("invalid_request", "unknown or contradictory prompt")
    max_age = single("max_age")
    if max_age is not None and not re.fullmatch(r"[0-9]{1,9}", max_age):
        raise refuse("invalid_request", "max_age must be a number of seconds")
    return Asked(
        redirect_uri=redirect_uri,
        scope=" ".join(name for name in KNOWN_SCOPES if name in scopes),
        state=state,
        nonce=single("nonce"),
        challenge=challenge,
        prompts=prompts,
        max_age_seconds=None if max_age is None else int(max_age),
    )
