"""The base of every table: constraint names, sortable public ids, times in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    MetaData,
    String,
    Table,
    TypeDecorator,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from ulid import ULID

ID_LENGTH = 26

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A public id: a ULID in lower case, 26 characters, sortable by the millisecond it was made in."""
    return str(ULID()).lower()


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Takes and gives aware datetimes in UTC; a naive one is refused, since nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A moment needs its time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table inherits from this one."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map = {datetime: UtcDateTime()}


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table under `model`, for statements that need no objects: they cost a fraction of those that do."""
    return cast("Table", model.__table__)


class PublicId:
    """Mixin: the primary key is the public id, so that no raw number ever reaches an address."""

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)


def one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    """A CHECK that `column` holds a value of `states`, stored as text."""
    values = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def where(condition: str) -> dict[str, Any]:
    """Arguments that make an `Index` partial on both databases."""
    from sqlalchemy import text

    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


@contextmanager
def violation_raises(error: Exception) -> Iterator[None]:
    """Turn a broken constraint into the room's own error; the caller's transaction rolls back."""
    try:
        yield
    except IntegrityError as broken:
        raise error from broken
