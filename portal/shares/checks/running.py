"""All checks, found by themselves, and how they are run."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from portal.shares import checks
from portal.shares.checks.finding import Asked, Context, Finding


@dataclass(frozen=True)
class Check:
    """One question about a share. Without `needs_reading` it can be answered before anything is fetched."""

    code: str
    order: int
    needs_reading: bool
    ask: Callable[[Context], Finding | None]
    """None: there is nothing to say of this post."""
    applies: Callable[[Asked], bool]
    """Does the mission, or staff, ask this question at all?"""


def _always(_asked: Asked) -> bool:
    return True


@cache
def all_checks() -> tuple[Check, ...]:
    """In the order in which a fan sees them."""
    found = []
    for each in pkgutil.iter_modules(checks.__path__):
        module = import_module(f"{checks.__name__}.{each.name}")
        if hasattr(module, "CODE"):
            applies = getattr(module, "applies", _always)
            found.append(Check(module.CODE, module.ORDER, module.NEEDS_READING, module.check, applies))
    return tuple(sorted(found, key=lambda check: check.order))


def checks_asked(asked: Asked) -> tuple[Check, ...]:
    """Those that a mission asks for."""
    return tuple(check for check in all_checks() if check.applies(asked))


def run_checks(context: Context) -> dict[str, Finding]:
    """Each check's finding, by its code; before anything was read, of those alone that need no reading."""
    findings = {
        check.code: check.ask(context)
        for check in checks_asked(context.asked)
        if context.reading is not None or not check.needs_reading
    }
    return {code: finding for code, finding in findings.items() if finding is not None}
