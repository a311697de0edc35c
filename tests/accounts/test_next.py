"""`next` leads to a page of ours or home, whatever is typed (PROMISES P-11)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.accounts.models import Person
from tests.accounts.factories import a_fan

HERE = "http://portal.example"
PARTS = st.sampled_from(
    [
        "/",
        "//",
        "\\",
        "http:",
        "https:",
        "javascript:",
        "evil.example",
        "@",
        ":",
        "%2f",
        "%5c",
        "\t",
        "\n",
        "?",
        "#",
        ".",
        "missions",
    ]
)


@pytest.fixture
def browser(sqlite_app: Flask, client_of: Callable[[Person], FlaskClient]) -> FlaskClient:
    return client_of(a_fan())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.lists(PARTS, max_size=6).map("".join), st.text(max_size=20)))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https:evil.example")
def test_nobody_is_sent_elsewhere(browser: FlaskClient, typed: str) -> None:
    answer = browser.get("/sign-in", query_string={"next": typed})
    if "\x00" in typed:
        assert answer.status_code == 400
        return
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert location.startswith("/")
    # Browsers take backslashes for slashes and drop tabs and line breaks (WHATWG URL).
    as_a_browser_reads_it = location.replace("\\", "/").replace("\t", "").replace("\r", "").replace("\n", "")
    assert urlsplit(urljoin(HERE, as_a_browser_reads_it)).netloc == urlsplit(HERE).netloc


@pytest.mark.parametrize("path", ["/missions", "/missions?kind=share&page=2", "/guidelines/how-we-talk#tone", "/ä"])
def test_own_pages_are_kept(browser: FlaskClient, path: str) -> None:
    location = browser.get("/sign-in", query_string={"next": path}).headers["Location"]
    assert location.split("?")[0].split("#")[0] in (path.split("?")[0].split("#")[0], "/%C3%A4")
