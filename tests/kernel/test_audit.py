"""The audit trail can't be altered unseen."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.kernel.audit import AuditEntry, audit, first_altered
from portal.kernel.unit_of_work import unit_of_work


def write(number: int) -> None:
    with unit_of_work():
        audit("share.declined", ("share", f"s{number}"), actor_id=None, why="no disclosure", after={"n": number})


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET why = 'nothing'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_audit_trail(app: Flask, now: datetime, statement: str) -> None:
    write(1)
    with pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(text(statement))
    assert db.session.scalar(select(AuditEntry.why)) == "no disclosure"


def test_an_untouched_trail_verifies(app: Flask, now: datetime) -> None:
    for number in range(3):
        write(number)
    assert first_altered() is None


def test_the_first_altered_entry_is_named(app: Flask, now: datetime) -> None:
    for number in range(4):
        write(number)
    _without_triggers()
    with unit_of_work():
        db.session.execute(text("UPDATE audit_entry SET why = 'nothing' WHERE number = 3"))
        db.session.execute(text("UPDATE audit_entry SET why = 'nothing' WHERE number = 4"))
    assert first_altered() == 3


def test_a_removed_entry_breaks_the_chain(app: Flask, now: datetime) -> None:
    for number in range(3):
        write(number)
    _without_triggers()
    with unit_of_work():
        db.session.execute(text("DELETE FROM audit_entry WHERE number = 2"))
    assert first_altered() == 3


def _without_triggers() -> None:
    """What somebody with the database's owner's rights could do."""
    with unit_of_work():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        else:
            db.session.execute(text("DROP TRIGGER audit_entry_no_update"))
            db.session.execute(text("DROP TRIGGER audit_entry_no_delete"))
