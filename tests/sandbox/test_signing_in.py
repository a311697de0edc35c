"""The identity provider, met by an independent client: Authlib's, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.sandbox.conftest import PORTAL_URL
from tests.sandbox.running import RunningSandbox, Visitor

CALLBACK = f"{PORTAL_URL}/sign-in/sandbox/callback"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"


class Application:
    """A relying party that follows OpenID Connect, and knows nothing of the sandbox but its issuer."""

    def __init__(self, sandbox: RunningSandbox, *, auth: str = "client_secret_basic") -> None:
        self.clock = sandbox.clock
        self.session = OAuth2Session(
            "portal",
            "sandbox-secret",
            scope="openid profile email",
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            token_endpoint_auth_method=auth,
        )
        self.session.trust_env = False
        self.provider = self.session.get(
            f"{sandbox.settings.issuer}/.well-known/openid-configuration", withhold_token=True
        ).json()

    def address(self, **parameters: str) -> str:
        url, self.state = self.session.create_authorization_url(
            self.provider["authorization_endpoint"],
            **{"code_verifier": VERIFIER, "nonce": "n-1", **parameters},
        )
        return str(url)

    def fetch_token(self, location: str, **changes: str) -> dict[str, Any]:
        token: dict[str, Any] = self.session.fetch_token(
            self.provider["token_endpoint"],
            authorization_response=location,
            **{"code_verifier": VERIFIER, **changes},
        )
        return token

    def claims(self, id_token: str) -> dict[str, Any]:
        """Raises if the signature, issuer, audience or time is wrong."""
        keys = KeySet.import_key_set(self.session.get(self.provider["jwks_uri"], withhold_token=True).json())
        token = jwt.decode(id_token, keys, algorithms=["RS256"])
        jwt.JWTClaimsRegistry(
            now=lambda: int(self.clock().timestamp()),
            iss={"essential": True, "value": self.provider["issuer"]},
            aud={"essential": True, "value": "portal"},
            exp={"essential": True},
            nonce={"essential": True, "value": "n-1"},
        ).validate(token.claims)
        return dict(token.claims)


@pytest.fixture
def application(sandbox: RunningSandbox) -> Iterator[Application]:
    made = Application(sandbox)
    yield made
    made.session.close()


@pytest.fixture
def browser(sandbox: RunningSandbox) -> Visitor:
    return sandbox.visitor()


def sign_in(browser: Visitor, address: str, subject: str, *, answer: str = "allow") -> str:
    """Choose an account, answer the question, and return where the browser is sent."""
    page = browser.follow(browser.open(address))
    if page.url.endswith("/account"):
        page = browser.follow(browser.send(page.url, subject=subject))
    assert page.url.endswith("/consent"), page.text
    return browser.send(page.url, answer=answer).headers["Location"]


def parameters_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def signed_in(application: Application, browser: Visitor, subject: str = "maya", **parameters: str) -> dict[str, Any]:
    token = application.fetch_token(sign_in(browser, application.address(**parameters), subject))
    return application.claims(token["id_token"])


def test_a_person_signs_in_and_the_application_learns_who_they_are(application: Application, browser: Visitor) -> None:
    location = sign_in(browser, application.address(), "maya")
    assert location.startswith(f"{CALLBACK}?")
    assert parameters_of(location)["state"] == application.state
    assert parameters_of(location)["iss"] == application.provider["issuer"]

    token = application.fetch_token(location)
    claims = application.claims(token["id_token"])
    told = {
        "sub": "maya",
        "name": "Maya Okafor",
        "given_name": "Maya",
        "family_name": "Okafor",
        "email": "maya.okafor@example.org",
        "email_verified": True,
        "locale": "en-GB",
        "zoneinfo": "Europe/London",
    }
    assert told.items() <= claims.items()
    assert "picture" not in claims
    assert application.session.get(application.provider["userinfo_endpoint"]).json() == told


def test_only_what_the_scope_opens_is_told(application: Application, browser: Visitor) -> None:
    claims = signed_in(application, browser, scope="openid")
    assert claims["sub"] == "maya"
    assert not {"name", "email", "locale"} & claims.keys()


def test_the_secret_may_be_posted_in_the_form(sandbox: RunningSandbox, browser: Visitor) -> None:
    application = Application(sandbox, auth="client_secret_post")
    assert signed_in(application, browser)["sub"] == "maya"
    application.session.close()


def test_a_person_who_cancels_is_sent_back_without_a_code(application: Application, browser: Visitor) -> None:
    back = parameters_of(sign_in(browser, application.address(), "maya", answer="cancel"))
    assert back["error"] == "access_denied"
    assert back["state"] == application.state
    assert "code" not in back


def test_an_account_made_by_hand_has_its_own_subject_and_may_be_unverified(
    application: Application, browser: Visitor
) -> None:
    page = browser.follow(browser.open(application.address()))
    new_account = page.url.replace("/account", "/new-account")
    browser.open(new_account)
    fields = {"name": "Maya O'Twin", "locale": "en-GB", "zoneinfo": "Europe/Berlin"}
    wrong = browser.send(new_account, email="no address", **fields)
    assert wrong.status_code == 422
    assert "Maya O&#39;Twin" in wrong.text  # nothing typed is lost
    page = browser.follow(browser.send(new_account, email="maya.okafor@example.org", **fields))
    claims = application.claims(
        application.fetch_token(browser.send(page.url, answer="allow").headers["Location"])["id_token"]
    )
    assert claims["email"] == "maya.okafor@example.org"
    assert claims["email_verified"] is False
    assert claims["sub"] != "maya"


def test_the_browser_stays_signed_in_until_it_signs_out(application: Application, browser: Visitor) -> None:
    signed_in(application, browser, "nils")
    page = browser.follow(browser.open(application.address()))
    assert "Continue as Nils?" in page.text

    browser.open("/oidc/account")
    browser.send("/oidc/account/sign-out")
    assert browser.follow(browser.open(application.address())).url.endswith("/account")


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}])
def test_an_application_can_ask_for_a_fresh_sign_in(
    application: Application, browser: Visitor, sandbox: RunningSandbox, asked: dict[str, str]
) -> None:
    first = signed_in(application, browser)
    sandbox.clock.advance(minutes=5)

    page = browser.follow(browser.open(application.address(**asked)))
    assert page.url.endswith("/account")
    consent = page.url.replace("/account", "/consent")
    assert browser.follow(browser.send(consent, answer="allow")).url == page.url, "the old sign-in must not do"
    again = signed_in(application, browser, **asked)
    assert again["auth_time"] >= first["auth_time"] + 300


def test_a_recent_enough_sign_in_keeps_its_time(
    application: Application, browser: Visitor, sandbox: RunningSandbox
) -> None:
    first = signed_in(application, browser)
    sandbox.clock.advance(minutes=5)
    assert signed_in(application, browser, max_age="600")["auth_time"] == first["auth_time"]


def test_without_a_page_only_a_known_answer_is_given(
    application: Application, browser: Visitor, sandbox: RunningSandbox
) -> None:
    def silently(**parameters: str) -> dict[str, str]:
        return parameters_of(browser.open(application.address(prompt="none", **parameters)).headers["Location"])

    assert silently()["error"] == "login_required"
    signed_in(application, browser, scope="openid")
    assert silently()["error"] == "consent_required"
    assert "code" in silently(scope="openid")
    sandbox.clock.advance(minutes=5)
    assert silently(scope="openid", max_age="60")["error"] == "login_required"


def test_permission_can_be_taken_back(application: Application, browser: Visitor) -> None:
    signed_in(application, browser)
    browser.open("/oidc/account")
    browser.send("/oidc/account/forget")
    back = parameters_of(browser.open(application.address(prompt="none")).headers["Location"])
    assert back["error"] == "consent_required"


def test_another_browser_cannot_answer_the_question(
    application: Application, browser: Visitor, sandbox: RunningSandbox
) -> None:
    page = browser.follow(browser.open(application.address()))
    stranger = sandbox.visitor()
    assert stranger.open(page.url).status_code == 404
    stranger.open("/perch/sign-in")
    assert stranger.send(page.url, subject="maya").status_code == 404


def test_a_question_is_answered_once(application: Application, browser: Visitor) -> None:
    page = browser.follow(browser.open(application.address()))
    page = browser.follow(browser.send(page.url, subject="maya"))
    assert "code=" in browser.send(page.url, answer="allow").headers["Location"]
    again = browser.send(page.url, answer="allow")
    assert again.status_code == 404
    assert "Location" not in again.headers


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://evil.example/sign-in/callback",
        f"{PORTAL_URL}.evil.example/",
        f"{PORTAL_URL}@evil.example/",
        f"{PORTAL_URL}0/",
        "http://localhost:9/",
        f"{PORTAL_URL}/x#fragment",
        f"{PORTAL_URL}\\@evil.example/",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_unregistered_return_address_is_never_followed(
    application: Application, browser: Visitor, redirect_uri: str
) -> None:
    answer = browser.open(application.address(redirect_uri=redirect_uri))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_further_client_origin_is_served(application: Application, browser: Visitor) -> None:
    location = sign_in(browser, application.address(redirect_uri="http://127.0.0.1:10/any/path?kept=1"), "maya")
    assert location.startswith("http://127.0.0.1:10/any/path?kept=1&")


def test_an_unknown_application_is_turned_away(application: Application, browser: Visitor) -> None:
    address = application.address().replace("client_id=portal", "client_id=another")
    answer = browser.open(address)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "too-short"}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
    ],
)
def test_a_wrong_question_is_answered_with_its_error(
    application: Application, browser: Visitor, changes: dict[str, str], error: str
) -> None:
    asked = {
        "client_id": "portal",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "state": "s-1",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }
    answer = browser.session.get(application.provider["authorization_endpoint"], params=asked, allow_redirects=False)
    back = parameters_of(answer.headers["Location"])
    assert (back["error"], back["state"], back["iss"]) == (error, "s-1", application.provider["issuer"])


def token_request(application: Application, location: str, **changes: str) -> requests.Response:
    """The bare request to the token endpoint, so that a test sees the bare answer."""
    form = {
        "grant_type": "authorization_code",
        "code": parameters_of(location)["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    with requests.Session() as session:
        session.trust_env = False
        return session.post(application.provider["token_endpoint"], data=form, auth=("portal", "sandbox-secret"))


def test_a_code_shown_twice_is_refused_and_takes_back_what_it_gave(application: Application, browser: Visitor) -> None:
    location = sign_in(browser, application.address(), "maya")
    application.fetch_token(location)
    assert application.session.get(application.provider["userinfo_endpoint"]).status_code == 200

    again = token_request(application, location)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert application.session.get(application.provider["userinfo_endpoint"]).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "another-verifier-that-is-long-enough-to-be-one"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"code": "no-such-code"},
    ],
    ids=["verifier", "redirect_uri", "code"],
)
def test_a_code_is_bound_to_its_question(application: Application, browser: Visitor, changes: dict[str, str]) -> None:
    answer = token_request(application, sign_in(browser, application.address(), "maya"), **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert "id_token" not in answer.json()


def test_a_wrong_verifier_uses_the_code_up(application: Application, browser: Visitor) -> None:
    location = sign_in(browser, application.address(), "maya")
    assert token_request(application, location, code_verifier="guess" * 10).status_code == 400
    assert token_request(application, location).status_code == 400


@pytest.mark.parametrize(("seconds", "status"), [(55, 200), (61, 400)])
def test_a_code_lives_for_a_minute(
    application: Application, browser: Visitor, sandbox: RunningSandbox, seconds: int, status: int
) -> None:
    location = sign_in(browser, application.address(), "maya")
    sandbox.clock.advance(seconds=seconds)
    assert token_request(application, location).status_code == status


def test_an_access_token_lives_for_ten_minutes(
    application: Application, browser: Visitor, sandbox: RunningSandbox
) -> None:
    access_token = application.fetch_token(sign_in(browser, application.address(), "maya"))["access_token"]
    bearer = {"Authorization": f"Bearer {access_token}"}
    assert sandbox.get("/oidc/userinfo", headers=bearer).status_code == 200
    sandbox.clock.advance(minutes=10)
    assert sandbox.get("/oidc/userinfo", headers=bearer).status_code == 401


def test_a_token_without_a_verifier_is_refused(application: Application, browser: Visitor) -> None:
    answer = token_request(application, sign_in(browser, application.address(), "maya"), code_verifier="")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "credentials", [{"auth": ("portal", "wrong")}, {"auth": ("other", "sandbox-secret")}, {}], ids=repr
)
def test_the_application_has_to_prove_itself(
    application: Application, browser: Visitor, credentials: dict[str, Any]
) -> None:
    location = sign_in(browser, application.address(), "maya")
    form = {
        "grant_type": "authorization_code",
        "code": parameters_of(location)["code"],
        "redirect_uri": CALLBACK,
    }
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            application.provider["token_endpoint"], data={**form, "code_verifier": VERIFIER}, **credentials
        )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" in answer.headers
    assert token_request(application, location).status_code == 200, "a stranger's try must not use the code up"


def test_the_private_key_is_not_published(sandbox: RunningSandbox) -> None:
    (key,) = sandbox.get("/oidc/jwks.json").json()["keys"]
    assert key["kty"] == "RSA"
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()


def test_the_consent_form_may_lead_to_the_application_and_nowhere_else(
    application: Application, browser: Visitor
) -> None:
    page = browser.follow(browser.open(application.address()))
    page = browser.follow(browser.send(page.url, subject="maya"))
    (directive,) = re.findall(r"form-action ([^;]*)", page.headers["Content-Security-Policy"])
    assert directive == f"'self' {PORTAL_URL}"


def test_a_style_sheet_that_comes_late_changes_nobodys_choice(
    browser: Visitor, application: Application, sandbox: RunningSandbox
) -> None:
    """Asked for with the list of accounts, sent after one was chosen: with a cookie, it would undo the choice."""
    page = browser.follow(browser.open(application.address()))
    assert browser.follow(browser.send(page.url, subject="maya")).url.endswith("/consent")
    style = browser.open(f"{sandbox.url}/static/sandbox.css")
    assert style.status_code == 200
    assert "Set-Cookie" not in style.headers
