"""Reading an application's request to sign somebody in: pure, no database and no clock.

Sources: RFC 6749 section 4.1, RFC 7636 (PKCE), RFC 9207 (`iss` in the answer), OpenID Connect Core 1.0
section 3.1.2.
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


class NotAnswerable(Exception):
    """Something is wrong and the application cannot be told: the redirect itself is not trusted."""


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
    """Any path on a known origin, spelled in full: no fragment, user info or other spelling of the host."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    if parts.fragment or "#" in redirect_uri or not redirect_uri.isprintable() or "\\" in redirect_uri:
        return False
    return f"{parts.scheme}://{parts.netloc}" in settings.redirect_origins


def answer_url(redirect_uri: str, settings: Settings, **answer: str | None) -> str:
    """The redirect that carries `answer` and the issuer: no other provider's answer passes for ours."""
    given = {name: value for name, value in answer.items() if value is not None}
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return redirect_uri + joint + urlencode({**given, "iss": settings.issuer})


def read_request(parameters: Parameters, settings: Settings) -> Asked:
    """Raises NotAnswerable or Refused."""
    given = _answerable(parameters, settings)
    _require_code_flow(given)
    return Asked(
        redirect_uri=given.redirect_uri,
        scope=_read_scope(given),
        state=given.single("state"),
        nonce=given.single("nonce"),
        challenge=_read_challenge(given),
        prompts=_read_prompts(given),
        max_age_seconds=_read_max_age_seconds(given),
    )


@dataclass(frozen=True)
class _Given:
    """Parameters of a request whose redirect is trusted: the application can be told what is wrong."""

    parameters: Parameters
    redirect_uri: str

    def single(self, name: str) -> str | None:
        """Raises Refused where a parameter is given twice: RFC 6749 section 3.1."""
        values = self.parameters.getlist(name)
        if len(values) > 1:
            raise self.refused("invalid_request", f"{name} is given twice")
        return values[0] if values else None

    def refused(self, error: str, description: str) -> Refused:
        states = self.parameters.getlist("state")
        return Refused(
            error, description, redirect_uri=self.redirect_uri, state=states[0] if len(states) == 1 else None
        )


def _answerable(parameters: Parameters, settings: Settings) -> _Given:
    """Raises NotAnswerable."""
    if parameters.getlist("client_id") != [settings.client_id]:
        raise NotAnswerable("Gatehouse does not know the application that sent you here (client_id).")
    redirect_uris = parameters.getlist("redirect_uri")
    if len(redirect_uris) != 1 or not may_return_to(redirect_uris[0], settings):
        raise NotAnswerable("The application wants you to return to an address that is not registered (redirect_uri).")
    return _Given(parameters, redirect_uris[0])


def _require_code_flow(given: _Given) -> None:
    """Raises Refused."""
    if given.single("request") or given.single("request_uri"):
        raise given.refused("request_not_supported", "request objects are not supported")
    if given.single("response_type") != "code":
        raise given.refused("unsupported_response_type", "only response_type=code is supported")
    if given.single("response_mode") not in (None, "query"):
        raise given.refused("invalid_request", "only response_mode=query is supported")


def _read_scope(given: _Given) -> str:
    """The known scopes among those asked for, in our order. Raises Refused."""
    scopes = (given.single("scope") or "").split()
    if "openid" not in scopes:
        raise given.refused("invalid_scope", "scope must contain openid")
    return " ".join(name for name in KNOWN_SCOPES if name in scopes)


def _read_challenge(given: _Given) -> str:
    """Raises Refused."""
    challenge = given.single("code_challenge") or ""
    if given.single("code_challenge_method") != "S256" or not _S256_CHALLENGE.fullmatch(challenge):
        raise given.refused("invalid_request", "PKCE is required: code_challenge with code_challenge_method=S256")
    return challenge


def _read_prompts(given: _Given) -> frozenset[str]:
    """Raises Refused."""
    prompts = frozenset((given.single("prompt") or "").split())
    if not prompts <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise given.refused("invalid_request", "unknown or contradictory prompt")
    return prompts


def _read_max_age_seconds(given: _Given) -> int | None:
    """Raises Refused."""
    max_age = given.single("max_age")
    if max_age is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", max_age):
        raise given.refused("invalid_request", "max_age must be a number of seconds")
    return int(max_age)
