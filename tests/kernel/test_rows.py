"""Rows of columns, read beside the objects of the same transaction."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.rows import rows_of
from tests.accounts.factories import a_fan


def test_what_was_changed_a_moment_ago_is_read(app: Flask) -> None:
    fan = a_fan("Before")
    name = select(Person.display_name).where(Person.id == fan.id)
    fan.display_name = "After"
    assert rows_of(name).scalar_one() == "After"
    db.session.rollback()
    assert rows_of(name).scalar_one() == "Before"
