"""One running product and one browser for the whole folder; each person of a test is a browser context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.product import Product
from tests.browser.visitor import Visitor
from tests.servers.browser import launched

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def product(folder_in_memory: Callable[[str], Path]) -> Iterator[Product]:
    running = Product(folder_in_memory("product"))
    try:
        yield running.start()
    finally:
        running.stop()


V = TypeVar("V", bound=Visitor)


class Comes(Protocol):
    """`comes(Fan, "de", **phone)`: somebody with a browser of their own; `using` is one that is set up specially."""

    def __call__(self, kind: type[V], language: str = "en", *, using: Browser | None = None, **device: Any) -> V: ...


@pytest.fixture
def comes(browser: Browser, product: Product) -> Iterator[Comes]:
    """In the end, nobody who came may have a complaint."""
    visitors: list[Visitor] = []

    def come(kind: type[V], language: str = "en", *, using: Browser | None = None, **device: Any) -> V:
        visitor = kind(using or browser, product, language, **device)
        visitors.append(visitor)
        return visitor

    yield come
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        visitor.has_nothing_to_complain_about()


@pytest.fixture
def with_large_letters(playwright: Playwright) -> Iterator[Browser]:
    """A browser whose owner has set letters to twice their usual size."""
    with launched(playwright, "--blink-settings=defaultFontSize=32") as large:
        yield large


@pytest.fixture
def phone(playwright: Playwright) -> dict[str, Any]:
    return dict(playwright.devices["Pixel 7"])


@pytest.fixture
def desktop() -> dict[str, Any]:
    return {"viewport": {"width": 1280, "height": 800}}
