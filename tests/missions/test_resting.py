"""The audience guard's arithmetic: limits, windows, advice, and which account carries what is still to come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.missions.resting import MONTH, RESTED, WEEK, Limits, best_of, for_mission, load_of, share_out
from tests.conftest import NOW

LIMITS = Limits(week_max=3, month_max=8, gap_hours=24)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ago(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=each) for each in days]


@pytest.mark.parametrize(
    ("posted", "planned", "stopped_until"),
    [
        ([], 0, None),
        (ago(1, 2), 0, None),
        (ago(1, 2, 6), 0, NOW + DAY),               # the oldest of three leaves the week tomorrow
        (ago(1, 2, 7), 0, None),                    # exactly a week ago is over
        (ago(1, 2), 1, NOW + 5 * DAY),              # a place that is held counts like a post
        ([], 3, NOW + WEEK),                        # what is still to come fills the week
        ([], 2, None),
        (ago(1, 2, 3, 4), 0, NOW + 4 * DAY),        # over the limit: the two oldest have to leave
        (ago(8, 9, 10, 11, 12, 13, 14, 27), 0, NOW + DAY),  # the month is full while the week is empty
        (ago(8, 9, 10, 11, 12, 13, 14, 28), 0, None),
        (ago(1, 2, 6, 8, 9, 10, 11, 27), 0, NOW + DAY),     # both full: the later of the two
    ],
)  # fmt: skip
def test_another_post_waits_until_both_windows_have_room(posted, planned, stopped_until):
    assert load_of(posted, planned=planned, limits=LIMITS, now=NOW).stopped_until == stopped_until


def test_a_gap_is_advice_and_never_a_stop():
    load = load_of([NOW - 5 * HOUR], planned=0, limits=LIMITS, now=NOW)
    assert (load.stopped_until, load.advised_until) == (None, NOW + 19 * HOUR)
    assert load.rests
    assert load_of([NOW - 24 * HOUR], planned=0, limits=LIMITS, now=NOW).advised_until is None


def test_counts_are_of_the_windows_alone():
    load = load_of(ago(1, 6.9, 8, 27, 29), planned=0, limits=LIMITS, now=NOW)
    assert (load.week, load.month, load.last_at) == (2, 4, NOW - DAY)


@pytest.mark.parametrize(
    ("own", "stricter"),
    [
        ((None, None, None), LIMITS),
        ((1, 4, 48), Limits(1, 4, 48)),
        ((20, 80, 1), LIMITS),
        ((2, None, None), Limits(2, 8, 24)),
    ],
)
def test_the_stricter_of_staffs_and_ones_own_holds(own, stricter):
    assert LIMITS.and_own(*own) == stricter


def test_a_mission_is_judged_by_the_account_that_is_rested_first():
    full = load_of(ago(1, 2, 3), planned=0, limits=LIMITS, now=NOW)
    fresh = load_of([], planned=0, limits=LIMITS, now=NOW)
    assert best_of([full, fresh]) == fresh
    assert for_mission({"perch": full, "mastodon": fresh}, ["perch"]) == full
    assert for_mission({"perch": full, "mastodon": fresh}, []) == fresh
    assert for_mission({"perch": full}, ["mastodon"]) == RESTED


def test_planned_posts_go_to_the_least_loaded_account_that_fits():
    platform_of = {"a": "perch", "b": "mastodon"}
    assert share_out([[], []], {"a": 2, "b": 0}, platform_of) == {"a": 0, "b": 2}
    assert share_out([["perch"], []], {"a": 2, "b": 0}, platform_of) == {"a": 1, "b": 1}
    assert share_out([["x"]], {"a": 0}, {"a": "perch"}) == {"a": 0}


@given(
    days=st.lists(st.floats(min_value=0.001, max_value=40), max_size=30),
    planned=st.integers(0, 5),
    week=st.integers(1, 6),
    month=st.integers(6, 20),
)
def test_once_rested_the_limits_hold_and_a_moment_before_they_do_not(days, planned, week, month):
    posted, limits = ago(*days), Limits(week, month, 0)
    until = load_of(posted, planned=planned, limits=limits, now=NOW).stopped_until

    def within(at: datetime) -> bool:
        return all(
            sum(at - window < each <= NOW for each in posted) + planned + 1 <= most
            for window, most in ((WEEK, week), (MONTH, month))
        )

    if until is None:
        assert within(NOW)
    else:
        assert not within(NOW)
        assert planned >= week or within(until)
        assert planned >= week or not within(until - timedelta(microseconds=1))
