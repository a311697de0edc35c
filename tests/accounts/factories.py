"""People and their accounts, for the tests of every room. Each function commits; all names are invented."""

from __future__ import annotations

from itertools import count
from typing import Any

from flask import current_app

from portal.accounts.handles import add_handle, mark_proved
from portal.accounts.identities import add_identity
from portal.accounts.joining import agree_to_terms, choose_advocacy_roles
from portal.accounts.models import AdvocacyRole, Handle, Identity, Person, ProofMethod
from portal.accounts.ports import Profile, ProfileAddress
from portal.accounts.roles import grant_role
from portal.accounts.verified import VerifiedIdentity
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Role
from portal.kernel.unit_of_work import unit_of_work

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run


def a_person(
    name: str = "",
    *,
    roles: tuple[Role, ...] = (),
    advocacy_roles: tuple[AdvocacyRole, ...] = (AdvocacyRole.SHARER,),
    agreed: bool = True,
    **columns: Any,
) -> Person:
    """Somebody who joined now and agreed to the terms in force; `columns` are those of `Person`."""
    number, now = next(_numbers), clock.now()
    values = {
        "display_name": name or f"Ada Test {number}",
        "email": f"person{number}@example.org",
        "country": "GB",
        "locale": "en",
        "time_zone": "Europe/London",
        "state_changed_at": now,
        "joined_at": now,
        **columns,
    }
    with unit_of_work():
        person = Person(**values)
        db.session.add(person)
        db.session.flush()
        choose_advocacy_roles(person, advocacy_roles)
        if agreed:
            agree_to_terms(person, current_app.config["SETTINGS"].terms_version, now=now)
        for role in roles:
            grant_role(person, role, actor=None, why="made for a test", now=now)
    return person


def a_fan(name: str = "", **columns: Any) -> Person:
    """Somebody without a staff role."""
    return a_person(name, **columns)


def a_moderator(name: str = "", **columns: Any) -> Person:
    return a_person(name, roles=(Role.MODERATOR,), **columns)


def a_manager(name: str = "", **columns: Any) -> Person:
    return a_person(name, roles=(Role.MANAGER,), **columns)


def a_marketer(name: str = "", **columns: Any) -> Person:
    return a_person(name, roles=(Role.MARKETER,), **columns)


def an_admin(name: str = "", **columns: Any) -> Person:
    return a_person(name, roles=(Role.ADMIN,), **columns)


def an_identity(person: Person, *, issuer: str = "https://id.example", subject: str = "", **values: Any) -> Identity:
    """A way for `person` to sign in."""
    verified = VerifiedIdentity(
        provider=values.pop("provider", "oidc"), issuer=issuer, subject=subject or f"subject-{next(_numbers)}", **values
    )
    with unit_of_work():
        return add_identity(person, verified, now=clock.now())


def a_handle(
    person: Person, *, platform: str = "perch", host: str = "", name: str = "", profile_url: str = ""
) -> Handle:
    """An account that `person` says is theirs."""
    name = name or f"handle{next(_numbers)}"
    address = ProfileAddress(platform, host, name, profile_url or f"https://{host or 'perch.example'}/@{name}")
    with unit_of_work():
        return add_handle(person, address, clock.now())


def a_proved_handle(
    person: Person,
    *,
    platform: str = "perch",
    host: str = "",
    name: str = "",
    profile_url: str = "",
    external_id: str = "",
    followers: int | None = 100,
) -> Handle:
    """An account that `person` proved is theirs, by the code in its profile."""
    handle = a_handle(person, platform=platform, host=host, name=name, profile_url=profile_url)
    profile = Profile(external_id or f"id-{handle.name}", handle.name, handle.proof_code, followers)
    with unit_of_work():
        mark_proved(handle, profile=profile, method=ProofMethod.CODE, now=clock.now())
    return handle
