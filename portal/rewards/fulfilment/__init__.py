"""How each kind of reward reaches its owner: one module a kind, found by itself.

A module names its `KIND` and has the four functions of `Fulfilment`. The catalogue offers the kinds found here.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from portal.rewards.models import Redemption, RedemptionState, RewardKind


class Fulfilment(Protocol):
    """What a kind's module offers; each function works in the caller's transaction."""

    KIND: RewardKind

    def reserve(self, redemption: Redemption, *, now: datetime) -> None:
        """Take what this redemption will get, so that nobody else does. Raises OutOfStock."""

    def fulfil(self, redemption: Redemption, *, now: datetime) -> RedemptionState:
        """Do what can be done at once; the state that the redemption goes to."""

    def cancel(self, redemption: Redemption, *, now: datetime) -> None:
        """Give back what `reserve` took."""

    def status(self, redemption: Redemption) -> str:
        """One sentence for the owner: where it is."""


@cache
def all_kinds() -> dict[RewardKind, Fulfilment]:
    """Every kind that can be fulfilled, with its module."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.KIND: cast("Fulfilment", module) for module in modules}


def fulfilment_of(kind: str) -> Fulfilment:
    """The module for `kind`. Raises LookupError for one that nobody wrote."""
    return all_kinds()[RewardKind(kind)]
