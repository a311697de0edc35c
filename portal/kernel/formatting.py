"""How moments, days, numbers and points are written for the person who reads them: their zone, their language.

Moments come in as aware datetimes, or naive ones that mean UTC; a `date` has no zone and is never moved. English is
written the British way, whatever the short name of the locale says. The same functions are Jinja filters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, dates, numbers
from babel.lists import format_list
from babel.units import format_unit
from flask import Flask
from markupsafe import Markup

from portal.kernel import clock
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext, reader_locale, reader_zone

MINUTE_S, QUARTER_S, HOUR_S, DAY_S = 60, 900, 3600, 86400
LONG_MINUTES = 120
"""From here on a length is told in hours."""
BRITISH = Locale("en", "GB")
REMEMBERED = 4096
"""How many results of each sort are kept: the same few hundred numbers and moments stand on every page."""


def init_formatting(app: Flask) -> None:
    """Offer this module to templates, and `N_`, which marks a text for translation where it is not yet shown."""
    for function in (
        moment,
        moment_there,
        day,
        last_day_before,
        month,
        until,
        ago,
        duration,
        takes,
        number,
        signed,
        points,
        money,
        iso,
        language,
        attrs,
    ):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.filters["clock"] = clock_time
    app.jinja_env.filters["bytes"] = bytes_
    app.jinja_env.globals["N_"] = str


def moment(at: datetime, style: str = "long") -> str:
    """Day and time: "Friday 16 October, 18:00", short "16 Oct, 18:00"; with the year only if it isn't this one."""
    zone = reader_zone()
    return _moment(_aware(at), style, _this_year(zone), zone, _locale())


def moment_there(at: datetime) -> str:
    """For what somebody travels to: the moment, and whose clock shows it: "… 18:00 (time in London)"."""
    city = dates.get_timezone_location(reader_zone(), locale=_locale(), return_city=True)
    return _("%(moment)s (time in %(city)s)", moment=moment(at), city=city)


@lru_cache(REMEMBERED)
def _moment(at: datetime, style: str, this_year: int, zone: tzinfo, locale: Locale) -> str:
    here = at.astimezone(zone)
    pattern = str(locale.datetime_formats["medium"])
    words = _day_words(here.date(), style, here.year == this_year, locale)
    return pattern.replace("{1}", words).replace("{0}", dates.format_time(here.time(), "short", locale=locale))


def day(at: date | datetime, style: str = "long") -> str:
    """The day: "16 October 2026", weekday "Friday 16 October", short "16 Oct" (with its year if not this one)."""
    here = _local(at) if isinstance(at, datetime) else at
    if style == "long":
        return dates.format_date(here, "long", locale=_locale())
    return _day_text(here, "long" if style == "weekday" else style)


def month(first_day: date) -> str:
    """The month of a day: "October 2026"."""
    return dates.format_skeleton("yMMMM", first_day, locale=_locale())


def clock_time(at: datetime) -> str:
    """The time of day: "18:00"."""
    return dates.format_time(at, "short", tzinfo=reader_zone(), locale=_locale())


def until(at: datetime) -> str:
    """The time left until `at`, rounded down so that it never promises more than there is: "2 hrs 5 mins"."""
    left_s = int((_aware(at) - clock.now()).total_seconds())
    return str(_("time is up")) if left_s <= 0 else _duration(left_s)


def ago(at: datetime) -> str:
    """How long ago: "5 mins ago", "yesterday"; after a week, the day itself."""
    past = clock.now() - _aware(at)
    if past > timedelta(days=7):
        return day(at, "short")
    if past < timedelta(minutes=1):
        return str(_("just now"))
    return dates.format_timedelta(-past, add_direction=True, locale=_locale())


def number(value: int | float) -> str:
    """A number in the reader's locale: "1,840"."""
    return _number(value, _locale())


@lru_cache(REMEMBERED)
def _number(value: int | float, locale: Locale) -> str:
    return numbers.format_decimal(value, locale=locale)


def signed(value: int) -> str:
    """A movement: "+120", "−400" (with a true minus sign), "0"."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + number(abs(value))


def points(value: int) -> str:
    """An amount of points in words: "120 points"."""
    return str(ngettext("%(count)s point", "%(count)s points", value, count=number(value)))


def money(minor: int, currency: str) -> str:
    """An amount in the currency's smallest unit: "£10.60", in German "10,60 £". `currency` is its ISO 4217 code."""
    code = currency.upper()
    return numbers.format_currency(from_minor(minor, code), code, locale=_locale())


