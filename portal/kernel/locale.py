"""Whose language and time zone a page is written in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from functools import lru_cache, wraps
from typing import Any, TypeVar

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import Domain, get_babel, get_locale, get_timezone
from flask_login import current_user
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
LOCALE_KEY = "locale"
REMEMBERED = 8192
"""How many texts of pages are kept: all catalogues together are smaller."""
LANGUAGES = 64
"""How many catalogues something is remembered for."""

T = TypeVar("T")


def choose_locale() -> str:
    """The person's own language; a stranger's choice on the page; what the browser asks for; the first offered."""
    offered: list[str] = current_app.config["SETTINGS"].languages
    if has_request_context():
        if current_user.is_authenticated and current_user.locale in offered:
            return str(current_user.locale)
        if session.get(LOCALE_KEY) in offered:
            return str(session[LOCALE_KEY])
        return request.accept_languages.best_match(offered) or offered[0]
    return offered[0]


def choose_time_zone() -> str:
    """The person's time zone, else the portal's."""
    if has_request_context() and current_user.is_authenticated:
        return str(current_user.time_zone)
    return str(current_app.config["SETTINGS"].time_zone)


def text_direction(locale: str) -> str:
    return "rtl" if locale.split("_")[0] in RIGHT_TO_LEFT else "ltr"


class RememberingDomain(Domain):
    """Finds the catalogue once for a page's hundreds of texts, where Flask-Babel looks it up for each.

    Under the name that Flask-Babel's own `refresh` and `force_locale` forget it by.
    """

    def get_translations(self) -> Translations | NullTranslations:
        known: Translations | NullTranslations | None = getattr(g.get("_flask_babel"), "babel_translations", None)
        if known is None:
            known = super().get_translations()
            g._flask_babel.babel_translations = known
        return known


def init_texts(app: Flask) -> None:
    """Give templates `_`, `gettext` and `ngettext` that reach the catalogue in one step instead of seven.

    As Jinja's own: what is put into a text is escaped, and a text is a format string also where nothing is put in.
    """
    app.jinja_env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)


@pass_eval_context
def _gettext(context: EvalContext, text: str, **values: Any) -> str:
    if not values:
        return _whole_text(translations(), text, bool(context.autoescape))
    return _format(translations().ugettext(text), bool(context.autoescape)) % values


@lru_cache(REMEMBERED)
def _whole_text(catalogue: Translations | NullTranslations, text: str, escapes: bool) -> str:
    return _format(catalogue.ugettext(text), escapes) % {}


@pass_eval_context
def _ngettext(context: EvalContext, one: str, many: str, num: int, **values: Any) -> str:
    words = translations().ungettext(one, many, num)
    return _format(words, bool(context.autoescape)) % {"num": num, **values}


def _format(words: str, escapes: bool) -> str:
    return Markup(words) if escapes else words  # noqa: S704 - catalogues are ours; what is put into them is escaped


def gettext(text: str, **values: Any) -> str:
    """Flask-Babel's, for modules whose pages say many words; within an app's context alone."""
    words = translations().ugettext(text)
    return words % values if values else words


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """As `gettext`, by number."""
    return translations().ungettext(one, many, num) % {"num": num, **values}


def translations() -> Translations | NullTranslations:
    """The catalogue of whoever reads; the same object for everybody of that language."""
    known: Translations | NullTranslations | None = _noted("babel_translations")
    return known or get_babel().instance.domain_instance.get_translations()


def reader_locale() -> Locale | None:
    """The locale of whoever reads; None outside of an app's context."""
    known: Locale | None = _noted("babel_locale")
    return known or get_locale()


def reader_zone() -> tzinfo:
    """The time zone of whoever reads; the same object for everybody there."""
    known: tzinfo | None = _noted("babel_tzinfo")
    return known or get_timezone() or UTC


def _noted(name: str) -> Any:
    """What Flask-Babel noted about this context, without its detour: a page asks hundreds of times."""
    try:
        return getattr(getattr(g._get_current_object(), "_flask_babel", None), name, None)
    except RuntimeError:
        return None


def once_a_language(read: Callable[[], T]) -> Callable[[], T]:
    """Call `read` once for each language. What it gives may depend on that alone, and is changed by nobody."""

    @lru_cache(LANGUAGES)
    def known(_catalogue: object) -> T:
        return read()

    @wraps(read)
    def remembered() -> T:
        return known(translations())

    return remembered
