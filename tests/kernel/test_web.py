"""What every answer carries, and what every bad request gets."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from portal import create_app
from portal.accounts.models import Person
from portal.extensions import db, limiter, who_asks
from portal.kernel import jobs, web
from portal.kernel.limits import TableStorage
from portal.kernel.logs import hide_secrets
from portal.kernel.web import safe_next
from tests.accounts.factories import a_fan
from tests.conftest import settings_for

UNSAFE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/no-such-page", "/healthz"])
def test_every_answer_is_armoured(sqlite_app: Flask, client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert not any(word in sources.split() for sources in policy.values() for word in UNSAFE)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(answer.headers["X-Request-Id"]) == 26


def test_over_https_browsers_stay_there_and_the_cookie_with_them(sqlite_app: Flask, tmp_path: Path) -> None:
    here = "https://portal.example"
    online = create_app(settings_for(tmp_path, database_url=str(db.engine.url), public_url=here, sandbox=False))
    jobs.hint_with(online, None)
    answer = online.test_client().get("/sign-in", base_url=here)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert answer.headers["Set-Cookie"].startswith("__Host-")
    assert "; Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in sqlite_app.test_client().get("/sign-in").headers


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(sqlite_app: Flask, client: FlaskClient) -> None:
    cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie
    assert len(cookie) < 4096


@pytest.mark.parametrize("address", ["/missions", "/missions?kind=share", "/a/b#c", "/"])
def test_next_may_be_a_path_of_ours(address: str) -> None:
    assert safe_next(address, "/home") == address


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "evil", "", None,
     "/\t/evil.example", "/a\r\nSet-Cookie: x", "\\\\evil.example", " //evil.example", "/a\x00b"],
)  # fmt: skip
def test_next_never_leaves(address: str | None) -> None:
    assert safe_next(address, "/home") == "/home"


@given(st.text(max_size=40))
def test_whatever_next_says_it_stays(address: str) -> None:
    result = safe_next(address, "/home")
    assert result.startswith("/")
    assert not result.startswith(("//", "/\\"))
    assert not any(ord(character) < 32 for character in result)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example", "http://[::1"]
)
def test_a_foreign_origin_is_refused(sqlite_app: Flask, client: FlaskClient, origin: str) -> None:
    answer = client.post("/language", data={"locale": "de"}, headers={"Origin": origin})
    assert answer.status_code == 400
    assert client.post("/language", data={"locale": "de"}, headers={"Origin": "http://localhost"}).status_code == 303


def test_a_form_without_its_token_is_refused(sqlite_app: Flask, client: FlaskClient) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/language", data={"locale": "de"})
    assert answer.status_code == 400
    assert b"<h1" in answer.data
    with client.session_transaction() as session:
        assert "locale" not in session


def test_a_choice_of_language_is_kept_and_stays_here(sqlite_app: Flask, client: FlaskClient) -> None:
    answer = client.post("/language", data={"locale": "de", "next": "//evil.example"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert 'lang="de"' in client.get("/sign-in").text
    client.post("/language", data={"locale": "xx"})
    assert 'lang="de"' in client.get("/sign-in").text


def test_a_stranger_is_sent_back_to_pages_and_not_to_what_a_form_does(sqlite_app: Flask, client: FlaskClient) -> None:
    assert client.get("/points?month=2026-10").location == "/sign-in?next=/points?month%3D2026-10"
    assert client.post("/profile/sessions/end-all").location == "/sign-in"


@pytest.mark.parametrize(
    ("stood_on", "onward"),
    [
        ("http://localhost/claims/1/share?again=1", "?next=/claims/1/share?again%3D1"),
        ("http://localhost/profile/edit", "?next=/profile/edit"),
        ("https://evil.example/profile/edit", ""),
        ("http://localhost@evil.example/", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_whose_session_ended_over_a_form_comes_back_to_its_page(
    sqlite_app: Flask, client: FlaskClient, stood_on: str, onward: str
) -> None:
    answer = client.post("/profile/edit", data={"display_name": "Ada"}, headers={"Referer": stood_on})
    assert answer.location == f"/sign-in{onward}"


@pytest.mark.parametrize("checks_tokens", [False, True])
def test_javascript_off_what_was_typed_before_the_session_ended_is_given_back(
    sqlite_app: Flask, client: FlaskClient, checks_tokens: bool
) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = checks_tokens
    typed = {"display_name": "Ada", "text": "Three lines about <b>my</b> jacket.", "api_token": "not to be shown"}
    ours = {"Referer": "http://localhost/profile/edit?a=1"}
    page = client.post("/profile/edit", data=typed, headers=ours)
    assert page.status_code == (400 if checks_tokens else 401)
    assert "Three lines about &lt;b&gt;my&lt;/b&gt; jacket." in page.text.partition("<noscript>")[2]
    assert "not to be shown" not in page.text
    if not checks_tokens:
        assert 'href="/sign-in?next=/profile/edit?a%3D1"' in page.text
    foreign = client.post("/profile/edit", data=typed, headers={"Referer": "https://evil.example/"})
    assert "Three lines" not in foreign.text, "a stranger's form puts no words on our pages"


def test_what_somebody_sees_who_is_signed_in_is_stored_nowhere(
    sqlite_app: Flask, client_of: Callable[[Person], FlaskClient]
) -> None:
    answer = client_of(a_fan()).get("/points", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "Cookie" in answer.headers["Vary"]


def test_a_window_of_a_limit_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = TableStorage(f"portal-table://sqlite:///{tmp_path / 'limits.db'}")
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    assert [counts.incr("ada", 60) for _ in range(3)] == [1, 2, 3]
    monkeypatch.setattr(time, "time", lambda: 1_060.0)
    assert counts.incr("ada", 60) == 1
    assert counts.get_expiry("ada") == 1_120.0


def test_what_can_not_be_counted_is_refused(
    sqlite_app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_storage: TableStorage) -> None:
        raise OperationalError("INSERT", None, Exception("the disk is full"))

    limiter.enabled = True
    monkeypatch.setattr(TableStorage, "_begin", away)
    answer = client.post("/language", data={"locale": "de"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    with client.session_transaction() as session:
        assert "locale" not in session


def test_too_many_writes_get_429_and_a_time(
    sqlite_app: Flask, client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_796_000_000.0)  # the minute that is counted does not end in between
    limiter.enabled = True
    limiter.reset()
    answers = [client.post("/language", data={"locale": "de"}).status_code for _ in range(121)]
    assert answers[:120] == [303] * 120
    last = client.post("/language", data={"locale": "de"})
    assert last.status_code == answers[120] == 429
    assert int(last.headers["Retry-After"]) > 0
    assert b"<h1" in last.data
    assert client.get("/sign-in").status_code == 200, "reading goes on"
    limiter.reset()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("198.51.100.7", "198.51.100.8", False),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.8", False),
    ],
)
def test_one_connection_is_counted_as_one(sqlite_app: Flask, one: str, other: str, same: bool) -> None:
    def counted_as(address: str) -> str:
        with sqlite_app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
            return who_asks()

    assert (counted_as(one) == counted_as(other)) is same


def test_the_page_that_our_requests_point_to_exists(sqlite_app: Flask, client: FlaskClient) -> None:
    agent = sqlite_app.extensions["portal_fetcher"]._policy.user_agent
    path = agent.rsplit("http://127.0.0.1:8000", 1)[1].rstrip(")")
    page = client.get(path)
    assert page.status_code == 200
    assert sqlite_app.config["SETTINGS"].contact in page.text


def test_a_body_of_50_mb_is_413_and_a_page(sqlite_app: Flask, client: FlaskClient) -> None:
    answer = client.post("/language", data={"locale": "x" * 50_000_000})
    assert answer.status_code == 413
    assert b"<h1" in answer.data


def test_a_nul_byte_is_a_plain_400(sqlite_app: Flask, client: FlaskClient) -> None:
    assert client.post("/language", data={"locale": "d\x00e"}).status_code == 400
    assert client.post("/language?next=%00", data={"locale": "de"}).status_code == 400
    assert client.get("/sign-in?next=%00").status_code == 400


def test_a_nul_byte_in_an_address_is_a_page_that_is_not_there(app: Flask, client: FlaskClient) -> None:
    """On PostgreSQL every route that looks for the id in its address broke on it."""
    for address in ("/b/%00", "/downloads/a%00b", "/files/%00", "/nowhere%00"):
        assert client.get(address).status_code == 404, address


def test_a_nul_byte_in_a_body_that_comes_in_chunks_is_a_plain_400(sqlite_app: Flask, client: FlaskClient) -> None:
    body = BytesIO(b"locale=de&next=/%00")
    answer = client.post(
        "/language", input_stream=body, content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    assert answer.status_code == 400


def test_a_form_in_chunks_that_is_too_long_is_refused_and_not_cut(sqlite_app: Flask, client: FlaskClient) -> None:
    """Its length stands nowhere, so what lies beyond the limit would be missing from a form that looks whole."""
    body = BytesIO(b"locale=de&padding=" + b"x" * 13_000_000)
    answer = client.post(
        "/language", input_stream=body, content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    assert answer.status_code == 413
    assert "<h1" in answer.text
    with client.session_transaction() as session:
        assert "locale" not in session


def test_the_log_keeps_no_token_of_an_address(
    sqlite_app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, object]] = []
    monkeypatch.setattr(web.log, "info", lambda event, **values: lines.append(values))
    assert client.get("/unsubscribe/a-token-of-ada").status_code == 404
    client.get("/missions/an-id")
    assert [line["path"] for line in lines] == ["/unsubscribe/<token>", "/missions/an-id"]


def test_a_wrong_method_and_a_wrong_page_tell_the_same(sqlite_app: Flask, client: FlaskClient) -> None:
    assert client.get("/language").status_code == 404
    assert client.get("/nothing").status_code == 404


def test_a_database_that_is_away_is_503_with_a_page(
    sqlite_app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr(db.session, "execute", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert b"<h1" in answer.data
    assert client.get("/healthz").json == {"status": "ok"}


def test_an_error_of_ours_is_a_500_page_without_the_error(
    sqlite_app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(db.session, "execute", broken)
    sqlite_app.config["PROPAGATE_EXCEPTIONS"] = False
    sqlite_app.config["TESTING"] = False
    with caplog.at_level(logging.ERROR):
        answer = client.get("/readyz")
    sqlite_app.config["TESTING"] = True
    sqlite_app.config["PROPAGATE_EXCEPTIONS"] = None
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_metrics_are_for_loopback_or_for_who_has_the_token(sqlite_app: Flask, client: FlaskClient) -> None:
    client.get("/healthz")
    assert 'route="/healthz"' in client.get("/metrics").text
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    refused = {"Authorization": "Bearer "}
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}, headers=refused).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [("Bearer the-one", 200), ("Bearer the-on", 404), ("Bearer another", 404), ("Bearer thé", 404), ("", 404)],
)
def test_from_elsewhere_the_token_alone_opens_the_metrics(
    sqlite_app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, sent: str, status: int
) -> None:
    settings = sqlite_app.config["SETTINGS"].model_copy(update={"metrics_token": SecretStr("the-one")})
    monkeypatch.setitem(sqlite_app.config, "SETTINGS", settings)
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", environ_base=elsewhere, headers={"Authorization": sent}).status_code == status


def test_secrets_never_reach_a_log_line() -> None:
    line = hide_secrets(
        None, "info",
        {"event": "request", "access_token": "abc", "url": "/cb?code=abc&state=def&x=1", "Authorization": "Bearer abc"},
    )  # fmt: skip
    text = json.dumps(line)
    assert "abc" not in text
    assert "def" not in text
    assert "x=1" in text
