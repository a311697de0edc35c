"""When points expire, as cases and as properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.points.rules import (
    Expiry,
    ExpiryKind,
    after_giving_back,
    after_notice,
    expires_at,
    months_after,
    needs_second_person,
    under_new_rules,
)

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
ROLLING = Expiry(ExpiryKind.ROLLING, 12)
YEAR_END = Expiry(ExpiryKind.FIXED, 3, 12, 31)

CASES = [
    # earned at (UTC)      rule                                zone    the last day that is theirs
    ("2026-10-14T09:14",   ROLLING,                            LONDON, "2027-10-14"),
    ("2026-02-28T12:00",   ROLLING,                            LONDON, "2027-02-28"),
    ("2028-02-29T12:00",   ROLLING,                            LONDON, "2029-02-28"),
    ("2026-08-31T12:00",   Expiry(ExpiryKind.ROLLING, 6),      LONDON, "2027-02-28"),
    ("2026-06-30T23:30",   ROLLING,                            LONDON, "2027-07-01"),  # past midnight in London
    ("2026-09-30T12:00",   YEAR_END,                           LONDON, "2026-12-31"),
    ("2026-10-01T12:00",   YEAR_END,                           LONDON, "2027-12-31"),  # three months at least
    ("2026-12-31T12:00",   YEAR_END,                           LONDON, "2027-12-31"),
    ("2026-03-01T12:00",   Expiry(ExpiryKind.FIXED, 0, 2, 29), BERLIN, "2027-02-28"),
    ("2027-03-01T12:00",   Expiry(ExpiryKind.FIXED, 0, 2, 29), BERLIN, "2028-02-29"),
]  # fmt: skip


@pytest.mark.parametrize(("earned", "rule", "zone", "last_day"), CASES)
def test_the_day_that_is_named_is_still_theirs(earned: str, rule: Expiry, zone: ZoneInfo, last_day: str) -> None:
    over = expires_at(datetime.fromisoformat(earned).replace(tzinfo=UTC), rule, zone)
    assert over is not None
    assert (over - timedelta(seconds=1)).astimezone(zone).date() == date.fromisoformat(last_day)
    assert over.astimezone(zone).date() == date.fromisoformat(last_day) + timedelta(days=1)


def test_without_a_rule_nothing_expires() -> None:
    assert expires_at(datetime(2026, 1, 1, tzinfo=UTC), Expiry(), LONDON) is None


zones = st.sampled_from([LONDON, BERLIN, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Auckland"), ZoneInfo("UTC")])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
expiries = st.one_of(
    st.builds(Expiry, st.just(ExpiryKind.ROLLING), st.integers(1, 60)),
    st.builds(Expiry, st.just(ExpiryKind.FIXED), st.integers(0, 12), st.integers(1, 12), st.integers(1, 31)),
)
FEW = settings(max_examples=150, deadline=None)


@FEW
@given(moments, expiries, zones)
def test_points_last_as_long_as_promised_and_end_at_a_midnight(earned: datetime, rule: Expiry, zone: ZoneInfo) -> None:
    over = expires_at(earned, rule, zone)
    assert over is not None
    begins = earned.astimezone(zone).date()
    assert over.astimezone(zone).date() > months_after(begins, rule.months)
    assert (over - timedelta(microseconds=1)).astimezone(zone).date() < over.astimezone(zone).date()
    if rule.kind == ExpiryKind.FIXED:
        assert over - earned <= timedelta(days=rule.months * 31 + 368)


@FEW
@given(moments, st.timedeltas(timedelta(0), timedelta(days=900)), expiries, zones)
def test_what_was_earned_later_never_expires_sooner(
    earned: datetime, later: timedelta, rule: Expiry, zone: ZoneInfo
) -> None:
    first, second = expires_at(earned, rule, zone), expires_at(earned + later, rule, zone)
    assert first is not None
    assert second is not None
    assert first <= second


@FEW
@given(moments, moments, st.sampled_from([1, 2]))
def test_no_notice_and_no_giving_back_shortens_anything(expires: datetime, now: datetime, notice: int) -> None:
    assert after_notice(expires, notice, now) >= max(expires, now + timedelta(days=3))
    given_back = after_giving_back(expires, now)
    assert given_back is not None
    assert given_back >= max(expires, now + timedelta(days=30))
    assert after_giving_back(None, now) is None


@FEW
@given(st.none() | moments, st.none() | moments, moments)
def test_new_rules_take_nothing_sooner_than_promised(
    before: datetime | None, by_rule: datetime | None, now: datetime
) -> None:
    lasts = under_new_rules(before, by_rule, now)
    if by_rule is None:
        assert lasts is None
    else:
        assert lasts is not None
        assert lasts >= (before or now + timedelta(days=92))


@pytest.mark.parametrize(
    ("points", "limit", "second"),
    [(500, 500, False), (501, 500, True), (-501, 500, True), (-500, 500, False), (1, 0, True)],
)
def test_who_may_adjust_alone(points: int, limit: int, second: bool) -> None:
    assert needs_second_person(points, limit) is second
