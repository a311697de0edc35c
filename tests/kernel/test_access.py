"""Closed unless opened: every route says who may use it, and the app refuses to start otherwise."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.kernel.access import FAN, PERMISSIONS, Permission, Role, access_of, allow, check_every_route, public


def an_app() -> Flask:
    return Flask("test", static_folder="static")


def test_a_route_that_states_nothing_stops_the_start() -> None:
    app = an_app()
    app.add_url_rule("/open", "open", public(lambda: "x"))
    app.add_url_rule("/silent", "silent", lambda: "x")
    with pytest.raises(RuntimeError, match="silent"):
        check_every_route(app)


def test_stated_routes_start() -> None:
    app = an_app()
    app.add_url_rule("/open", "open", public(lambda: "x"))
    app.add_url_rule("/staff", "staff", allow(Permission.REVIEW_SHARES)(lambda: "x"))
    check_every_route(app)
    assert access_of(app, "open") is None
    assert access_of(app, "staff") is Permission.REVIEW_SHARES


def test_no_staff_role_takes_part_by_being_staff() -> None:
    assert all(not permissions & FAN for permissions in PERMISSIONS.values())


def test_only_admins_grant_roles_and_operate() -> None:
    for permission in (Permission.GRANT_ROLES, Permission.OPERATE):
        assert [role for role in Role if permission in PERMISSIONS[role]] == [Role.ADMIN]


def test_marketers_see_no_people() -> None:
    assert Permission.SEE_PEOPLE not in PERMISSIONS[Role.MARKETER]
    assert Permission.REVIEW_SHARES not in PERMISSIONS[Role.MARKETER]
