"""A page loads the style sheets of all it shows: no class of ours on it that only another page's sheet knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.factories import an_admin
from tests.missions.factories import a_mission

RAIL = {"t"}
"""What the console alone hides: words beside the icons, which stand on every page with a list of links."""
SHEETS = {sheet.name: sheet.read_text() for sheet in Path("static/css").glob("*.css")}
OF_FANS = [
    "/home",
    "/missions",
    "/claims",
    "/rewards",
    "/points",
    "/leagues",
    "/badges",
    "/thanks",
    "/inbox",
    "/profile",
]
OF_STAFF = ["/staff/review", "/staff/missions", "/staff/orders", "/staff/people", "/staff/points/books", "/staff/tiers"]


def styled(sheets: set[str]) -> set[str]:
    """The classes that these sheets know."""
    return {name for sheet in sheets for name in re.findall(r"\.([a-z][a-z0-9-]*)", SHEETS[sheet])}


def unstyled(html: str) -> set[str]:
    """The classes on a page that only sheets know which it does not load."""
    loaded = {
        name for name in re.findall(r'<link rel="stylesheet" href="[^"]*/css/([a-z-]+\.css)', html) if name in SHEETS
    }
    assert loaded, "no sheet was found: the page is no page, or its links are written otherwise"
    used = {name for value in re.findall(r'class="([^"]*)"', html) for name in value.split()}
    return (used & styled(set(SHEETS))) - styled(loaded) - RAIL


def test_public_pages_load_the_sheets_of_what_they_show(sqlite_app: Flask, client: FlaskClient) -> None:
    a_mission(title="Show a mended thing")
    looked_at = set()
    for rule in sqlite_app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()):
            continue
        answer = client.get(rule.rule)
        if answer.status_code != 200 or "<html" not in answer.text:  # refused, a file, or a part of a page
            continue
        looked_at.add(rule.rule)
        assert not unstyled(answer.text), rule.rule
    assert {"/", "/sign-in", "/terms", "/ledger"} <= looked_at
    assert "mission" in client.get("/").text


def test_pages_of_people_load_the_sheets_of_what_they_show(
    sqlite_app: Flask, client_of: Callable[..., FlaskClient]
) -> None:
    browser = client_of(an_admin())
    for path in (*OF_FANS, *OF_STAFF):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert not unstyled(answer.text), path


def test_the_font_that_pages_load_ahead_is_the_one_that_the_sheets_ask_for(
    sqlite_app: Flask, client: FlaskClient
) -> None:
    """Under another address it would be loaded twice."""
    ahead = re.findall(r'rel="preload" href="/static/([^"]+woff2[^"]*)"', client.get("/").text)
    tokens = Path("static/css/tokens.css").read_text()
    assert ahead
    assert ahead == re.findall(r'url\("\.\./(fonts/[^"]+)"\)', tokens)


def test_a_class_of_a_sheet_that_is_not_loaded_is_found() -> None:
    page = '<link rel="stylesheet" href="/static/css/base.css"><p class="mission muted strange">'
    assert unstyled(page) == {"mission", "muted"}
