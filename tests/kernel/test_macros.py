"""Pieces of pages from memory: drawn as the macro would draw them anew, whoever asks and in whatever language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale
from markupsafe import Markup

from portal.kernel.macros import REMEMBERED, remembered

Draw = Callable[..., str]


@pytest.fixture
def drawn(sqlite_app: Flask) -> tuple[Draw, list[tuple[object, ...]]]:
    """A remembered macro that shows its values, and those it was really called with."""
    calls: list[tuple[object, ...]] = []

    def macro(*values: object, **named: object) -> Markup:
        calls.append((*values, *named.items()))
        shown = [f"{value}:{type(value).__name__}" for value in (*values, *named.values())]
        return Markup("<b>{}</b>").format(" ".join(shown))

    return remembered(macro), calls


def test_the_same_values_are_drawn_once(sqlite_app: Flask, drawn: tuple[Draw, list[tuple[object, ...]]]) -> None:
    draw, calls = drawn
    with sqlite_app.test_request_context():
        assert draw("leaf", size=2) == draw("leaf", size=2)
    with sqlite_app.test_request_context():
        draw("leaf", size=2)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (0, False), (1, 1.0), ("<i>", Markup("<i>")), ("", Markup("")), (None, ""), (None, False)],
)
def test_equal_values_of_different_types_are_told_apart(
    sqlite_app: Flask, drawn: tuple[Draw, list[tuple[object, ...]]], one: object, other: object
) -> None:
    draw, _calls = drawn
    with sqlite_app.test_request_context():
        for value in (one, other, one):
            assert draw(value) == Markup("<b>{}</b>").format(f"{value}:{type(value).__name__}")
            assert draw(named=value) == draw(value)


def test_values_by_name_and_by_position_are_not_mixed_up(
    sqlite_app: Flask, drawn: tuple[Draw, list[tuple[object, ...]]]
) -> None:
    draw, calls = drawn
    with sqlite_app.test_request_context():
        draw("a", "b"), draw("b", "a"), draw(x="a", y="b"), draw(x="b", y="a")
    assert len(calls) == 4


def test_each_language_has_its_own(sqlite_app: Flask) -> None:
    draw = remembered(lambda: render_template_string("{{ _('Sign in') }}"))
    with sqlite_app.test_request_context():
        for _again in range(2):
            for language, text in (("en", "Sign in"), ("de", "Anmelden")):
                with force_locale(language):
                    assert draw() == text


def test_what_cannot_be_remembered_is_an_error_and_not_a_guess(
    sqlite_app: Flask, drawn: tuple[Draw, list[tuple[object, ...]]]
) -> None:
    draw, _calls = drawn
    with sqlite_app.test_request_context(), pytest.raises(TypeError, match="unhashable"):
        draw(["a list that may change"])


def test_memory_is_bounded(sqlite_app: Flask, drawn: tuple[Draw, list[tuple[object, ...]]]) -> None:
    draw, calls = drawn
    with sqlite_app.test_request_context():
        for number in range(REMEMBERED + 1):
            draw(number)
        draw(0)
    assert len(calls) == REMEMBERED + 2, "the oldest made way and was drawn anew"


def test_markup_inside_of_a_tuple_is_refused_and_text_in_it_is_text(
    sqlite_app: Flask, drawn: tuple[Draw, list[tuple[object, ...]]]
) -> None:
    draw, calls = drawn
    with sqlite_app.test_request_context():
        assert draw((("leaf", "<i>"),)) == draw((("leaf", "<i>"),))
        with pytest.raises(TypeError, match="inside of a tuple"):
            draw((("leaf", Markup("<b>")),))
    assert len(calls) == 1


def test_nothing_is_remembered_in_a_page_itself_which_is_run_anew_each_time() -> None:
    """Only what a page imports is kept, with what it remembers."""
    pages = [path for path in Path("templates").rglob("*.html") if "remembered(" in path.read_text()]
    assert pages
    assert [str(path) for path in pages if "{% extends" in path.read_text()] == []
