"""Every object × a stranger: Ada's objects, asked for by Bo, are not there (PROMISES P-02).

Generated from the URL map. A route with an argument that is not named here fails the test: whoever adds one says whose
it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, select
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from portal.accounts.models import LoginSession, Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import FAN, PERMISSIONS, Role, access_of
from portal.kernel.base import Base, new_id
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.recognition.badge_models import HeldBadge
from portal.shares.models import Share
from tests.accounts.factories import a_handle, a_person, an_identity
from tests.missions.factories import a_claim
from tests.points.factories import a_person_has
from tests.recognition.factories import a_thanks
from tests.rewards.factories import a_redemption
from tests.shares.factories import a_picture, a_share

Factory = Callable[[Person], str]


def a_session_of(ada: Person) -> str:
    return db.session.scalars(select(LoginSession.id).where(LoginSession.person_id == ada.id)).first() or ""


def a_notification_of(ada: Person) -> str:
    with unit_of_work():
        line = Notification(
            person_id=ada.id, topic="share_verified", details={}, event_id="test", created_at=clock.now()
        )  # fmt: skip
        db.session.add(line)
    return line.id


def a_badge_of(ada: Person) -> str:
    with unit_of_work():
        held = HeldBadge(
            person_id=ada.id, badge="first_share", cause_kind="share", cause_id="test", awarded_at=clock.now()
        )  # fmt: skip
        db.session.add(held)
    return held.id


def a_thanks_for(ada: Person) -> str:
    """For her alone."""
    return a_thanks(a_person(), ada, is_public=False).id


OWNED: dict[str, Factory] = {
    "thanks_id": a_thanks_for,
    "held_id": a_badge_of,
    "claim_id": lambda ada: a_claim(person=ada).id,
    "share_id": lambda ada: a_share(person=ada).id,
    "redemption_id": lambda ada: a_redemption(a_person_has(ada, 500)).id,
    "picture_id": lambda ada: a_picture(ada).id,
    "handle_id": lambda ada: a_handle(ada).id,
    "identity_id": lambda ada: an_identity(ada).id,
    "session_id": a_session_of,
    "notification_id": a_notification_of,
}
"""What belongs to one person, by the argument's name in the URL."""

SHARED = {
    "mission_id": "open to everybody who takes part; its state decides, see tests/missions",
    "reward_id": "the catalogue is everybody's",
    "slug": "a guideline is everybody's",
    "number": "a guideline's version is everybody's",
    "slot": "a place of one's own league or team",
    "team_id": "an open team is everybody's; tests/recognition/test_teams.py",
    "provider": "a way to sign in",
    "network": "a way to sign in",
    "part": "a server's part of the way back; the state in the cookie decides",
    "code": "a tracked link is for everybody who has it; a ticket's leads its owner alone, tests/rewards/test_kinds.py",
    "key": "a picture with a random name",
    "token": "signed: who holds it may use it",
    "filename": "a static file",
}
"""Arguments that name nobody's property, and why."""

STAFF_ONLY = {
    "adjustment_id", "campaign_id", "case_id", "decision_id", "guideline_id", "image_id", "job_id", "league_id",
    "month", "person_id", "role", "scope", "state", "version_id", "word_id",
}  # fmt: skip
"""Arguments of staff's pages: a permission guards them, whosever the object is (tests/test_access_matrix.py)."""

CHANGING = re.compile(r"[0-9a-z]{26}|[\w-]{20,}\.[\w-]{6}\.[\w-]{27}")
"""Ids, among them the request's, and the signed token of forms, which tells the second it was made in."""


def for_fans(app: Flask, rule: Rule) -> bool:
    needed = access_of(app, rule.endpoint)
    return needed is None or needed in FAN


def routes(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.arguments)


def address_of(app: Flask, rule: Rule, **known: str) -> str:
    values: dict[str, Any] = {
        name: 1 if isinstance(kind, IntegerConverter) else new_id() for name, kind in rule._converters.items()
    }
    built = app.url_map.bind("localhost").build(rule.endpoint, values | known, method=_methods(rule)[0])
    return str(built)


def _methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def everything() -> dict[str, list[Any]]:
    """All rows of all tables."""
    db.session.commit()
    kept: dict[str, list[Any]] = {}
    for table in Base.metadata.sorted_tables:
        kept[table.name] = [tuple(row) for row in db.session.execute(_rows(table))]
    db.session.commit()
    return kept


