"""The rules of who may claim, as tables of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.missions.rules import (
    HistoryFacts,
    MissionFacts,
    PersonFacts,
    Reason,
    is_open_to,
    moved_deadline,
    warning_moment,
    why_not,
)

NOW = datetime(2026, 10, 14, 9, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)

OPEN = MissionFacts(
    state="open", season_state="running", opens_at=NOW - HOUR, closes_at=NOW + HOUR, places_left=1, points=120,
    budget_left=120, per_person_max=1, platforms=("perch", "mastodon"),
)  # fmt: skip
FAN = PersonFacts(
    is_active=True, track="ambassador", roles=frozenset({"sharer"}), proved_platforms=frozenset({"perch"}),
    has_guidelines_to_read=False,
)  # fmt: skip
NEW = HistoryFacts()

MISSION_CASES = [
    # what differs from an open mission            reasons
    ({},                                           []),
    ({"state": "draft"},                           [Reason.NOT_OPEN_YET]),
    ({"state": "scheduled"},                       [Reason.NOT_OPEN_YET]),
    ({"state": "paused"},                          [Reason.PAUSED]),
    ({"state": "closed"},                          [Reason.CLOSED]),
    ({"opens_at": NOW + HOUR},                     [Reason.NOT_OPEN_YET]),
    ({"opens_at": NOW},                            []),
    ({"opens_at": None, "closes_at": None},        []),
    ({"closes_at": NOW},                           [Reason.CLOSED]),
    ({"state": "paused", "closes_at": NOW},        [Reason.CLOSED]),
    ({"season_state": "planned"},                  [Reason.NOT_OPEN_YET]),
    ({"season_state": "wrapping_up"},              [Reason.CLOSED]),
    ({"season_state": "closed"},                   [Reason.CLOSED]),
    ({"places_left": 0},                           [Reason.FULL]),
    ({"budget_left": 119},                         [Reason.BUDGET_GONE]),
    ({"budget_left": 0, "points": 0},              []),
    ({"tracks": ("employee",)},                    [Reason.TRACK]),
    ({"tracks": ("employee", "ambassador")},       []),
    ({"roles": ("creator",)},                      [Reason.ROLE]),
    ({"roles": ("creator", "sharer")},             []),
    ({"platforms": ("mastodon",)},                 [Reason.NO_PROVED_HANDLE]),
    ({"platforms": ()},                            []),
    ({"places_left": 0, "roles": ("creator",)},    [Reason.FULL, Reason.ROLE]),
]  # fmt: skip

PERSON_CASES = [
    # what differs from a fan                      reasons
    ({"is_active": False},                         [Reason.PERSON_PAUSED]),
    ({"proved_platforms": frozenset()},            [Reason.NO_PROVED_HANDLE]),
    ({"proved_platforms": frozenset({"mastodon"})}, []),
    ({"has_guidelines_to_read": True},             [Reason.GUIDELINE]),
    ({"roles": frozenset()},                       []),
]  # fmt: skip

HISTORY_CASES = [
    (HistoryFacts(holds_place=True),                      {},                     [Reason.ALREADY_CLAIMED]),
    (HistoryFacts(fulfilled=1),                           {},                     [Reason.LIMIT_REACHED]),
    (HistoryFacts(fulfilled=1),                           {"per_person_max": 2},  []),
    (HistoryFacts(fulfilled=2),                           {"per_person_max": 2},  [Reason.LIMIT_REACHED]),
    (HistoryFacts(holds_place=True, fulfilled=2),         {"per_person_max": 2},  [Reason.ALREADY_CLAIMED]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "reasons"), MISSION_CASES)
def test_mission_says_why_not(changes: dict, reasons: list[Reason]) -> None:
    assert why_not(replace(OPEN, **changes), FAN, NEW, now=NOW) == reasons


@pytest.mark.parametrize(("changes", "reasons"), PERSON_CASES)
def test_person_says_why_not(changes: dict, reasons: list[Reason]) -> None:
    assert why_not(OPEN, replace(FAN, **changes), NEW, now=NOW) == reasons


@pytest.mark.parametrize(("history", "changes", "reasons"), HISTORY_CASES)
def test_history_says_why_not(history: HistoryFacts, changes: dict, reasons: list[Reason]) -> None:
    assert why_not(replace(OPEN, **changes), FAN, history, now=NOW) == reasons


def test_empty_platforms_still_need_some_proved_account() -> None:
    nobody = replace(FAN, proved_platforms=frozenset())

    assert why_not(replace(OPEN, platforms=()), nobody, NEW, now=NOW) == [Reason.NO_PROVED_HANDLE]


def test_only_the_guideline_is_a_step_on_the_way() -> None:
    assert is_open_to([])
    assert is_open_to([Reason.GUIDELINE])
    for reason in set(Reason) - {Reason.GUIDELINE}:
        assert not is_open_to([reason]), reason
        assert not is_open_to([reason, Reason.GUIDELINE]), reason


WARNINGS = [
    # hours to deliver    hours left when the person is told
    (72,                  24),
    (96,                  24),
    (24,                  8),
    (3,                   1),
]  # fmt: skip


@pytest.mark.parametrize(("hours", "left"), WARNINGS)
def test_warning_comes_a_day_before_or_with_a_third_left(hours: int, left: int) -> None:
    expires_at = NOW + hours * HOUR

    assert warning_moment(NOW, expires_at) == expires_at - left * HOUR


DEADLINES = [
    # end in    stopped for    at least    new end in
    (10,        0,             0,          10),
    (10,        5,             0,          15),
    (10,        5,             48,         48),
    (60,        5,             48,         65),
    (-1,        3,             0,          2),
    (-4,        3,             0,          -1),
    (-4,        0,             48,         48),
]  # fmt: skip


@pytest.mark.parametrize(("end", "stopped", "at_least", "new_end"), DEADLINES)
def test_clock_gives_back_what_waited_for_us(end: int, stopped: int, at_least: int, new_end: int) -> None:
    moved = moved_deadline(
        NOW + end * HOUR, NOW - stopped * HOUR if stopped else None, now=NOW, at_least=at_least * HOUR
    )

    assert moved == NOW + new_end * HOUR
