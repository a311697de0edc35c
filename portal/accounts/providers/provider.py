"""What the sign-in needs to know of a provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.accounts.verified import VerifiedIdentity


@dataclass(frozen=True)
class Endpoints:
    """Where a provider without OpenID Connect discovery is spoken to."""

    authorize: str
    token: str
    person: str
    """Answers who signed in, to the bearer of an access token."""


@dataclass(frozen=True)
class Provider:
    """One login provider. Without `endpoints` it speaks OpenID Connect and is discovered at its issuer."""

    code: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    form_origins: tuple[str, ...]
    """Origins that its sign-in form passes through; browsers refuse a form's redirect to any other."""
    scope: str = "openid email profile"
    client_auth: str = "client_secret_basic"
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request to sign in."""
    again: Mapping[str, str] = field(default_factory=lambda: {"prompt": "login"})
    """Sent when the person must prove anew who they are."""
    endpoints: Endpoints | None = None
    read_person: Callable[[Provider, dict[str, Any]], VerifiedIdentity] | None = None
    """Makes an identity of the answer of `endpoints.person`; raises KeyError or TypeError for one without an id."""
    pkce: bool = True
    states_auth_time: bool = True
    """False: it never says when somebody typed their password, so a round trip there has to do."""
    answers_by_post: bool = False
    employees: bool = False
    """Who signs in here works for the brand."""