def from_minor(minor: int, currency: str) -> Decimal:
    """An amount in the currency's smallest unit as people write it: 1060 pence are 10.60 pounds."""
    return Decimal(minor).scaleb(-numbers.get_currency_precision(currency.upper()))


def to_minor(amount: Decimal, currency: str) -> int:
    """The way back, rounded half up."""
    scaled = amount.scaleb(numbers.get_currency_precision(currency.upper()))
    return int(scaled.quantize(Decimal(1), ROUND_HALF_UP))


def bytes_(value: int) -> str:
    """A file's size: "8 MB", "340 kB"."""
    unit, size = ("megabyte", value / 1_000_000) if value >= 1_000_000 else ("kilobyte", value / 1000)
    return format_unit(round(size, 0 if size >= 10 else 1), f"digital-{unit}", length="short", locale=_locale())


def iso(at: date | datetime) -> str:
    """For `datetime` attributes: "2026-10-16T18:00:00Z"; a plain day stays one."""
    if isinstance(at, datetime):
        return _aware(at).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    return at.isoformat()


def either(names: Iterable[str]) -> str:
    """ "Perch, Mastodon or X", in the reader's language."""
    return format_list([*names], style="or", locale=_locale())


def language(code: str) -> str:
    """A language's name in itself: "Deutsch"."""
    return Locale.parse(code).get_language_name(code) or code


def attrs(values: Mapping[str, object]) -> Markup:
    """Keyword arguments as HTML attributes: `data_open="x"` is `data-open="x"`, True a bare name, None nothing."""
    parts = []
    for name, value in values.items():
        name = name.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(Markup(" {}").format(name))
        elif value is not None and value is not False:
            parts.append(Markup(' {}="{}"').format(name, value))
    return Markup("").join(parts)


def _locale() -> Locale:
    locale = reader_locale()
    if locale is None or (locale.language == "en" and locale.territory is None):
        return BRITISH
    return locale


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def last_day_before(at: datetime) -> date:
    """The last whole day before `at`, where the reader is: "until the end of" it holds wherever they live."""
    return _local(at).date() - timedelta(days=1)


def _local(at: datetime) -> datetime:
    return _aware(at).astimezone(reader_zone())


def _this_year(zone: tzinfo) -> int:
    """The year that it is there. No zone begins one within a quarter of an hour."""
    return _year_of(int(clock.now().timestamp()) // QUARTER_S, zone)


@lru_cache(REMEMBERED)
def _year_of(quarter: int, zone: tzinfo) -> int:
    return datetime.fromtimestamp(quarter * QUARTER_S, zone).year


def _day_text(here: date, style: str) -> str:
    """Weekday and day (long) or a short day, with the year where it is not the reader's own year."""
    return _day_words(date(here.year, here.month, here.day), style, here.year == _this_year(reader_zone()), _locale())


@lru_cache(REMEMBERED)
def _day_words(here: date, style: str, this_year: bool, locale: Locale) -> str:
    year = "" if this_year else "y"
    if style == "short":
        return dates.format_skeleton(f"{year}MMMd", here, locale=locale)
    # Most languages know this skeleton with shortened words only ("Fr., 16. Okt."): its order, with whole words.
    nearest = dates.match_skeleton(f"{year}MMMMEEEEd", locale.datetime_skeletons)
    pattern = re.sub("E+", "EEEE", re.sub("MMM+", "MMMM", str(locale.datetime_skeletons[nearest])))
    return dates.format_date(here, pattern, locale=locale)


def duration(length: timedelta) -> str:
    """How long something took, like "3 hrs 10 mins"."""
    return _duration(int(length.total_seconds()))


def takes(minutes: int) -> str:
    """How long something will take, roughly: "About 15 minutes", and from two hours on "About 3 hours"."""
    if minutes < LONG_MINUTES:
        return ngettext("About %(num)d minute", "About %(num)d minutes", minutes)
    return ngettext("About %(num)d hour", "About %(num)d hours", round(minutes / 60))


def _duration(left_s: int) -> str:
    if left_s < MINUTE_S:
        return str(_("less than a minute"))
    days, hours, minutes = left_s // DAY_S, left_s % DAY_S // HOUR_S, left_s % HOUR_S // MINUTE_S
    locale = _locale()
    if days >= 3:
        return _part("day", days, locale)
    largest = [("day", days), ("hour", hours)] if days else [("hour", hours), ("minute", minutes)]
    return " ".join(_part(unit, value, locale) for unit, value in largest if value)


@lru_cache(REMEMBERED)
def _part(unit: str, value: int, locale: Locale) -> str:
    return format_unit(value, f"duration-{unit}", length="short", locale=locale)
