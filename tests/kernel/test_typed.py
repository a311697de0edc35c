"""Versions and moments as forms carry them: what is none is refused, never an error of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale, get_babel
from werkzeug.datastructures import MultiDict
from wtforms import DecimalField, FloatField, Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from portal.kernel.typed import AmountField, WholeNumberField, utc_from_local, version_in

NUMBERS = (IntegerField, DecimalField, FloatField)
"""What fields of forms are never by themselves: each breaks over some number."""


@pytest.mark.parametrize(("typed", "version"), [("1", 1), ("42", 42), ("999999999", 999_999_999)])
def test_a_version_is_read(typed: str, version: int) -> None:
    assert version_in(typed) == version


@pytest.mark.parametrize("typed", [None, "", "²", "٣", "-1", "1.0", " 1", "9" * 10, "9" * 6000, "one"])
def test_what_is_no_version_is_one_that_no_row_has(typed: str | None) -> None:
    assert version_in(typed) == 0


@pytest.mark.parametrize("typed", ["0", "11", "-1", "9" * 16, "9" * 400, "-" + "9" * 400, "9" * 6000, "1e9", "²", ""])
def test_a_number_beyond_its_limits_is_refused_and_shown_as_it_was_typed(typed: str) -> None:
    class Asks(Form):
        week_max = WholeNumberField(validators=[NumberRange(1, 10, "From 1 to 10.")])

    form = Asks(MultiDict({"week_max": typed}))
    assert not form.validate()
    assert "From 1 to 10." in form.week_max.errors
    assert f'value="{typed}"' in form.week_max()


@pytest.mark.parametrize("typed", ["sNaN", "NaN", "-inf", "1e999999", "0", "9" * 400, "ten", ""])
def test_an_amount_beyond_its_limits_is_refused(typed: str) -> None:
    class Asks(Form):
        amount = AmountField(validators=[InputRequired(), NumberRange(Decimal("0.5"), 10)])

    form = Asks(MultiDict({"amount": typed}))
    assert not form.validate()
    assert form.amount.errors
    assert f'value="{typed}"' in form.amount()


def test_every_form_asks_for_numbers_that_way(sqlite_app: Flask) -> None:
    kinds, bare = [Form], []
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        fields = vars(kind).items() if kind.__module__.startswith("portal.") else ()
        bare += [f"{kind.__name__}.{name}" for name, field in fields if getattr(field, "field_class", 0) in NUMBERS]
    assert bare == []


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "UTC"])
@pytest.mark.parametrize("typed", ["0001-01-01T00:00", "9999-12-31T23:59", "1999-12-31T23:59", "2101-01-01T00:00"])
def test_a_moment_beside_our_years_is_none(
    sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch, zone: str, typed: str
) -> None:
    monkeypatch.setattr(get_babel(sqlite_app), "timezone_selector", lambda: zone)
    with sqlite_app.test_request_context(), force_locale("en"), pytest.raises(ValueError, match=str(int(typed[:4]))):
        utc_from_local(datetime.fromisoformat(typed))


def test_a_moment_is_read_in_the_readers_zone(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_babel(sqlite_app), "timezone_selector", lambda: "Asia/Tokyo")
    with sqlite_app.test_request_context():
        assert utc_from_local(datetime.fromisoformat("2026-10-14T09:00")) == datetime(2026, 10, 14, 0, tzinfo=UTC)
