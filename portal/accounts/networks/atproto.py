"""Who is who in the AT Protocol: a handle leads to a DID, the DID to its server, and that to whoever signs people in.

Sources: atproto.com/specs/handle, /specs/did and /specs/oauth ("Authorization Servers", "Identity Authentication");
RFC 8414 and RFC 9728 for the two documents. A handle counts only where it and its DID name each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portal.accounts.networks.calling import NotFoundThere, Wire
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.kernel.fetcher import read_json

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HANDLE = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_PLC = re.compile(r"did:plc:[a-z2-7]{24}")
_WEB = re.compile(rf"did:web:((?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9])")
_PROFILE = re.compile(r"(?:https?://)?(?:www\.)?bsky\.app/profile/([^/?#\s]+).*", re.I)
HANDLE_LENGTH_MAX = 253
SCOPE = "atproto"
"""No more than who somebody is: nothing can be read or written with it."""


@dataclass(frozen=True)
class Repository:
    """An account as its DID document describes it."""

    did: str
    handle: str
    """What the document claims; empty for none."""
    server: str
    """Origin of its data server."""


@dataclass(frozen=True)
class Server:
    """Who signs people in for a data server."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    par_endpoint: str
    revocation_endpoint: str


def understood(typed: str) -> str:
    """A handle or DID in what somebody typed. Raises NotFoundThere."""
    text = typed.strip()
    page = _PROFILE.fullmatch(text)
    text = (page[1] if page else text).removeprefix("at://").removeprefix("@").lower()
    if text and "." not in text and ":" not in text:
        text = f"{text}.bsky.social"  # what most people leave out
    if len(text) > HANDLE_LENGTH_MAX or not (_HANDLE.fullmatch(text) or is_did(text)):
        raise NotFoundThere("no_handle")
    return text


def is_did(text: str) -> bool:
    return bool(_PLC.fullmatch(text) or _WEB.fullmatch(text))


class Directory:
    """Looks accounts and servers up, every time anew: they may have moved."""

    def __init__(self, wire: Wire, *, resolver: str, plc: str) -> None:
        self._wire = wire
        self._resolver = resolver
        self._plc = plc

    def did_of(self, handle: str) -> str:
        """Raises NotFoundThere or ProviderUnavailable."""
        try:
            answer = self._wire.ask(f"{self._resolver}/xrpc/com.atproto.identity.resolveHandle?handle={quote(handle)}")
            found = _text(answer.text, "did") if answer.status == 200 else ""
        except ProviderUnavailable:
            found = self._named_by_its_host(handle)
        if not is_did(found):
            raise NotFoundThere("unknown_handle")
        return found

    def repository_of(self, did: str) -> Repository:
        """Raises NotFoundThere, ProviderUnavailable or NotVouchedFor."""
        web = _WEB.fullmatch(did)
        answer = self._wire.ask(f"https://{web[1]}/.well-known/did.json" if web else f"{self._plc}/{did}")
        if answer.status in (404, 410):
            raise NotFoundThere("unknown_handle")
        document = _document(answer.text)
        if answer.status != 200 or document.get("id") != did:
            raise NotVouchedFor("did_document_of_another")
        server = next(
            (each.get("serviceEndpoint") for each in _dicts(document.get("service"))
             if each.get("id") in ("#atproto_pds", f"{did}#atproto_pds")
             and each.get("type") == "AtprotoPersonalDataServer"),
            None,
        )  # fmt: skip
        if not self._wire.is_origin(server):
            raise NotVouchedFor("no_data_server")
        names = [name for name in document.get("alsoKnownAs") or [] if isinstance(name, str)]
        handle = next((name[len("at://") :].lower() for name in names if name.startswith("at://")), "")
        return Repository(did, handle if _HANDLE.fullmatch(handle) else "", str(server))

    def names_itself(self, repository: Repository) -> bool:
        """Does the handle that the DID claims lead back to the same DID?"""
        try:
            return bool(repository.handle) and self.did_of(repository.handle) == repository.did
        except NotFoundThere:
            return False

    def server_of(self, repository: Repository) -> Server:
        """Who signs people in for this account. Raises ProviderUnavailable or NotVouchedFor."""
        resource = self._wire.ask_json(f"{repository.server}/.well-known/oauth-protected-resource")
        named = resource.get("authorization_servers")
        if resource.get("resource") != repository.server or not isinstance(named, list) or len(named) != 1:
            raise NotVouchedFor("data_server_of_another")
        if not self._wire.is_origin(named[0]):
            raise NotVouchedFor("address:issuer")
        return self._server_at(str(named[0]))

    def _server_at(self, issuer: str) -> Server:
        told = self._wire.ask_json(f"{issuer}/.well-known/oauth-authorization-server")
        if told.get("issuer") != issuer:
            raise NotVouchedFor("wrong_issuer_in_discovery")
        wanted = {
            "code_challenge_methods_supported": "S256", "dpop_signing_alg_values_supported": "ES256",
            "scopes_supported": SCOPE, "token_endpoint_auth_methods_supported": "none",
        }  # fmt: skip
        if not all(value in (told.get(name) or []) for name, value in wanted.items()):
            raise NotVouchedFor("server_lacks_something")
        if not (told.get("authorization_response_iss_parameter_supported") is True
                and told.get("client_id_metadata_document_supported") is True):  # fmt: skip
            raise NotVouchedFor("server_lacks_something")
        return Server(
            issuer=issuer,
            authorization_endpoint=self._endpoint(told, "authorization_endpoint"),
            token_endpoint=self._endpoint(told, "token_endpoint"),
            par_endpoint=self._endpoint(told, "pushed_authorization_request_endpoint"),
            revocation_endpoint=str(told.get("revocation_endpoint") or ""),
        )

    def _endpoint(self, told: dict[str, Any], name: str) -> str:
        """Raises NotVouchedFor for one that is missing or that we don't speak to."""
        self._wire.check_address(told.get(name))
        return str(told[name])

    def _named_by_its_host(self, handle: str) -> str:
        """The handle's own answer (atproto.com/specs/handle, the HTTPS way), while the resolver is down."""
        origin = self._wire.origin_of_host(handle)
        answer = self._wire.ask(f"{origin}/.well-known/atproto-did", accept=("text/plain",))
        return answer.text.strip() if answer.status == 200 else ""


def _document(text: str) -> dict[str, Any]:
    try:
        found = read_json(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(text: str, name: str) -> str:
    found = _document(text).get(name)
    return found if isinstance(found, str) else ""
