"""When verified posts are looked at again: pure arithmetic over many shares."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from portal.kernel.base import new_id
from portal.shares.recheck_times import SAMPLE_PERIOD, SAMPLE_PERIODS, Standing, hold_end, next_look, next_return_look

VERIFIED = datetime(2026, 10, 14, 9, 14, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def looks_at(share_id: str, *, hold: timedelta = 14 * DAY, percent: int = 0, until: timedelta = 500 * DAY):
    """Every moment at which the share is looked at, each look taken when it is due."""
    end, now, moments = hold_end(share_id, VERIFIED, hold), VERIFIED, []
    while now <= VERIFIED + until:
        standing = Standing(share_id, VERIFIED, end, is_settled=now >= end)
        due = next_look(standing, after=now, sample_percent=percent)
        if due is None:
            break
        assert due > now
        moments.append(due - VERIFIED)
        now = due
    return moments


def test_an_hour_a_day_a_week_and_the_end_of_the_hold():
    hour, day, week, end = looks_at("share-a")
    assert HOUR <= hour < 1.25 * HOUR
    assert DAY <= day < DAY + 3 * HOUR
    assert 7 * DAY <= week < 8 * DAY
    assert 14 * DAY <= end <= 14 * DAY + HOUR


@pytest.mark.parametrize(("hold", "looks"), [(7 * DAY, 3), (2 * DAY, 4), (timedelta(minutes=10), 4)])
def test_a_look_beside_the_end_of_the_hold_is_left_out_and_later_ones_stay(hold, looks):
    assert all(len(looks_at(f"share-{number}", hold=hold)) == looks for number in range(50))


def test_the_hold_never_ends_early():
    for number in range(500):
        assert VERIFIED + 7 * DAY <= hold_end(str(number), VERIFIED, 7 * DAY) <= VERIFIED + 7 * DAY + HOUR


def test_the_same_share_has_the_same_moments_and_another_one_others():
    assert looks_at("share-a") == looks_at("share-a")
    assert looks_at("share-a") != looks_at("share-b")


def test_a_hold_that_is_over_and_could_not_be_looked_at_stays_due():
    late = VERIFIED + 20 * DAY
    standing = Standing("share-a", VERIFIED, VERIFIED + 7 * DAY, is_settled=False)
    assert next_look(standing, after=late, sample_percent=0) == late


@pytest.mark.parametrize("percent", [0, 10, 50, 100])
def test_afterwards_as_many_are_sampled_as_staff_set(percent):
    sampled = sum(len(looks_at(f"share-{number}", percent=percent)) - 4 for number in range(400))
    expected = 400 * SAMPLE_PERIODS * percent / 100
    assert expected * 0.85 <= sampled <= expected * 1.15


def test_a_year_after_its_hold_a_share_is_left_alone():
    assert max(looks_at("share-a", percent=100)) <= 15 * DAY + SAMPLE_PERIOD * SAMPLE_PERIODS


def test_what_was_revoked_is_looked_for_after_a_day_and_a_week_then_no_more():
    first = next_return_look("share-a", VERIFIED, after=VERIFIED)
    second = next_return_look("share-a", VERIFIED, after=first)
    assert DAY <= first - VERIFIED < 1.25 * DAY
    assert 7 * DAY <= second - VERIFIED < 8 * DAY
    assert next_return_look("share-a", VERIFIED, after=second) is None


def test_a_launch_day_comes_back_spread_out():
    """Ten thousand shares verified in the same second: their looks of the next day fill their window evenly."""
    minutes = Counter(
        int((moment - DAY).total_seconds() // 60)
        for moment in (looks_at(new_id(), until=2 * DAY)[1] for _ in range(10_000))
    )
    assert set(minutes) == set(range(180))
    assert max(minutes.values()) <= 2 * 10_000 / 180
