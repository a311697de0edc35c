"""Staff roles: who gets them, how, and that the trail says so (PROMISES P-03, P-04, P-20)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import roles
from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import PERMISSIONS, Permission, Role
from portal.kernel.audit import AuditEntry, first_altered
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.conftest import is_signed_in
from tests.accounts.factories import a_fan, a_person, an_admin

ClientOf = Callable[[Person], FlaskClient]

MAY = {
    (): {Permission.TAKE_PART},
    (Role.MODERATOR,): {Permission.TAKE_PART, Permission.USE_QUEUE, Permission.REVIEW_SHARES},
    (Role.MODERATOR, Role.MARKETER): {
        Permission.TAKE_PART,
        Permission.USE_QUEUE,
        Permission.REVIEW_SHARES,
        Permission.MANAGE_MISSIONS,
        Permission.MANAGE_CAMPAIGNS,
        Permission.MANAGE_REWARDS,
    },
    (Role.ADMIN,): set(Permission),
}


@pytest.mark.parametrize("held", MAY, ids=lambda held: "+".join(held) or "fan")
def test_roles_are_sets_of_permissions(app: Flask, held: tuple[Role, ...]) -> None:
    assert a_person(roles=held).permissions == MAY[held]


@pytest.mark.parametrize("state", ["paused", "removed", "left", "applied", "erased"])
@pytest.mark.parametrize("role", Role)
def test_who_is_not_active_has_no_staff_permission(app: Flask, role: Role, state: str) -> None:
    person = a_person(roles=(role,))
    person.state = state
    assert not person.permissions & PERMISSIONS[role]


def test_grant_and_withdraw_end_sessions_and_leave_a_trail(app: Flask, client_of: ClientOf) -> None:
    admin, fan = an_admin(), a_fan()
    browser = client_of(fan)
    with unit_of_work():
        roles.grant_role(fan, Role.MODERATOR, actor=admin, why="helps on Fridays", now=clock.now())
    assert not is_signed_in(browser), "a new id at a change of role"
    browser = client_of(fan)
    with unit_of_work():
        roles.withdraw_role(fan, Role.MODERATOR, actor=admin, why="moved on", now=clock.now())
    assert not is_signed_in(browser)
    assert fan.roles == frozenset()
    trail = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_id == fan.id).order_by(AuditEntry.number))
    assert [(e.action, e.actor_id, e.before, e.after, e.why) for e in trail] == [
        ("person.role_granted", admin.id, {"roles": []}, {"roles": ["moderator"]}, "helps on Fridays"),
        ("person.role_withdrawn", admin.id, {"roles": ["moderator"]}, {"roles": []}, "moved on"),
    ]
    assert first_altered() is None


def test_nobody_changes_their_own(app: Flask) -> None:
    admin = an_admin()
    with pytest.raises(roles.OwnRole), unit_of_work():
        roles.grant_role(admin, Role.MANAGER, actor=admin, why="me", now=clock.now())
    with pytest.raises(roles.OwnRole), unit_of_work():
        roles.withdraw_role(admin, Role.ADMIN, actor=admin, why="me", now=clock.now())
    assert admin.roles == {Role.ADMIN}


def test_what_makes_no_sense_is_refused(app: Flask) -> None:
    fan, paused = a_fan(), a_fan(state="paused")
    with pytest.raises(roles.RoleNotHeld), unit_of_work():
        roles.withdraw_role(fan, Role.ADMIN, actor=None, why="", now=clock.now())
    with pytest.raises(roles.NotActive), unit_of_work():
        roles.grant_role(paused, Role.ADMIN, actor=None, why="", now=clock.now())
    with unit_of_work():
        roles.grant_role(fan, Role.MANAGER, actor=None, why="", now=clock.now())
    with pytest.raises(roles.RoleHeldAlready), unit_of_work():
        roles.grant_role(fan, Role.MANAGER, actor=None, why="", now=clock.now())


def test_the_operators_command(app: Flask) -> None:
    fan = a_fan("Ada Fell")
    run = app.test_cli_runner().invoke
    granted = run(args=["people", "grant", fan.id.upper(), "admin"])
    assert granted.exit_code == 0, granted.output
    assert "Ada Fell now holds: admin" in granted.output
    db.session.rollback()
    assert fan.roles == {Role.ADMIN}
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.actor_id, entry.action, entry.subject_id) == (None, "person.role_granted", fan.id)
    assert f"{fan.id}  admin  Ada Fell" in run(args=["people", "list"]).output

    again = run(args=["people", "grant", fan.id, "admin"])
    assert again.exit_code == 1
    assert "hold this role already" in again.output
    unknown = run(args=["people", "grant", "0" * 26, "admin"])
    assert unknown.exit_code == 2
    assert "Nobody has the id" in unknown.output
    assert run(args=["people", "grant", fan.id, "king"]).exit_code == 2

    assert "now holds: none" in run(args=["people", "withdraw", fan.id, "admin"]).output
    db.session.rollback()
    assert fan.roles == frozenset()
