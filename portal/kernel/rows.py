"""Columns, not objects: what a list shows of its rows, straight from the database's answer.

And objects that follow such an answer, without a question of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVarTuple

from sqlalchemy import CursorResult, Row
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.selectable import TypedReturnsRows

from portal.extensions import db

Columns = TypeVarTuple("Columns")


def rows_of(statement: TypedReturnsRows[*Columns], values: Mapping[str, Any] | None = None) -> CursorResult[*Columns]:
    """The rows of `statement`, which selects columns alone, in the session's transaction.

    As `db.session.execute`, which first looks for objects to make of them: that costs as much as reading a few rows.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


def follow(thing: DeclarativeBase, row: Row[Any]) -> None:
    """Let `thing` be as its `row` of the database, whose columns are named as its attributes: a refresh, but read."""
    for name, value in row._mapping.items():
        set_committed_value(thing, name, value)
