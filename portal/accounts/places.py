"""Countries, time zones and languages to choose from, in the reader's language."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global

NOT_COUNTRIES = frozenset(("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"))
"""Two-letter codes of CLDR for what nobody lives in."""

AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=8)
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """(ISO 3166-1 code, name), in the order of the names."""
    names = Locale.parse(locale).territories
    known = [
        (code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES
    ]
    return tuple(sorted(known, key=lambda each: _sorted_as(each[1])))


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """Names of the IANA database that people know a city by, and UTC."""
    return (*sorted(name for name in available_timezones() if name.split("/")[0] in AREAS), "UTC")


@lru_cache(maxsize=8)
def country_name(country: str, locale: str) -> str:
    return dict(countries(locale)).get(country, country)


def language_name(locale: str) -> str:
    """In the language itself: "Deutsch"."""
    name = Locale.parse(locale).get_display_name(locale) or locale
    return name[0].upper() + name[1:]


def country_of(locale: str) -> str:
    """The country that a locale like en-GB names; empty if none."""
    try:
        return Locale.parse(locale.replace("-", "_")).territory or ""
    except (UnknownLocaleError, ValueError, TypeError):
        return ""


def zone_of(country: str) -> str:
    """The first time zone of a country, for a form's proposal; empty if unknown."""
    zones = sorted(zone for zone, place in get_global("zone_territories").items() if place == country)
    return next((zone for zone in zones if zone in time_zones()), "")


def _sorted_as(name: str) -> str:
    """Åland beside Albania: accents and case don't count."""
    return normalize("NFKD", name).encode("ascii", "ignore").decode().casefold() or name
