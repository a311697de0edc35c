"""Columns, not objects: what a list shows of its rows, straight from the database's answer.

And objects that follow such an answer, or are written, without what makes a session convenient: its search for what
else changed. That search costs more than the statement, so what many people do at once goes this way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVarTuple

from sqlalchemy import CursorResult, Executable, Row, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value
from sqlalchemy.sql.selectable import TypedReturnsRows

from portal.extensions import db

Columns = TypeVarTuple("Columns")


def rows_of(statement: TypedReturnsRows[*Columns], values: Mapping[str, Any] | None = None) -> CursorResult[*Columns]:
    """The rows of `statement`, which selects columns alone, in the session's transaction.

    As `db.session.execute`, which first looks for objects to make of them: that costs as much as reading a few rows.
    """
    return run(statement, values)


def run(statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> Any:
    """Run a `statement` on tables in the session's transaction, after what the session still has to write."""
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


def follow(thing: DeclarativeBase, row: Row[Any]) -> None:
    """Let `thing` be as its `row` of the database, whose columns are named as its attributes: a refresh, but read."""
    known = instance_dict(thing)
    for name, value in row._mapping.items():
        if name not in known or known[name] != value:
            set_committed_value(thing, name, value)


def store(thing: DeclarativeBase, *, unless: tuple[str, ...] = ()) -> bool:
    """Write the new `thing` by one INSERT of its own; the session knows it from then on as if it had read it.

    False, and nothing is written, where a row with the same values in `unless` is there; those are a unique key.
    Columns that nobody set get their defaults, of which only plain values and functions without arguments are known.
    """
    values = {name: _value(thing, name, default) for name, default in _columns(type(thing))}
    insert = _inserting(type(thing), db.session.get_bind().dialect.name, unless)
    if run(insert, values).first() is None:
        return False
    make_transient_to_detached(thing)
    db.session.add(thing)
    return True


def _value(thing: DeclarativeBase, name: str, default: Any) -> Any:
    if name not in instance_dict(thing):
        setattr(thing, name, _made(default))
    return getattr(thing, name)


def _made(default: Any) -> Any:
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


@cache
def _columns(model: type[DeclarativeBase]) -> list[tuple[str, Any]]:
    """Every column of `model` as its attribute, and its default."""
    return [(each.key, each.columns[0].default) for each in inspect(model).column_attrs]


@cache
def _inserting(model: type[DeclarativeBase], dialect: str, unless: tuple[str, ...]) -> Any:
    table = model.__table__
    new: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    if unless:
        new = new.on_conflict_do_nothing(index_elements=unless)
    return new.returning(*table.primary_key)
