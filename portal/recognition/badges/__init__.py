"""Badges, one module each: `CODE`, `NAME`, `RULE`, `ICON`, and `cause(person_id, now)`, which says what earned it.

A module of this package becomes a badge by offering these; it is found by itself. `RULE` is the sentence that staff and
fans read, and `cause` does what it says. A badge without `cause` is given by hand, with a reason. None is for volume.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from flask_babel.speaklater import LazyString

from portal.points.ledger import Cause

FindCause = Callable[[str, datetime], Cause | None]


@dataclass(frozen=True)
class Badge:
    """One badge and its rule."""

    code: str
    name: LazyString
    rule: LazyString
    icon: str
    cause: FindCause | None
    """None: given by hand."""


@cache
def all_badges() -> Mapping[str, Badge]:
    """Every badge by its code, in the order of their modules' names."""
    found = (import_module(f"{__name__}.{each.name}") for each in sorted(iter_modules(__path__), key=lambda m: m.name))
    return {
        module.CODE: Badge(module.CODE, module.NAME, module.RULE, module.ICON, getattr(module, "cause", None))
        for module in found
        if hasattr(module, "CODE")
    }
