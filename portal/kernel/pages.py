"""Keyset pagination: page 1,000 costs what page 1 costs, and nothing is skipped or shown twice while rows arrive."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import db
from portal.kernel.rows import rows_of

Row = TypeVar("Row")
PAGE_LENGTH = 30
CURSOR_LENGTH_MAX = 600
INTEGER_MAX = 2**31 - 1
_HALF_A_LETTER = re.compile("[\ud800-\udfff]")
"""A lone surrogate, which JSON can spell and UTF-8 can't: no database takes it."""
REMEMBERED = 64
"""How many statements of pages of columns are kept."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows and the cursor of those that follow; None when these are the last."""

    rows: Sequence[Row]
    next_cursor: str | None
    is_first: bool


def page_of(
    query: Select[Any],
    *,
    by: Sequence[InstrumentedAttribute[Any]],
    descending: bool = True,
    cursor: str | None = None,
    length: int = PAGE_LENGTH,
) -> Page[Any]:
    """One page of `query`, whose rows are entities, ordered by the columns `by` (the last of them unique).

    A cursor that is damaged or made up gives the first page.
    """
    after = _after(cursor, by)
    rows = db.session.scalars(_one_more(query, tuple(by), descending, after is not None, length), _named(after)).all()
    return _page(rows, by, length, is_first=after is None)


def page_of_rows(
    query: Select[Any],
    values: Mapping[str, Any] | None = None,
    *,
    by: Sequence[InstrumentedAttribute[Any]],
    descending: bool = True,
    cursor: str | None = None,
    length: int = PAGE_LENGTH,
) -> Page[Any]:
    """The same of a `query` of columns, those of `by` among them; `values` are its parameters.

    What is made of it is remembered: a query that is put together once for all who ask costs that once.
    """
    after = _after(cursor, by)
    rows = rows_of(
        _remembered(query, tuple(by), descending, after is not None, length), {**(values or {}), **_named(after)}
    )
    return _page(rows.all(), by, length, is_first=after is None)


def _one_more(
    query: Select[Any], by: tuple[InstrumentedAttribute[Any], ...], descending: bool, goes_on: bool, length: int
) -> Select[Any]:
    """A row more than the page has tells whether there is another page."""
    if goes_on:
        keys = tuple_(*by)
        bound = tuple_(*[bindparam(f"after_{place}", type_=column.type) for place, column in enumerate(by)])
        query = query.where(keys < bound if descending else keys > bound)
    order = [column.desc() if descending else column.asc() for column in by]
    return query.order_by(*order).limit(length + 1)


_remembered = lru_cache(REMEMBERED)(_one_more)


def _page(rows: Sequence[Any], by: Sequence[InstrumentedAttribute[Any]], length: int, *, is_first: bool) -> Page[Any]:
    more, rows = len(rows) > length, rows[:length]
    cursor_after = _encode([getattr(rows[-1], column.key) for column in by]) if more else None
    return Page(rows, cursor_after, is_first=is_first)


def _after(cursor: str | None, by: Sequence[InstrumentedAttribute[Any]]) -> list[Any] | None:
    return _decode(cursor, [column.type.python_type for column in by]) if cursor else None


def _named(after: list[Any] | None) -> dict[str, Any]:
    return {f"after_{place}": value for place, value in enumerate(after or ())}


def _encode(values: list[Any]) -> str:
    plain = [["t", v.isoformat()] if isinstance(v, datetime) else ["v", v] for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decode(cursor: str, kinds: Sequence[type]) -> list[Any] | None:
    """One value of each of `kinds`, or None for a cursor that was not made here."""
    if len(cursor) > CURSOR_LENGTH_MAX:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = [_moment(v) if kind == "t" else v for kind, v in json.loads(raw)]
    except (binascii.Error, ValueError, TypeError, OverflowError):
        return None
    fits = len(values) == len(kinds) and all(map(_is_storable, values, kinds))
    return values if fits else None


def _moment(typed: str) -> datetime:
    """In UTC. Raises ValueError without a zone, OverflowError beside the calendar's ends."""
    moment = datetime.fromisoformat(typed)
    if moment.tzinfo is None:
        raise ValueError(typed)
    return moment.astimezone(UTC)


def _is_storable(value: Any, kind: type) -> bool:
    """A value that the column's type could hold: both databases refuse others with an error, not an empty page."""
    if isinstance(value, str):
        return kind is str and "\x00" not in value and not _HALF_A_LETTER.search(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return kind is int and abs(value) <= INTEGER_MAX
    return isinstance(value, datetime) and kind is datetime
