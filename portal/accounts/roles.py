"""Granting and withdrawing staff roles."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.accounts.events import RolesChanged
from portal.accounts.models import Person, PersonState, StaffRole
from portal.accounts.sessions import end_all_sessions
from portal.extensions import db
from portal.kernel import events
from portal.kernel.access import Role
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises


class RoleRefused(Exception):
    """A role could not be changed; `sentence` says why."""

    sentence: LazyString


class OwnRole(RoleRefused):
    sentence = _l("Nobody changes their own roles. Ask another administrator.")


class RoleHeldAlready(RoleRefused):
    sentence = _l("They hold this role already.")


class RoleNotHeld(RoleRefused):
    sentence = _l("They don’t hold this role.")


class NotActive(RoleRefused):
    sentence = _l("Only active people can hold a staff role.")


def grant_role(person: Person, role: Role, *, actor: Person | None, why: str, now: datetime) -> StaffRole:
    """Make `person` staff. `actor` None: the operators' command.

    Their open sessions end, so that nobody goes on under a session from before (PROMISES P-04).
    Raises OwnRole, NotActive or RoleHeldAlready.
    """
    _not_for_oneself(person, actor)
    if person.state != PersonState.ACTIVE:
        raise NotActive
    if role in person.roles:
        raise RoleHeldAlready
    before = role_names(person)
    granted = StaffRole(person_id=person.id, role=role, granted_by_id=actor.id if actor else None, granted_at=now)
    person.staff_roles.append(granted)
    with violation_raises(RoleHeldAlready()):
        db.session.flush()
    _after_change("person.role_granted", person, before, actor=actor, why=why, now=now)
    return granted


def withdraw_role(person: Person, role: Role, *, actor: Person | None, why: str, now: datetime) -> None:
    """Take a role back; it counts from the next request on. Raises OwnRole or RoleNotHeld."""
    _not_for_oneself(person, actor)
    held = next((granted for granted in person.staff_roles if granted.role == role), None)
    if held is None:
        raise RoleNotHeld
    before = role_names(person)
    person.staff_roles.remove(held)
    db.session.flush()
    _after_change("person.role_withdrawn", person, before, actor=actor, why=why, now=now)


def role_names(person: Person) -> list[str]:
    return sorted(role.value for role in person.roles)


def _not_for_oneself(person: Person, actor: Person | None) -> None:
    if actor is not None and actor.id == person.id:
        raise OwnRole


def _after_change(
    action: str, person: Person, before: list[str], *, actor: Person | None, why: str, now: datetime
) -> None:
    end_all_sessions(person.id, now, "roles_changed")
    audit(
        action,
        ("person", person.id),
        actor_id=actor.id if actor else None,
        why=why,
        before={"roles": before},
        after={"roles": role_names(person)},
    )
    events.record(RolesChanged(person_id=person.id, roles=",".join(role_names(person))))
