"""One person's page, and what staff change there: with a reason, in the trail, never about themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.access import Role
from portal.kernel.audit import AuditEntry
from tests.accounts.conftest import is_signed_in
from tests.accounts.factories import a_fan, a_handle, a_manager, a_moderator, a_proved_handle, an_admin

ClientOf = Callable[[Person], FlaskClient]


def last_entry() -> AuditEntry:
    db.session.rollback()
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()


def entries() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(AuditEntry)).all())


def test_the_page_tells_the_story(app: Flask, client_of: ClientOf) -> None:
    maya = a_fan("Maya Okafor", email="maya@example.org")
    a_proved_handle(maya, name="mayaonfoot")
    page = client_of(a_manager()).get(f"/staff/people/{maya.id}").text
    for text in ("Maya Okafor", "maya@example.org", "@mayaonfoot", "code read in the profile", "Joined", maya.id):
        assert text in page
    assert "Grant a role" not in page, "a manager grants no roles"


def test_grant_and_withdraw(app: Flask, client_of: ClientOf) -> None:
    admin, fan = an_admin(), a_fan()
    browser = client_of(admin)
    address = f"/staff/people/{fan.id}"
    assert browser.post(f"{address}/roles", data={"role": "moderator", "reason": "helps us"}).status_code == 303
    entry = last_entry()
    assert (entry.actor_id, entry.action, entry.why) == (admin.id, "person.role_granted", "helps us")
    assert fan.roles == {Role.MODERATOR}
    twice = browser.post(f"{address}/roles", data={"role": "moderator", "reason": "helps us"})
    assert twice.status_code == 409
    assert "hold this role already" in twice.text
    assert "helps us</textarea>" in twice.text, "what was typed stays"
    answer = browser.post(f"{address}/roles/moderator/withdraw", data={"moderator-reason": "moved on"})
    assert answer.status_code == 303
    assert last_entry().why == "moved on"
    assert fan.roles == frozenset()


@pytest.mark.parametrize("make", [a_fan, a_moderator, a_manager])
def test_only_administrators_grant(app: Flask, client_of: ClientOf, make: Callable[[], Person]) -> None:
    fan, before = a_fan(), None
    actor = make()
    before = entries()
    answer = client_of(actor).post(f"/staff/people/{fan.id}/roles", data={"role": "admin", "reason": "please"})
    assert answer.status_code == 403
    assert entries() == before
    assert fan.roles == frozenset()


def test_nobody_changes_themselves(app: Flask, client_of: ClientOf) -> None:
    admin = an_admin()
    handle = a_handle(admin)
    browser, address, before = client_of(admin), f"/staff/people/{admin.id}", entries()
    assert browser.post(f"{address}/roles", data={"role": "manager", "reason": "for me"}).status_code == 409
    assert browser.post(f"{address}/standing/paused", data={"paused-reason": "rest"}).status_code == 409
    mine = browser.post(f"{address}/handles/{handle.id}/confirm", data={f"{handle.id}-reason": "it is me"})
    assert mine.status_code == 409
    assert entries() == before
    assert admin.roles == {Role.ADMIN}
    assert handle.state == "claimed"


def test_pause_bring_back_and_remove(app: Flask, client_of: ClientOf) -> None:
    manager, fan = a_manager(), a_fan()
    browser, fans = client_of(manager), client_of(fan)
    address = f"/staff/people/{fan.id}/standing"
    assert browser.post(f"{address}/paused", data={"paused-reason": "two complaints"}).status_code == 303
    assert last_entry().action == "person.paused"
    assert last_entry().why == "two complaints"
    assert not is_signed_in(fans)
    assert "Your account is paused" in client_of(fan).get("/profile").text
    assert browser.post(f"{address}/paused", data={"paused-reason": "again"}).status_code == 409
    assert browser.post(f"{address}/active", data={"active-reason": "sorted out"}).status_code == 303
    assert browser.post(f"{address}/removed", data={"removed-reason": "spam"}).status_code == 303
    db.session.rollback()
    assert fan.state == "removed"
    assert not is_signed_in(client_of(fan))


def test_staff_lose_their_role_before_their_account(app: Flask, client_of: ClientOf) -> None:
    moderator = a_moderator()
    answer = client_of(a_manager()).post(
        f"/staff/people/{moderator.id}/standing/removed", data={"removed-reason": "left us"}
    )
    assert answer.status_code == 409
    assert "Withdraw it first" in answer.text
    assert moderator.state == "active"


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 501])
def test_no_change_without_a_reason(app: Flask, client_of: ClientOf, reason: str) -> None:
    manager, fan = a_manager(), a_fan()
    before = entries()
    answer = client_of(manager).post(f"/staff/people/{fan.id}/standing/paused", data={"paused-reason": reason})
    assert answer.status_code == 422
    assert entries() == before
    assert fan.state == "active"


def test_confirm_a_handle_and_take_it_back(app: Flask, client_of: ClientOf) -> None:
    manager, fan = a_manager(), a_fan()
    handle = a_handle(fan, name="ada")
    browser, address = client_of(manager), f"/staff/people/{fan.id}/handles/{handle.id}"
    reason = {f"{handle.id}-reason": "wrote to us from there"}
    assert handle.proof_code in browser.get(address.partition("/handles")[0]).text, "what the fan has to name"
    assert browser.post(f"{address}/confirm", data=reason).status_code == 303
    db.session.rollback()
    assert (handle.state, handle.proof_method, handle.proof_reason) == ("proved", "moderator", "wrote to us from there")
    assert last_entry().action == "handle.confirmed"
    assert browser.post(f"{address}/lose", data=reason).status_code == 303
    db.session.rollback()
    assert handle.state == "lost"
    assert last_entry().action == "handle.proof_lost"


def test_confirming_what_somebody_else_proved_is_refused(app: Flask, client_of: ClientOf) -> None:
    a_proved_handle(a_fan(), name="ada")
    fan = a_fan()
    handle = a_handle(fan, name="ada")
    answer = client_of(a_manager()).post(
        f"/staff/people/{fan.id}/handles/{handle.id}/confirm", data={f"{handle.id}-reason": "they say so"}
    )
    assert answer.status_code == 409
    assert "already proved" in answer.text
    assert handle.state == "claimed"


def test_what_is_not_there_is_not_found(app: Flask, client_of: ClientOf) -> None:
    browser, fan, handle = client_of(an_admin()), a_fan(), a_handle(a_fan())
    nobody = "0" * 26
    assert browser.get(f"/staff/people/{nobody}").status_code == 404
    assert browser.post(f"/staff/people/{nobody}/roles").status_code == 404
    assert browser.post(f"/staff/people/{fan.id}/roles/king/withdraw").status_code == 404
    assert browser.post(f"/staff/people/{fan.id}/standing/erased").status_code == 404
    assert browser.post(f"/staff/people/{fan.id}/handles/{handle.id}/confirm").status_code == 404
