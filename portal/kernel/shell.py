"""What stands around every page: navigation and a few figures. Rooms register their entries at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel.speaklater import LazyString
from flask_login import current_user
from sqlalchemy import Select, select

from portal.extensions import db
from portal.kernel.access import Permission


@dataclass(frozen=True)
class Entry:
    """One link of the navigation; `section` is tabs (phone), nav (side bar) or staff."""

    section: str
    endpoint: str
    label: LazyString
    icon: str
    order: int
    permission: Permission
    prefixes: tuple[str, ...]
    count: Callable[[Any], int] | None
    counted: Callable[[Any], Select[int]] | None


_entries: list[Entry] = []
_figures: dict[str, Callable[[Any], int]] = {}


def add_entry(
    section: str,
    endpoint: str,
    label: LazyString,
    *,
    icon: str,
    order: int,
    permission: Permission = Permission.TAKE_PART,
    prefixes: tuple[str, ...] = (),
    count: Callable[[Any], int] | None = None,
    counted: Callable[[Any], Select[int]] | None = None,
) -> None:
    """Register a link. `count(person)`: a badge; 0 hides it. `counted(person)`: the same as a query of one figure.

    All that are `counted` in a section are asked together, in one question to the database.

    `prefixes`: pages at and below these paths mark the link as current; without any, its own page and those below it.
    """
    entry = Entry(section, endpoint, label, icon, order, permission, prefixes, count, counted)
    if (section, endpoint) not in [(known.section, known.endpoint) for known in _entries]:
        _entries.append(entry)
        _entries.sort(key=lambda known: known.order)


def add_figure(name: str, figure: Callable[[Any], int]) -> None:
    """Register `shell.<name>`, a number about the person who looks, like `points_available`."""
    _figures[name] = figure


class Shell:
    """What a layout asks for, counted only when it asks."""

    def __init__(self) -> None:
        self.person = current_user._get_current_object() if current_user.is_authenticated else None

    def __getattr__(self, name: str) -> int:
        if name not in _figures:
            raise AttributeError(name)
        value = _figures[name](self.person) if self.person is not None else 0
        setattr(self, name, value)
        return value

    @property
    def tabs(self) -> list[dict[str, Any]]:
        return self._links("tabs")

    @property
    def nav(self) -> list[dict[str, Any]]:
        return self._links("nav")

    @property
    def staff_nav(self) -> list[dict[str, Any]]:
        return self._links("staff")

    def _links(self, section: str) -> list[dict[str, Any]]:
        if self.person is None:
            return []
        allowed = self.person.permissions
        entries = [entry for entry in _entries if entry.section == section and entry.permission in allowed]
        figures = _counted(entries, self.person)
        return [_link(entry, self.person, figures.get(entry.endpoint)) for entry in entries]


def _counted(entries: list[Entry], person: Any) -> dict[str, int]:
    """The figures of those that give a query, by endpoint."""
    queries = {entry.endpoint: entry.counted(person).scalar_subquery() for entry in entries if entry.counted}
    if not queries:
        return {}
    figures = db.session.execute(select(*queries.values())).one()
    return dict(zip(queries, figures, strict=True))


def _link(entry: Entry, person: Any, counted: int | None) -> dict[str, Any]:
    url = url_for(entry.endpoint)
    return {
        "endpoint": entry.endpoint,
        "url": url,
        "label": str(entry.label),
        "icon": entry.icon,
        "current": any(
            request.path == prefix or request.path.startswith(f"{prefix.rstrip('/')}/")
            for prefix in entry.prefixes or (url,)
        ),
        "count": counted or (entry.count(person) if entry.count else 0),
    }
