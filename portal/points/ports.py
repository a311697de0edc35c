"""What the points room needs from a room above: campaigns are its neighbour, which it may not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.points.money import Rates


@dataclass(frozen=True)
class Season:
    """The season that pages speak of."""

    campaign_id: str
    name: str


_season_now: Callable[[], Season | None] | None = None


def use_season_now(season_now: Callable[[], Season | None]) -> None:
    """Called once, when the missions room starts."""
    global _season_now
    _season_now = season_now


def season_now() -> Season | None:
    """The season that runs; None between two, and in an app that has none."""
    return _season_now() if _season_now else None


_season_names: Callable[[], Mapping[str, str]] | None = None


def use_season_names(names: Callable[[], Mapping[str, str]]) -> None:
    """Called once, when the missions room starts."""
    global _season_names
    _season_names = names


def season_names() -> Mapping[str, str]:
    """How seasons are called, by id, in one query; the newest first."""
    return _season_names() if _season_names else {}


_rates: Callable[[], Rates | None] | None = None


def use_rates(rates: Callable[[], Rates | None]) -> None:
    """Called once, when the rewards room starts."""
    global _rates
    _rates = rates


def catalogue_rates() -> Rates | None:
    """What points cost in money; None while nobody entered what any reward costs."""
    return _rates() if _rates else None