def _rows(table: Table) -> Any:
    return select(table).order_by(*table.primary_key.columns)


def looks_the_same(answer: TestResponse) -> tuple[int, str]:
    """Status and page, without what differs between any two answers."""
    return answer.status_code, CHANGING.sub("…", answer.text)


@pytest.fixture
def ada(now: datetime) -> Person:
    return a_person("Ada Owner")


def test_every_argument_says_whose_it_is(sqlite_app: Flask) -> None:
    known = OWNED.keys() | SHARED.keys() | STAFF_ONLY
    unknown = {f"{rule.rule}: {name}" for rule in routes(sqlite_app) for name in rule.arguments if name not in known}
    assert unknown == set()
    of_staff = {
        f"{rule.rule}: {name}"
        for rule in routes(sqlite_app)
        for name in rule.arguments & STAFF_ONLY
        if for_fans(sqlite_app, rule)
    }
    assert of_staff == set()


def owned_routes(app: Flask) -> list[tuple[Rule, str]]:
    return [
        (rule, name) for rule in routes(app) if for_fans(app, rule) for name in sorted(rule.arguments & OWNED.keys())
    ]


def test_what_is_not_mine_is_not_there(
    sqlite_app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient], ada: Person
) -> None:
    bo = client_of(a_person("Bo Stranger"))
    client_of(ada)  # Ada is signed in: she has a session that Bo might end
    objects = {name: make(ada) for name, make in OWNED.items()}
    assert all(objects.values())
    before = everything()
    told: list[str] = []
    for rule, name in owned_routes(sqlite_app):
        for method in _methods(rule):
            theirs = bo.open(address_of(sqlite_app, rule, **{name: objects[name]}), method=method, data=FORM)
            missing = bo.open(address_of(sqlite_app, rule), method=method, data=FORM)
            if theirs.status_code != 404 or looks_the_same(theirs) != looks_the_same(missing):
                told.append(f"{method} {rule.rule}: {theirs.status_code}, a missing one {missing.status_code}")
    assert told == []
    assert everything() == before


FORM = {"url": "https://perch.example/@ada/1", "text": "It says so.", "price_points": "1", "idempotency_key": "k"}
"""Enough that no form is refused before the object is looked for."""


def test_the_owner_does_get_there(
    sqlite_app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient], ada: Person
) -> None:
    """The control: the same addresses are pages for Ada, so the 404s above mean that they are hers."""
    browser = client_of(ada)
    pages = {
        name: make(ada) for name, make in OWNED.items() if name not in ("redemption_id", "session_id", "identity_id")
    }
    seen = set()
    for rule, name in owned_routes(sqlite_app):
        if "GET" in _methods(rule) and name in pages:
            answer = browser.get(address_of(sqlite_app, rule, **{name: pages[name]}))
            assert answer.status_code in (200, 302, 303), rule.rule
            seen.add(name)
    assert seen == {"claim_id", "share_id", "handle_id", "picture_id", "thanks_id"}


@pytest.mark.parametrize("role", list(Role))
def test_staff_have_no_way_into_what_fans_own(
    sqlite_app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient], ada: Person, role: Role
) -> None:
    """Staff see people's things on staff's pages, never as if they were theirs."""
    share = a_share(person=ada).id
    redemption = a_redemption(a_person_has(ada, 500)).id
    assert PERMISSIONS[role]
    browser = client_of(a_person(roles=(role,)))
    claim = db.session.get_one(Share, share).claim_id
    for path in (
        f"/shares/{share}",
        f"/redemptions/{redemption}",
        f"/claims/{claim}/share",
        f"/claims/{claim}/caption",
    ):
        assert browser.get(path).status_code == 404, path
    assert browser.post(f"/redemptions/{redemption}/reveal").status_code == 404


def test_a_job_is_retried_by_operators_only(
    sqlite_app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient], ada: Person
) -> None:
    a_share(person=ada)
    waiting = db.session.scalars(select(Job.id)).first()
    operator = client_of(a_person(roles=(Role.ADMIN,)))
    assert client_of(ada).post(f"/staff/jobs/{waiting}/retry").status_code == 403
    there, missing = operator.post(f"/staff/jobs/{waiting}/retry"), operator.post(f"/staff/jobs/{new_id()}/retry")
    assert looks_the_same(there) == looks_the_same(missing)
    assert there.status_code == 404  # waiting, not failed: nothing to retry, and nothing told
