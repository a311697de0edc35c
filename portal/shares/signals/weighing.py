"""All signals, found by themselves, and what they weigh together. Pure."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from portal.shares import signals
from portal.shares.signals.facts import Facts

RISK_MAX = 3
"""From this weight on a person looks. One strong signal, or several weak ones that agree."""


@dataclass(frozen=True)
class Signal:
    """One question about a share."""

    code: str
    weight: int
    notice: Callable[[Facts], dict[str, int] | None]


@dataclass(frozen=True)
class Noticed:
    """What a signal noticed, as words for its sentence."""

    code: str
    weight: int
    details: dict[str, int]


@cache
def all_signals() -> tuple[Signal, ...]:
    """By their code."""
    found = []
    for each in pkgutil.iter_modules(signals.__path__):
        module = import_module(f"{signals.__name__}.{each.name}")
        if hasattr(module, "CODE"):
            found.append(Signal(module.CODE, module.WEIGHT, module.notice))
    return tuple(sorted(found, key=lambda signal: signal.code))


def noticed(facts: Facts, codes: Collection[str]) -> list[Noticed]:
    """What those of `codes` notice, the heaviest first."""
    found = []
    for signal in all_signals():
        details = signal.notice(facts) if signal.code in codes else None
        if details is not None:
            found.append(Noticed(signal.code, signal.weight, details))
    return sorted(found, key=lambda each: (-each.weight, each.code))


def risk_of(found: Collection[Noticed]) -> int:
    """What they weigh together."""
    return sum(each.weight for each in found)


def needs_person(found: Collection[Noticed]) -> bool:
    """Weigh they so much that somebody should look?"""
    return risk_of(found) >= RISK_MAX
