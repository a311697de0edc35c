"""What is put together once for each language is never said in another."""

from __future__ import annotations

from flask import Flask
from flask_babel import force_locale, refresh

from portal.kernel.locale import gettext, once_a_language, reader_locale


def test_each_language_is_asked_once(sqlite_app: Flask) -> None:
    asked: list[str] = []

    @once_a_language
    def word() -> str:
        asked.append(str(reader_locale()))
        return gettext("Missions")

    said = []
    for language in ("en", "de", "en", "de"):
        with sqlite_app.test_request_context(), force_locale(language):
            said.append(word())
    assert said == ["Missions", "Missionen", "Missions", "Missionen"]
    assert asked == ["en", "de"]


def test_a_language_that_changes_within_a_request_is_noticed(sqlite_app: Flask) -> None:
    said = once_a_language(lambda: gettext("Missions"))
    with sqlite_app.test_request_context(headers={"Accept-Language": "de"}):
        assert said() == "Missionen"
        with force_locale("en"):
            assert said() == "Missions"
        refresh()
        assert said() == "Missionen"
