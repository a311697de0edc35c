"""Moments, days and numbers are written as the reader's language writes them, in London's summer and winter time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.kernel import clock, formatting
from portal.kernel.formatting import day, moment, moment_there, money, number, takes

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
THIS_YEAR, NEXT_YEAR = datetime(2026, 10, 16, 16, tzinfo=UTC), datetime(2027, 1, 8, 16, tzinfo=UTC)

WORDS = [
    ("en", THIS_YEAR, "Friday 16 October, 17:00", "16 Oct, 17:00"),
    ("en", NEXT_YEAR, "Friday, 8 January 2027, 16:00", "8 Jan 2027, 16:00"),
    ("de", THIS_YEAR, "Freitag, 16. Oktober, 17:00", "16. Okt., 17:00"),
    ("de", NEXT_YEAR, "Freitag, 8. Januar 2027, 16:00", "8. Jan. 2027, 16:00"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "at", "long", "short"), WORDS)
def test_a_moment_has_whole_words_and_the_year_only_when_it_is_another(
    sqlite_app: Flask, language: str, at: datetime, long: str, short: str
) -> None:
    with sqlite_app.test_request_context(), clock.frozen(NOW), force_locale(language):
        assert (moment(at), moment(at, "short")) == (long, short)


def test_one_moment_shows_another_time_in_another_zone(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    for zone in ("Europe/Berlin", "America/New_York", "Europe/Berlin"):
        monkeypatch.setattr(formatting, "reader_zone", partial(ZoneInfo, zone))
        with sqlite_app.test_request_context(), clock.frozen(NOW):
            shown.append(moment(THIS_YEAR, "short"))
    assert shown == ["16 Oct, 18:00", "16 Oct, 12:00", "16 Oct, 18:00"]


def test_what_somebody_travels_to_says_whose_clock_it_is_told_by(
    sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    for zone in ("Europe/Berlin", "Europe/London"):
        monkeypatch.setattr(formatting, "reader_zone", partial(ZoneInfo, zone))
        with sqlite_app.test_request_context(), clock.frozen(NOW):
            shown.append(moment_there(THIS_YEAR))
    assert shown == ["Friday 16 October, 18:00 (time in Berlin)", "Friday 16 October, 17:00 (time in London)"]


def test_the_year_is_left_out_by_the_readers_own_calendar(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "reader_zone", partial(ZoneInfo, "Asia/Kathmandu"))
    midnight = datetime(2026, 12, 31, 18, 15, tzinfo=UTC)  # there: the new year's first minute
    shown = []
    for now in (midnight - timedelta(seconds=1), midnight):
        with sqlite_app.test_request_context(), clock.frozen(now):
            shown.append(moment(midnight, "short"))
    assert shown == ["1 Jan 2027, 00:00", "1 Jan, 00:00"]


def test_a_day_stays_the_day_it_is(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context(), clock.frozen(NOW), force_locale("de"):
        assert day(date(2026, 10, 16)) == "16. Oktober 2026"
        assert day(date(2026, 10, 16), "weekday") == "Freitag, 16. Oktober"


def test_money_is_written_in_its_own_smallest_units(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        with force_locale("en"):
            assert (money(1060, "gbp"), money(500, "jpy")) == ("£10.60", "JP¥500")
        with force_locale("de"):
            assert money(1060, "gbp") == "10,60\xa0£"


def test_numbers_have_the_separators_of_the_language(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        with force_locale("de"):
            assert number(1840) == "1.840"
        with force_locale("en"):
            assert number(1840) == "1,840"


@pytest.mark.parametrize(
    ("minutes", "english", "german"),
    [
        (1, "About 1 minute", "Etwa 1 Minute"),
        (90, "About 90 minutes", "Etwa 90 Minuten"),
        (120, "About 2 hours", "Etwa 2 Stunden"),
        (180, "About 3 hours", "Etwa 3 Stunden"),
    ],
)
def test_what_takes_long_is_told_in_hours(sqlite_app: Flask, minutes: int, english: str, german: str) -> None:
    with sqlite_app.test_request_context():
        assert takes(minutes) == english
        with force_locale("de"):
            assert takes(minutes) == german


@pytest.mark.parametrize(
    ("zone", "last"),
    [
        ("UTC", date(2026, 12, 31)), ("Europe/Berlin", date(2026, 12, 31)), ("Pacific/Auckland", date(2026, 12, 31)),
        ("America/New_York", date(2026, 12, 30)),
    ],
)  # fmt: skip
def test_the_last_day_of_something_is_whole_wherever_it_is_read(
    sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch, zone: str, last: date
) -> None:
    """In Berlin the year of a programme in London ends at one o'clock, and that day is not theirs any more."""
    monkeypatch.setattr(formatting, "reader_zone", partial(ZoneInfo, zone))
    assert formatting.last_day_before(datetime(2027, 1, 1, tzinfo=UTC)) == last
