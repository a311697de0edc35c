"""The audit finds what somebody changed behind the ledger's back; triggers and constraints are taken away to try."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause
from portal.points.models import Entry
from tests.accounts.factories import a_fan
from tests.points.factories import a_funded_campaign, an_award

TRIGGERS = {
    "sqlite": [
        f"DROP TRIGGER {name}"
        for table in ("ledger_entry", "ledger_transaction")
        for name in (f"{table}_no_update", f"{table}_no_delete")
    ]
    + ["PRAGMA ignore_check_constraints = ON"],
    "postgresql": [
        "ALTER TABLE ledger_entry DISABLE TRIGGER USER",
        "ALTER TABLE ledger_transaction DISABLE TRIGGER USER",
        "ALTER TABLE ledger_account DROP CONSTRAINT ck_ledger_account_person_never_below_zero",
        "ALTER TABLE ledger_account DROP CONSTRAINT ck_ledger_account_debt_is_owed",
    ],
}

CHANGES = {
    "a balance raised": (
        "UPDATE ledger_account SET balance = balance + 1 WHERE name = :available",
        {"cached_balance_is_the_sum", "lots_hold_what_is_available"},
    ),
    "a balance below zero": (
        "UPDATE ledger_account SET balance = -1 WHERE name = :available",
        {"cached_balance_is_the_sum", "nobody_below_zero", "lots_hold_what_is_available"},
    ),
    "a debt turned into a credit": (
        "UPDATE ledger_account SET balance = 1 WHERE name = :debt",
        {"cached_balance_is_the_sum", "nobody_below_zero"},
    ),
    "an entry raised": (
        "UPDATE ledger_entry SET amount = amount + 1 WHERE account_name = :available",
        {
            "transaction_balances", "content_is_what_was_booked", "cached_balance_is_the_sum", "balance_after_follows",
        },
    ),
    "a running balance changed": (
        "UPDATE ledger_entry SET balance_after = balance_after + 1 WHERE account_name = :available",
        {"balance_after_follows"},
    ),
    "an entry removed": (
        "DELETE FROM ledger_entry WHERE account_name = :pending",
        {
            "transaction_balances", "content_is_what_was_booked", "cached_balance_is_the_sum",
        },
    ),
    "a cause exchanged": (
        "UPDATE ledger_transaction SET cause_id = 'another' WHERE kind = 'award'",
        {"content_is_what_was_booked", "one_award_per_cause"},
    ),
    "a lot raised": (
        "UPDATE points_lot SET \"left\" = 41, amount = 41 WHERE person_id = :person",
        {"lots_hold_what_is_available"},
    ),
    "a lot emptied": (
        "UPDATE points_lot SET \"left\" = 0 WHERE person_id = :person",
        {"lots_hold_what_is_available", "lot_is_what_was_taken"},
    ),
    "an award marked as settled": (
        "UPDATE award SET state = 'settled' WHERE person_id = :person",
        {"pending_is_what_awards_hold"},
    ),
    "an award marked as taken back": (
        "UPDATE award SET state = 'revoked' WHERE person_id = :person",
        {"pending_is_what_awards_hold", "one_award_per_cause"},
    ),
    "an award removed": (
        "DELETE FROM award WHERE person_id = :person",
        {"pending_is_what_awards_hold", "one_award_per_cause"},
    ),
}  # fmt: skip


@pytest.fixture
def ada(app: Flask, now: datetime):
    person, campaign = a_fan(), a_funded_campaign()
    an_award(person, points_now=40, points_held=80, campaign=campaign, cause=Cause("share", "one"))
    return person


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_behind_the_ledgers_back_is_named(app: Flask, ada, change: str) -> None:
    assert audit_ledger()["violations"] == []
    statement, rules = CHANGES[change]
    names = {
        "available": f"person/{ada.id}/available",
        "pending": f"person/{ada.id}/pending",
        "debt": f"person/{ada.id}/debt",
        "person": ada.id,
    }
    with unit_of_work():
        for drop in TRIGGERS[db.engine.dialect.name]:
            db.session.execute(text(drop))
        query = text(statement)
        db.session.execute(query, {name: names[name] for name in query.compile().params})

    assert {violation["rule"] for violation in audit_ledger()["violations"]} == rules


def test_one_changed_entry_is_named_once_however_many_follow_it(app: Flask, ada, now: datetime) -> None:
    account = f"person/{ada.id}/available"
    for _more in range(3):
        an_award(ada, points_now=10)
    with unit_of_work():
        for drop in TRIGGERS[db.engine.dialect.name]:
            db.session.execute(text(drop))
        mine = select(Entry.number).where(Entry.account_name == account).order_by(Entry.number)
        first, _second, third, *_others = db.session.scalars(mine)
        for number, points in ((first, 5), (third, 2)):
            raised = text("UPDATE ledger_entry SET amount = amount + :points WHERE number = :number")
            db.session.execute(raised, {"number": number, "points": points})
    named = [each for each in audit_ledger()["violations"] if each["rule"] == "balance_after_follows"]
    assert [each["subject"] for each in named] == [account, account]
    assert [each["detail"].split(" says")[0] for each in named] == [f"entry {first}", f"entry {third}"]


def test_the_command_prints_one_object_and_fails_on_a_violation(app: Flask, ada, now: datetime) -> None:
    run = app.test_cli_runner().invoke
    good = run(args=["ledger", "audit"])
    assert (good.exit_code, json.loads(good.output)) == (0, {"transactions": 3, "accounts": 7, "violations": []})

    with unit_of_work():
        db.session.execute(text("UPDATE ledger_account SET balance = balance + 1 WHERE name = 'program/issued'"))
    bad = run(args=["ledger", "audit"])
    assert bad.exit_code == 1
    assert [each["rule"] for each in json.loads(bad.output)["violations"]] == ["cached_balance_is_the_sum"]


def test_a_refunded_and_repaid_history_is_clean(app: Flask, ada, now: datetime) -> None:
    paid = an_award(ada, points_now=10)
    with unit_of_work():
        awards.revoke(paid, now=now, reason="post_gone")
    assert audit_ledger()["violations"] == []
