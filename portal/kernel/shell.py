"""What stands around every page: navigation and a few figures. Rooms register their entries at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flask import request, url_for
from flask_babel.speaklater import LazyString
from flask_login import current_user
from sqlalchemy import Select, String, bindparam, select

from portal.kernel import clock
from portal.kernel.access import Permission
from portal.kernel.locale import translations
from portal.kernel.rows import rows_of

SECTIONS_MAX, LABELS_MAX = 64, 2048
"""How many sets of counted links, and how many labels in all languages, are remembered."""


LOOKING = bindparam("looking_id", type_=String)
"""Who looks, in the queries that figures beside links are counted with; `now` is a parameter of theirs as well."""


@dataclass(frozen=True, eq=False)
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
    counted: Callable[[frozenset[Permission]], Select[int]] | None


class Link(NamedTuple):
    """An entry as a page shows it."""

    endpoint: str
    url: str
    label: str
    icon: str
    current: bool
    figure: int


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
    counted: Callable[[frozenset[Permission]], Select[int]] | None = None,
) -> None:
    """Register a link. `count(person)`: a badge; 0 hides it. `counted(permissions)`: the same as a query of one figure.

    All that are `counted` in a section are asked together, in one question to the database. It is put together once for
    what somebody may do; its parameters are `looking_id` and `now`.

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
    def tabs(self) -> tuple[Link, ...]:
        return self._links("tabs")

    @property
    def nav(self) -> tuple[Link, ...]:
        return self._links("nav")

    @property
    def staff_nav(self) -> tuple[Link, ...]:
        return self._links("staff")

    def _links(self, section: str) -> tuple[Link, ...]:
        if self.person is None:
            return ()
        allowed, path, catalogue = self.person.permissions, request.path, translations()
        entries = [entry for entry in _entries if entry.section == section and entry.permission in allowed]
        figures = _figures_of(tuple(entry for entry in entries if entry.counted), self.person.id, allowed)
        links = []
        for entry in entries:
            url = url_for(entry.endpoint)
            count = figures.get(entry) or (entry.count(self.person) if entry.count else 0)
            current = any(_is_at_or_below(path, prefix) for prefix in entry.prefixes or (url,))
            links.append(Link(entry.endpoint, url, _label(entry, catalogue), entry.icon, current, count))
        return tuple(links)


def _is_at_or_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix.rstrip('/')}/")


def _figures_of(entries: tuple[Entry, ...], person_id: str, allowed: frozenset[Permission]) -> dict[Entry, int]:
    if not entries:
        return {}
    asked = {"looking_id": person_id, "now": clock.now()}
    return dict(zip(entries, rows_of(_counting(entries, allowed), asked).one(), strict=True))


@lru_cache(SECTIONS_MAX)
def _counting(entries: tuple[Entry, ...], allowed: frozenset[Permission]) -> Select[*tuple[Any, ...]]:
    """Put together once for each set of roles: every page of staff asks this."""
    return select(*(entry.counted(allowed).scalar_subquery() for entry in entries if entry.counted))


@lru_cache(LABELS_MAX)
def _label(entry: Entry, _catalogue: object) -> str:
    return str(entry.label)
