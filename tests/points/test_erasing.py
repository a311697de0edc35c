"""Erasing somebody keeps the ledger provable, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import adjusting
from portal.points.adjustment_models import Adjustment
from portal.points.audit import audit_ledger
from portal.points.erasing import Forgotten, forget_person
from portal.points.ledger import Cause, balance
from portal.points.models import Transaction
from portal.points.queries import balances
from portal.points.seal_models import Leaf, Salt
from portal.points.verify_statement import check
from tests.accounts.factories import a_fan, a_manager
from tests.points.factories import an_award
from tests.points.test_audit import TRIGGERS
from tests.points.test_sealing import seal_all

ClientOf = Callable[[Person], FlaskClient]


@pytest.fixture
def ada(app: Flask, now: datetime) -> Person:
    person = a_fan("Ada Lindqvist")
    an_award(person, points_now=80, cause=Cause("share", "hers"))
    with unit_of_work():
        adjusting.adjust(person, 20, reason="Canary: her aunt is ill", actor=a_manager_here(), now=now)
    return person


def a_manager_here() -> Person:
    found = db.session.scalar(select(Person).where(Person.display_name == "Greta Erases"))
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def _greta(app: Flask, now: datetime) -> None:
    a_manager("Greta Erases")


def forget(person: Person) -> Forgotten:
    with unit_of_work():
        return forget_person(person.id, now=clock.now())


def test_seals_and_audit_hold_without_the_salts(app: Flask, ada: Person, client_of: ClientOf) -> None:
    bo = a_fan("Bo Ferreira")
    an_award(bo, points_now=30)
    clock.advance(timedelta(days=1))
    seal_all()
    leaves = db.session.scalar(select(func.count()).select_from(Leaf))
    salts = db.session.scalar(select(func.count()).select_from(Salt))
    assert forget(ada) == Forgotten(points_written_off=100, salts_deleted=2)
    assert balances(ada.id).available == 0
    assert balance("program/written_off") == 100
    assert db.session.scalar(select(func.count()).select_from(Leaf)) == leaves
    assert db.session.scalar(select(func.count()).select_from(Salt)) == salts - 2
    assert audit_ledger()["violations"] == []
    clock.advance(timedelta(days=1))
    seal_all()
    assert audit_ledger()["violations"] == []
    _fine, wrong = check(json.loads(client_of(bo).get("/points/statement.json").text))
    assert wrong == [], "others prove theirs as before"


def test_nothing_that_was_said_about_them_stays(app: Flask, ada: Person) -> None:
    bo, asks = a_fan(), a_manager_here()
    for person in (ada, ada, bo):
        with unit_of_work():
            asked = adjusting.adjust(person, adjusting.POINTS_MAX, reason="Canary", actor=asks, now=clock.now())
    refused = db.session.scalars(
        select(Adjustment).where(Adjustment.person_id == ada.id, Adjustment.needs_second)
    ).first()
    with unit_of_work():
        adjusting.refuse(refused, answer="Canary: she wrote to me", actor=asks, now=clock.now())
    assert forget(ada).points_written_off == 100
    hers = db.session.scalars(select(Adjustment.state).where(Adjustment.person_id == ada.id).order_by(Adjustment.id))
    assert hers.all() == ["booked", "refused"], "what still waited for an answer is gone"
    kept = db.session.execute(select(Adjustment.id, Adjustment.reason, Adjustment.answer).order_by(Adjustment.id)).all()
    assert [(each.reason, each.answer) for each in kept] == [("", ""), ("", ""), ("Canary", "")]
    assert kept[-1].id == asked.id, "what waits for somebody else's points goes on"
    again = forget(ada)
    assert again.points_written_off == 0, "safe to repeat"


def test_what_is_sealed_after_the_erasure_gets_no_salts_at_all(app: Flask, ada: Person) -> None:
    forget(ada)
    with unit_of_work():
        db.session.get_one(Person, ada.id).state = "erased"
    clock.advance(timedelta(days=1))
    seal_all()
    assert forget(ada).salts_deleted == 0
    mine = select(func.count()).select_from(Salt).join(Transaction, Transaction.id == Salt.transaction_id)
    assert db.session.scalar(mine.where(Transaction.cause_id.in_(["hers", ada.id]))) == 0
    assert audit_ledger()["violations"] == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_transaction SET posted_at = :moved WHERE id = :id",
        "UPDATE ledger_transaction SET cause_id = 'x' WHERE id = :id",
        "UPDATE ledger_entry SET amount = amount + 1 WHERE transaction_id = :id AND account_name LIKE 'person/%'",
    ],
)
def test_a_row_of_theirs_that_is_changed_later_is_still_named(app: Flask, ada: Person, change: str) -> None:
    clock.advance(timedelta(days=1))
    seal_all()
    forget(ada)
    hers = db.session.scalars(select(Transaction).where(Transaction.cause_id == "hers")).one()
    postgresql = db.engine.dialect.name == "postgresql"
    values = {"id": hers.id, "moved": hers.posted_at + timedelta(1e-4) if postgresql else "2026-10-14 09:15:00.000000"}
    with unit_of_work():
        for statement in TRIGGERS[db.engine.dialect.name]:
            db.session.execute(text(statement))
        query = text(change)
        db.session.execute(query, {name: values[name] for name in query.compile().params})
    found = [each for each in audit_ledger()["violations"] if each["rule"] == "sealed_days_are_as_sealed"]
    assert [each["subject"] for each in found] == ["day 2026-10-14"]
    assert hers.id in found[0]["detail"]
