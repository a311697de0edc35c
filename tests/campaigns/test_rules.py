"""Dates decide a season's state; names become addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.campaigns.models import CampaignState as S
from portal.campaigns.rules import WRAP_UP, due_state, slug_of

NOW = datetime(2026, 10, 14, 9, 14, tzinfo=UTC)
DAY = timedelta(days=1)

CASES = [
    # state         starts       ends              due
    (S.PLANNED,     NOW + DAY,   NOW + 9 * DAY,    S.PLANNED),
    (S.PLANNED,     NOW,         NOW + DAY,        S.RUNNING),
    (S.PLANNED,     NOW - DAY,   NOW,              S.WRAPPING_UP),
    (S.PLANNED,     NOW - DAY,   NOW - WRAP_UP,    S.CLOSED),
    (S.RUNNING,     NOW + DAY,   NOW + 9 * DAY,    S.RUNNING),
    (S.RUNNING,     NOW - DAY,   NOW,              S.WRAPPING_UP),
    (S.RUNNING,     NOW - DAY,   None,             S.RUNNING),
    (S.WRAPPING_UP, NOW - DAY,   NOW + DAY,        S.WRAPPING_UP),
    (S.WRAPPING_UP, NOW - DAY,   NOW - WRAP_UP,    S.CLOSED),
    (S.CLOSED,      NOW - DAY,   NOW + DAY,        S.CLOSED),
]  # fmt: skip


@pytest.mark.parametrize(("state", "starts_at", "ends_at", "due"), CASES)
def test_dates_move_a_season_on_and_never_back(state: S, starts_at: datetime, ends_at: datetime | None, due: S) -> None:
    assert due_state(state, starts_at, ends_at, NOW) == due


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Repair Autumn", "repair-autumn"),
        ("Été à la mer!", "ete-a-la-mer"),
        ("修理の秋", "season"),
        ("  --  ", "season"),
        ("x" * 200, "x" * 60),
    ],
)
def test_name_becomes_an_address(name: str, slug: str) -> None:
    assert slug_of(name) == slug
