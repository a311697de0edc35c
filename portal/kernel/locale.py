"""Whose language and time zone a page is written in."""

from __future__ import annotations

from babel.support import NullTranslations, Translations
from flask import current_app, g, has_request_context, request, session
from flask_babel import Domain
from flask_login import current_user

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
LOCALE_KEY = "locale"


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
        context = g.get("_flask_babel") if g else None
        known: Translations | NullTranslations | None = getattr(context, "babel_translations", None)
        if known is None:
            known = super().get_translations()
            if g and (context := g.get("_flask_babel")) is not None:
                context.babel_translations = known
        return known
