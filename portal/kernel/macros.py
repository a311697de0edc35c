"""Small pieces of pages, drawn once for each set of values: a page has a hundred icons, of twenty kinds."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask
from markupsafe import Markup

from portal.kernel.locale import translations

REMEMBERED = 2048
"""How many pieces of one macro are kept."""


def init_macros(app: Flask) -> None:
    """Offer `remembered` to templates."""
    app.jinja_env.globals["remembered"] = remembered


def remembered(macro: Callable[..., str]) -> Callable[..., str]:
    """`macro` for plain values, from memory. What it draws may depend on them and on the language, on nothing else.

    Values are told apart by type too: text that is to be escaped equals the same text that is markup already. Inside of
    tuples they are not, so there is no markup in those: it raises TypeError.
    """

    @lru_cache(REMEMBERED, typed=True)
    def drawn(_catalogue: object, *values: Any, **named: Any) -> str:
        if any(isinstance(value, tuple) and _has_markup(value) for value in (*values, *named.values())):
            raise TypeError("Markup inside of a tuple would be remembered as text.")
        return macro(*values, **named)

    def draw(*values: Any, **named: Any) -> str:
        return drawn(translations(), *values, **named)

    return draw


def _has_markup(values: tuple[Any, ...]) -> bool:
    return any(isinstance(value, Markup) or (isinstance(value, tuple) and _has_markup(value)) for value in values)
