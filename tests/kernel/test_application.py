"""Addresses from memory are those that Flask would build anew."""

from __future__ import annotations

from enum import StrEnum

import pytest
from flask import Blueprint, Flask, g, request, url_for
from markupsafe import Markup

from portal.kernel.application import Portal


class Colour(StrEnum):
    RED = "red"


@pytest.fixture
def small() -> Portal:
    """A portal with little in it, and with a rule that shows what it was given."""
    app = Portal(__name__)
    app.config["SERVER_NAME"] = None
    rooms = Blueprint("rooms", __name__, url_prefix="/rooms")
    other = Blueprint("other", __name__, url_prefix="/other")
    for blueprint in (rooms, other):
        blueprint.add_url_rule("/<name>", "show", lambda name: name)
    app.register_blueprint(rooms)
    app.register_blueprint(other)
    app.add_url_rule("/flag/<value>", "flag", lambda value: value)
    return app


def fresh(app: Portal, endpoint: str, **values: object) -> str:
    """What Flask itself says."""
    return Flask.url_for(app, endpoint, **values)  # type: ignore[arg-type]


def test_equal_values_of_different_types_have_their_own_addresses(small: Portal) -> None:
    with small.test_request_context():
        for value in (1, True, 1.0, "1", 1, True):
            assert url_for("flag", value=value) == fresh(small, "flag", value=value)
            assert url_for("flag", value="x", more=value) == fresh(small, "flag", value="x", more=value)
        assert url_for("flag", value=1) == "/flag/1"
        assert url_for("flag", value=True) == "/flag/True"


@pytest.mark.parametrize("value", ["a b/c?d&e", "ü", "../x", "<i>", Markup("<i>"), Colour.RED])
def test_text_is_quoted_alike_the_first_time_and_again(small: Portal, value: str) -> None:
    with small.test_request_context():
        for _again in range(2):
            assert url_for("rooms.show", name=value, q=value) == fresh(small, "rooms.show", name=value, q=value)


def test_text_that_is_equal_is_addressed_as_it_would_be_alone(small: Portal) -> None:
    """Markup and members of an enumeration are text too; none of them may answer for another that differs."""
    with small.test_request_context():
        for value in (Markup("<i>&"), "<i>&", Colour.RED, "red"):
            assert url_for("flag", value=value, q=value) == fresh(small, "flag", value=value, q=value)


def test_a_short_endpoint_means_the_room_that_asks(small: Portal) -> None:
    for path, expected in (("/rooms/a", "/rooms/x"), ("/other/a", "/other/x"), ("/rooms/a", "/rooms/x")):
        with small.test_request_context(path):
            assert url_for(".show", name="x") == expected


def test_the_folder_that_the_portal_is_served_from_stands_in_front(small: Portal) -> None:
    for root in ("", "/portal", ""):
        with small.test_request_context("/rooms/a", environ_overrides={"SCRIPT_NAME": root}):
            assert request.root_path == root
            assert url_for("rooms.show", name="x") == f"{root}/rooms/x"


def test_whole_addresses_name_the_host_that_was_asked(small: Portal) -> None:
    for host in ("one.example", "two.example"):
        with small.test_request_context("/", base_url=f"https://{host}"):
            assert url_for("rooms.show", name="x") == "/rooms/x"
            assert url_for("rooms.show", name="x", _external=True) == f"https://{host}/rooms/x"
            assert url_for("rooms.show", name="x", _anchor="end") == "/rooms/x#end"


def test_without_a_request_nothing_comes_from_memory(small: Portal) -> None:
    with small.test_request_context():
        assert url_for("rooms.show", name="x") == "/rooms/x"
    small.config["SERVER_NAME"] = "portal.example"
    with small.app_context():
        assert url_for("rooms.show", name="x") == "http://portal.example/rooms/x"


def test_two_portals_share_no_memory(small: Portal) -> None:
    twin = Portal(__name__)
    twin.add_url_rule("/elsewhere/<value>", "flag", lambda value: value)
    for app, expected in ((small, "/flag/x"), (twin, "/elsewhere/x")):
        with app.test_request_context():
            assert url_for("flag", value="x") == expected


def test_defaults_of_the_portal_itself_depend_on_nothing_of_a_request(sqlite_app: Flask) -> None:
    """`url_defaults` run when an address is built, once: one that asked the request would answer for all of them."""
    with sqlite_app.test_request_context("/missions?as=one"):
        g.locale, first = "de", url_for("static", filename="css/app.css")
    with sqlite_app.test_request_context("/rewards?as=two"):
        assert url_for("static", filename="css/app.css") == first == fresh(sqlite_app, "static", filename="css/app.css")  # type: ignore[arg-type]
    assert list(sqlite_app.url_default_functions) == [None]
    assert [function.__module__ for function in sqlite_app.url_default_functions[None]] == ["portal.kernel.web"]
