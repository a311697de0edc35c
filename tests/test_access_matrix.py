"""Every route × every role: each reaches only what names it (PROMISES P-01). Generated from the URL map."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from portal.accounts.models import Person
from portal.kernel.access import FAN, PERMISSIONS, Permission, Role, access_of
from portal.kernel.base import new_id
from tests.accounts.factories import a_person

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
REACHED = {200, 302, 303, 400, 404, 409, 413, 415, 422}
"""What somebody who may use a route can get without sending anything sensible."""

ENDS_SESSION = {"accounts.sign_out", "accounts.end_every_session"}
REFUSES_FOR_MORE = {"accounts.add_identity"}
"""Answers 403 to who may use it, until they proved again who they are."""
OWN_PROOF = {"accounts.posted_callback", "messages.stop_mail", "postbacks.tell"}
"""Posted by others, with a proof in place of our token: a provider's single-use state, a signed link, a signature."""

Cast = dict[str, FlaskClient]


def permissions_of(name: str) -> frozenset[Permission]:
    if name == "stranger":
        return frozenset()
    return FAN if name == "fan" else FAN | PERMISSIONS[Role(name)]


@pytest.fixture
def cast(sqlite_app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient]) -> Cast:
    """A stranger, a fan, and one of each staff role, each in a browser of their own."""
    people = {"fan": a_person()} | {role.value: a_person(roles=[role]) for role in Role}
    return {"stranger": sqlite_app.test_client()} | {name: client_of(person) for name, person in people.items()}


def routes(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Each rule with an address and a method."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        values = {
            name: 1 if isinstance(kind, IntegerConverter) else new_id() for name, kind in rule._converters.items()
        }
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, address, method


def test_each_role_reaches_only_what_names_it(sqlite_app: Flask, cast: Cast) -> None:
    wrong: list[str] = []
    for rule, address, method in routes(sqlite_app):
        needed = access_of(sqlite_app, rule.endpoint)
        for name, browser in cast.items():
            if rule.endpoint in ENDS_SESSION and name != "stranger":
                continue
            status = browser.open(address, method=method).status_code
            may = needed is None or needed in permissions_of(name)
            if may and status not in REACHED and rule.endpoint not in REFUSES_FOR_MORE:
                wrong.append(f"{name} {method} {address}: {status}, though {needed} is theirs")
            if not may and status != (302 if name == "stranger" else 403):
                wrong.append(f"{name} {method} {address}: {status}, though it needs {needed}")
    assert wrong == []


def test_no_number_in_an_address_is_larger_than_a_database_takes(sqlite_app: Flask, cast: Cast) -> None:
    """Both databases answer a number beyond their integers with an exception, which would be a broken page."""
    broken: list[str] = []
    tried = 0
    for rule in sqlite_app.url_map.iter_rules():
        if not any(isinstance(kind, IntegerConverter) for kind in rule._converters.values()):
            continue
        tried += 1
        address = re.sub(r"<int[^>]*>", str(10**20), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            status = cast["admin"].open(address, method=method).status_code
            if status != 404:
                broken.append(f"{method} {address}: {status}")
    assert tried >= 4
    assert broken == []


def test_a_stranger_is_sent_to_sign_in_and_back(sqlite_app: Flask, cast: Cast) -> None:
    answer = cast["stranger"].get("/missions?kind=share")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/missions?kind%3Dshare"


def test_a_refusal_says_what_the_page_is_for_and_whose_it_is(sqlite_app: Flask, cast: Cast) -> None:
    page = cast["fan"].get(f"/staff/verdicts/shares/{new_id()}")
    assert page.status_code == 403
    assert "This page is for reviewing shares." in page.text
    assert "moderator, manager, admin" in page.text


def test_production_keeps_staff_pages_shut_until_there_is_a_second_factor(sqlite_app: Flask, cast: Cast) -> None:
    settings = sqlite_app.config["SETTINGS"]
    sqlite_app.config["SETTINGS"] = settings.model_copy(update={"env": "production"})
    try:
        reached = [
            f"{method} {address}"
            for rule, address, method in routes(sqlite_app)
            if (needed := access_of(sqlite_app, rule.endpoint)) is not None and needed not in FAN
            and cast["admin"].open(address, method=method).status_code != 403
        ]  # fmt: skip
    finally:
        sqlite_app.config["SETTINGS"] = settings
    assert reached == []


def test_reading_changes_nothing(sqlite_app: Flask, cast: Cast) -> None:
    """A GET that wrote would be a write without CSRF protection (PROMISES P-06)."""
    from sqlalchemy import event

    from portal.extensions import db

    written: list[str] = []
    reading = ""

    def notice(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(f"{reading}: {statement[:80]}")

    event.listen(db.engine, "before_cursor_execute", notice)
    try:
        for _rule, reading, method in routes(sqlite_app):
            if method == "GET":
                for browser in cast.values():
                    browser.get(reading)
    finally:
        event.remove(db.engine, "before_cursor_execute", notice)
    assert written == []


@pytest.mark.parametrize("token", ["", "foreign"])
def test_every_unsafe_request_needs_its_token(sqlite_app: Flask, cast: Cast, token: str) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = True
    got_through = [
        f"{method} {address}"
        for rule, address, method in routes(sqlite_app)
        if method in UNSAFE and rule.endpoint not in OWN_PROOF
        and cast["admin"].open(address, method=method, data={"csrf_token": token}).status_code not in (400, 403)
    ]  # fmt: skip
    assert got_through == []
