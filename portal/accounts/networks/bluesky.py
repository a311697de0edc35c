"""Bluesky, and every other server of the AT Protocol: OAuth with PAR, PKCE and DPoP, for who somebody is alone.

Source: atproto.com/specs/oauth. The client is public (no secret); its id is the address of a document that describes
it, or, on a loopback address, the protocol's own id for development. What is handed out is given back at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import ECKey

from portal.accounts.network_account import NetworkAccount
from portal.accounts.networks.atproto import SCOPE, Directory, Repository, Server, is_did, understood
from portal.accounts.networks.calling import NotFoundThere, Wire, json_object
from portal.accounts.networks.dpop import post_with_proof, proof_key
from portal.accounts.networks.provider import Departure, Leaving
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.accounts.verified import VerifiedIdentity
from portal.kernel import clock
from portal.kernel.crypto import Box
from portal.kernel.fetcher import Fetched

log = structlog.get_logger()

CODE = "bluesky"
ISSUER = "https://atproto.com"
"""Of every identity: a DID is the same wherever the account lives, and servers change."""
METADATA_PATH = "/oauth/client-metadata.json"


class Bluesky:
    code = CODE
    name = "Bluesky"
    asks_for = "handle"
    states_auth_time = False
    employees = False

    def __init__(self, wire: Wire, directory: Directory, *, client_name: str, public_url: str, box: Box) -> None:
        self._wire = wire
        self._directory = directory
        self._client_name = client_name
        self._public_url = public_url
        self._box = box

    def begin(self, typed: str, leaving: Leaving) -> Departure:
        named = understood(typed)
        repository = self._directory.repository_of(named if is_did(named) else self._directory.did_of(named))
        if not is_did(named) and repository.handle != named:
            raise NotFoundThere("handle_not_claimed")
        server = self._directory.server_of(repository)
        asked = {
            "client_id": self.client_id(leaving.callback), "response_type": "code", "scope": SCOPE,
            "redirect_uri": leaving.callback, "state": leaving.state, "login_hint": named,
            "code_challenge": create_s256_code_challenge(leaving.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        if leaving.again:
            asked["prompt"] = "login"
        answer = json_object(self._post(server.par_endpoint, asked, leaving))
        pushed = answer.get("request_uri")
        if not isinstance(pushed, str) or not pushed:
            raise NotVouchedFor("no_request_uri")
        query = urlencode({"client_id": asked["client_id"], "request_uri": pushed})
        joint = "&" if urlsplit(server.authorization_endpoint).query else "?"
        return Departure(
            f"{server.authorization_endpoint}{joint}{query}", {"did": repository.did, "issuer": server.issuer}
        )

    def finish(self, memory: Mapping[str, str], answer: Mapping[str, str], leaving: Leaving) -> VerifiedIdentity:
        did, issuer = memory["did"], memory["issuer"]
        if answer.get("iss") != issuer:
            raise NotVouchedFor("answer_of_another_issuer" if answer.get("iss") else "no_issuer_in_answer")
        if not answer.get("code"):
            raise NotVouchedFor("no_code")
        # The account may have moved since: who signs it in is asked anew, and nobody else is believed.
        repository = self._repository(did)
        server = self._directory.server_of(repository)
        if server.issuer != issuer:
            raise NotVouchedFor("issuer_of_another_account")
        form = {
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": leaving.callback,
            "client_id": self.client_id(leaving.callback), "code_verifier": leaving.verifier,
        }  # fmt: skip
        token = json_object(self._post(server.token_endpoint, form, leaving))
        self._give_back(server, str(token.get("access_token") or ""), leaving)
        if token.get("sub") != did:
            raise NotVouchedFor("subject_of_another_account")
        if SCOPE not in str(token.get("scope") or "").split():
            raise NotVouchedFor("scope_not_given")
        return self._identity(repository)

    def typed_for(self, issuer: str, subject: str) -> str:
        return subject

    def client_id(self, callback: str) -> str:
        """The document's address; on loopback the id that says all of itself (specs/oauth, "Localhost Client")."""
        if self._public_url.startswith("https://"):
            return f"{self._public_url}{METADATA_PATH}"
        return f"http://localhost?{urlencode({'redirect_uri': callback, 'scope': SCOPE})}"

    def client_metadata(self, callback: str) -> dict[str, object]:
        """What servers read about us before they ask anybody for consent."""
        return {
            "client_id": f"{self._public_url}{METADATA_PATH}",
            "client_name": self._client_name,
            "client_uri": self._public_url,
            "tos_uri": f"{self._public_url}/terms",
            "redirect_uris": [callback],
            "application_type": "web",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "scope": SCOPE,
            "token_endpoint_auth_method": "none",
            "dpop_bound_access_tokens": True,
        }

    def _repository(self, did: str) -> Repository:
        try:
            return self._directory.repository_of(did)
        except NotFoundThere:
            raise NotVouchedFor("account_gone") from None

    def _identity(self, repository: Repository) -> VerifiedIdentity:
        """With the handle as its account where handle and DID name each other; else only the DID is known."""
        account = None
        if self._directory.names_itself(repository):
            account = NetworkAccount(
                platform=CODE, host="", name=repository.handle, external_id=repository.did,
                profile_url=f"https://bsky.app/profile/{repository.handle}",
            )  # fmt: skip
        return VerifiedIdentity(
            provider=CODE, issuer=ISSUER, subject=repository.did, account=account,
            name=account.name.partition(".")[0] if account else "",
        )  # fmt: skip

    def _post(self, url: str, form: Mapping[str, str], leaving: Leaving) -> Fetched:
        return post_with_proof(self._wire, url, form, key=self._key(leaving), now=clock.now())

    def _key(self, leaving: Leaving) -> ECKey:
        return proof_key(self._box.digest(leaving.state))

    def _give_back(self, server: Server, token: str, leaving: Leaving) -> None:
        """We need it no longer. Best effort: it lapses by itself within minutes."""
        if not token or not server.revocation_endpoint:
            return
        form = {"token": token, "client_id": self.client_id(leaving.callback)}
        try:
            self._post(server.revocation_endpoint, form, leaving)
        except (ProviderUnavailable, NotVouchedFor):
            log.info("token_not_given_back", provider=CODE, issuer=server.issuer)
