"""Each real part answers real messages; what the other tests lean on is shown here once."""

import smtplib
import sys
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask
from joserfc.errors import JoseError
from playwright.sync_api import Browser, Playwright, expect
from sqlalchemy import create_engine, make_url, text
from werkzeug.test import TestResponse

from tests.servers.browser import accessibility_violations, assert_accessible
from tests.servers.hostile_oidc import ABSENT, LIES, Bend, HostileProvider
from tests.servers.mastodon import MastodonServer
from tests.servers.oidc import OidcServer
from tests.servers.postgres import PostgresServer
from tests.servers.process import HOST, Process, ProcessError, free_port, is_listening
from tests.servers.redis import RedisServer
from tests.servers.smtp import SmtpServer

CALLBACK = "http://localhost/callback"


# Processes


def test_a_process_that_ends_early_shows_its_log(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", "raise SystemExit('no paper')"], log=tmp_path / "log", ready_line="ready")
    with pytest.raises(ProcessError, match="no paper"):
        process.start()


def test_a_process_that_never_gets_ready_is_ended_and_shows_its_log(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo still thinking; exec sleep 600"]
    process = Process(command, log=tmp_path / "log", ready_line="ready", deadline_seconds=2)
    with pytest.raises(ProcessError, match="still thinking"):
        process.start()
    assert not process.is_running


def test_a_process_deaf_to_sigterm_is_ended_all_the_same(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
    process = Process([sys.executable, "-c", code], log=tmp_path / "log", ready_line="ready").start()
    assert process.stop(patience_seconds=0.2) == -9
    assert not process.is_running


def test_ready_is_not_read_from_the_log_of_an_earlier_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("ready\n")
    process = Process([sys.executable, "-c", "input()"], log=log, ready_line="ready", deadline_seconds=0.5)
    with pytest.raises(ProcessError):
        process.start()


# PostgreSQL


def test_databases_are_copies_of_their_template_and_strangers_to_each_other(
    postgres_server: PostgresServer,
) -> None:
    template = postgres_server.create_database()
    _run(template, "CREATE TABLE note (words text)", "INSERT INTO note VALUES ('kept')")
    one, other = postgres_server.create_database(template), postgres_server.create_database(template)
    _run(one, "INSERT INTO note VALUES ('mine')")
    assert (_notes(one), _notes(other)) == (["kept", "mine"], ["kept"])
    postgres_server.drop(one)
    assert postgres_server.create_database(template, name=make_url(one).database) == one
    assert _notes(one) == ["kept"]
    for url in (one, other, template):
        postgres_server.drop(url)
    with pytest.raises(Exception, match="does not exist"):
        _notes(one)


def test_a_durable_cluster_keeps_what_it_acknowledged_through_kill_9(
    make_postgres: Callable[..., PostgresServer],
) -> None:
    server = make_postgres(durable=True)
    url = server.create_database()
    _run(url, "CREATE TABLE note (words text)", "INSERT INTO note VALUES ('kept')")
    server.kill()
    assert not is_listening(server.port)
    server.start()
    assert _notes(url) == ["kept"]


def test_postgres_listens_on_loopback_alone(postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.url.replace("+psycopg", "")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == (HOST,)


def _run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _notes(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(text("SELECT words FROM note ORDER BY words")).scalars())
    finally:
        engine.dispose()


# Redis


def test_redis_keeps_a_value_and_writes_no_file(redis_server: RedisServer, server_logs: Path) -> None:
    client = redis.Redis.from_url(redis_server.url, decode_responses=True)
    client.set("greeting", "hello", ex=60)
    assert client.get("greeting") == "hello"
    assert client.config_get("save")["save"] == ""
    assert client.config_get("bind")["bind"] == HOST
    assert not list(server_logs.glob("*.rdb"))
    client.close()


# SMTP


def test_mail_arrives_as_it_was_written(smtp_server: SmtpServer) -> None:
    with smtplib.SMTP(HOST, smtp_server.port) as client:
        client.send_message(_letter())
    (letter,) = smtp_server.wait_for(1)
    assert letter.message["Subject"] == "Grüße 🏔"
    assert letter.recipients == ("ada@fans.example",)
    assert letter.text().strip() == "Hello"
    assert letter.html().strip() == "<p>Hello</p>"


def test_mail_is_refused_once_as_ordered(smtp_server: SmtpServer) -> None:
    smtp_server.answer_next("451 4.3.0 try later")
    smtp_server.answer_next("550 5.1.1 no such person", to="RCPT")
    with smtplib.SMTP(HOST, smtp_server.port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.send_message(_letter())
        with pytest.raises(smtplib.SMTPDataError, match="try later"):
            client.send_message(_letter())
        assert smtp_server.messages == []
        client.send_message(_letter())
    assert len(smtp_server.messages) == 1


def test_mail_needs_the_login_where_one_is_set(smtp_server_with_login: SmtpServer) -> None:
    login = urlsplit(smtp_server_with_login.url)
    with smtplib.SMTP(HOST, smtp_server_with_login.port) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.send_message(_letter())
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(str(login.username), "wrong")
        assert smtp_server_with_login.messages == []
        client.login(str(login.username), str(login.password))
        client.send_message(_letter())
    assert len(smtp_server_with_login.messages) == 1


def _letter() -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = "Grüße 🏔", "hello@portal.example", "ada@fans.example"
    letter.set_content("Hello")
    letter.add_alternative("<p>Hello</p>", subtype="html")
    return letter


# OpenID Connect: a client of Authlib's, as bare as it can be, against both providers


def client_of(server: OidcServer | HostileProvider) -> Flask:
    """/login starts a sign-in; /callback answers with what was learnt about the person."""
    app = Flask(__name__)
    app.secret_key = "only for this test"
    oauth = OAuth(app)
    oauth.register(
        "peer",
        client_id=server.client_id,
        client_secret=server.client_secret,
        server_metadata_url=f"{server.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )

    @app.get("/login")
    def login() -> Any:
        return oauth.peer.authorize_redirect(CALLBACK)

    @app.get("/callback")
    def callback() -> Any:
        token = oauth.peer.authorize_access_token()
        return {"id_token": token.get("userinfo"), "userinfo": oauth.peer.userinfo(token=token)}

    return app


def test_a_person_signs_in_at_an_independent_provider(either_oidc_server: OidcServer) -> None:
    either_oidc_server.allow_redirect(CALLBACK)
    either_oidc_server.add_person("ada", email="ada@fans.example", email_verified=True, name="Ada")
    browser = client_of(either_oidc_server).test_client()
    learnt = browser.get(either_oidc_server.approve(browser.get("/login").location, "ada")).get_json()
    assert learnt["id_token"]["iss"] == either_oidc_server.issuer
    assert learnt["userinfo"] | {"sub": "ada", "email": "ada@fans.example", "name": "Ada"} == learnt["userinfo"]
    assert ("email" in learnt["id_token"]) == either_oidc_server.claims_in_id_token


def test_a_second_sign_in_asks_nothing_and_a_cancelled_one_says_so(oidc_server: OidcServer) -> None:
    oidc_server.allow_redirect(CALLBACK)
    oidc_server.add_person("bo")
    browser, http = client_of(oidc_server).test_client(), requests.Session()
    oidc_server.approve(browser.get("/login").location, "bo", http=http)
    silent = http.get(browser.get("/login").location, allow_redirects=False)
    assert silent.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert "error=access_denied" in oidc_server.cancel(browser.get("/login").location)


def test_a_callback_that_was_not_allowed_is_not_redirected_to(oidc_server: OidcServer) -> None:
    location = client_of(oidc_server).test_client().get("/login").location
    foreign = location.replace("localhost%2Fcallback", "elsewhere.example%2F")
    assert foreign != location
    with pytest.raises(AssertionError, match="redirect_uri"):
        oidc_server.approve(foreign, "ada")


@pytest.fixture
def listening_portal() -> Iterator[tuple[str, list[str]]]:
    """Where something listens that says welcome, and the paths it was asked for."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", "default-src 'none'; require-trusted-types-for 'script'")
            self.end_headers()
            self.wfile.write(b"welcome")

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer((HOST, free_port()), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def test_sign_in_goes_on_into_a_portal_that_listens(
    oidc_server: OidcServer, listening_portal: tuple[str, list[str]]
) -> None:
    origin, seen = listening_portal
    oidc_server.allow_redirect(f"{origin}/callback")
    oidc_server.add_person("cy")
    started = requests.Response()
    started.headers["Location"] = (
        client_of(oidc_server).test_client().get("/login").location.replace("http%3A%2F%2Flocalhost", origin)
    )
    assert oidc_server.sign_in(requests.Session(), started, "cy").text == "welcome"
    assert set(parse_qs(urlsplit(seen[-1]).query)) >= {"code", "state", "iss"}


def test_the_hostile_provider_is_accepted_while_it_is_honest(hostile_oidc: HostileProvider) -> None:
    hostile_oidc.next_sign_in("ada", email="ada@fans.example", email_verified="true")
    answer = _sign_in_at(hostile_oidc)
    assert answer.get_json()["id_token"]["email_verified"] == "true"
    assert hostile_oidc.token_requests[0]["code_verifier"]


def test_absent_claims_are_absent(hostile_oidc: HostileProvider) -> None:
    hostile_oidc.next_sign_in("ada", email="ada@fans.example", email_verified=ABSENT)
    assert "email_verified" not in _sign_in_at(hostile_oidc).get_json()["id_token"]


# The bare client believes these: the portal has to refuse them itself, and its own tests show that it does.
LEFT_TO_THE_PORTAL = {
    "no ID token",
    "empty subject",
    "userinfo of somebody else",
    "callback names another issuer",
}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_reaches_a_bare_client(hostile_oidc: HostileProvider, lie: str) -> None:
    hostile_oidc.next_sign_in("ada", LIES[lie])
    if lie in LEFT_TO_THE_PORTAL:
        assert _sign_in_at(hostile_oidc).status_code == 200
    else:
        with pytest.raises((AuthlibBaseError, JoseError, requests.HTTPError)):
            _sign_in_at(hostile_oidc)


def test_a_code_is_good_once_unless_bent(hostile_oidc: HostileProvider) -> None:
    for bend, second in ((Bend(), 400), (Bend(codes_reusable=True), 200)):
        hostile_oidc.next_sign_in("ada", bend)
        _sign_in_at(hostile_oidc)
        sent = hostile_oidc.token_requests[-1]
        login = (hostile_oidc.client_id, hostile_oidc.client_secret)
        assert requests.post(f"{hostile_oidc.issuer}/token", sent, auth=login).status_code == second


def _sign_in_at(provider: HostileProvider) -> TestResponse:
    app = client_of(provider)
    app.testing = True
    browser = app.test_client()
    return browser.get(provider.approve(browser.get("/login").location))


# Mastodon


def test_a_post_is_published_edited_and_deleted(mastodon_server: MastodonServer) -> None:
    ada = mastodon_server.add_account("ada")
    status = mastodon_server.post(ada, "On the ridge #trailmates")
    api = f"{mastodon_server.url}/api/v1/statuses/{status['id']}"
    assert status["url"].startswith(f"{mastodon_server.url}/@ada/")
    assert "On the ridge" in requests.get(api).json()["content"]
    mastodon_server.edit(ada, status["id"], "Back home")
    edited = requests.get(api).json()
    assert "Back home" in edited["content"]
    assert edited["edited_at"] is not None
    mastodon_server.delete(ada, status["id"])
    assert requests.get(api).status_code == 404


def test_a_profile_says_what_its_owner_wrote(mastodon_server: MastodonServer) -> None:
    bo = mastodon_server.add_account("bo")
    mastodon_server.set_note(bo, "portal-code-123")
    profile = requests.get(f"{mastodon_server.url}/api/v1/accounts/lookup", {"acct": "bo"}).json()
    assert (profile["id"], profile["note"]) == (bo.id, "portal-code-123")


def test_an_application_gets_a_token_that_speaks_for_the_person(mastodon_server: MastodonServer) -> None:
    cy = mastodon_server.add_account("cy")
    application = mastodon_server.register_application(redirect_uri=CALLBACK)
    token = mastodon_server.obtain_token(application, cy, redirect_uri=CALLBACK)
    me = requests.get(
        f"{mastodon_server.url}/api/v1/accounts/verify_credentials",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert me.json()["username"] == "cy"


def test_a_server_in_trouble_is_well_again_afterwards(mastodon_server: MastodonServer) -> None:
    address = f"{mastodon_server.url}/api/v2/instance"
    with mastodon_server.in_trouble("ratelimit", path="/api/v2/*"):
        limited = requests.get(address)
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "300")
    with mastodon_server.in_trouble("status", status=503):
        assert requests.get(address).status_code == 503
    with mastodon_server.in_trouble("malformed"), pytest.raises(requests.JSONDecodeError):
        requests.get(address).json()
    assert requests.get(address).json()["domain"] == mastodon_server.host


# The browser


def test_axe_names_what_is_wrong_and_is_content_with_what_is_right(browser: Browser, playwright: Playwright) -> None:
    context = browser.new_context(**playwright.devices["Pixel 7"], locale="de-DE", color_scheme="dark")
    page = context.new_page()
    page.set_content("<html lang='en'><title>t</title><main><h1>Hello</h1><img src='x'></main></html>")
    assert "image-alt (critical)" in "".join(accessibility_violations(page))
    with pytest.raises(AssertionError, match="image-alt"):
        assert_accessible(page)
    page.set_content("<html lang='en'><title>t</title><main><h1>Hello</h1></main></html>")
    expect(page.get_by_role("heading")).to_have_text("Hello")
    assert_accessible(page)
    context.close()


def test_the_browser_reaches_loopback_and_nothing_else(
    browser: Browser, listening_portal: tuple[str, list[str]]
) -> None:
    page = browser.new_page()
    answer = page.goto(listening_portal[0])
    assert answer is not None
    assert answer.text() == "welcome"
    # A policy that allows no script keeps axe from nothing.
    assert "html-has-lang (serious)" in "".join(accessibility_violations(page))
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://portal.example/")
    page.close()
