"""A reward as a list shows it: its columns without the long texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple


class Listed(NamedTuple):
    """Named as the model's columns, so that the same rules judge either."""

    id: str
    name: str
    summary: str
    price_points: int
    per_person_max: int
    stock: int
    is_unlimited: bool
    tracks: Sequence[str]
    countries: Sequence[str]
    lowest_tier: int
    available_from: datetime | None
    available_until: datetime | None
    """Or until what it is for begins."""
    cash_minor: int | None
    cash_currency: str | None
    image_file: str | None
    image_alt: str
    state: str
    tier_prices: Mapping[int, int]
    """What it costs from a tier's rank on, where that differs from `price_points`."""
