"""Somebody with a browser of their own, who notices on every page what must never be there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    WebError,
    expect,
)

from tests.browser.layout import overhanging, overlapping
from tests.browser.product import Product
from tests.browser.words import Words
from tests.servers.browser import PATIENCE_MS, assert_accessible

NARROWEST = ViewportSize(width=320, height=640)
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


def reaches(page: Page, address: str | re.Pattern[str]) -> None:
    """Wait until that address is shown and has loaded.

    Unlike `page.wait_for_url`, a navigation on the way that another one overtakes is no failure: without scripts,
    the second click of two sends the form again and the browser drops the first answer.
    """
    expect(page).to_have_url(address)
    page.wait_for_load_state("load")


class Visitor:
    """A browser context. `device` is one of `playwright.devices`, or settings like `viewport`.

    Who `looks_everywhere` examines each page on the way; others only where their test says so.
    """

    def __init__(
        self,
        browser: Browser,
        product: Product,
        language: str = "en",
        *,
        looks_everywhere: bool = False,
        **device: Any,
    ) -> None:
        self.product = product
        self.looks_everywhere = looks_everywhere
        self.words = Words(language)
        self.complaints: list[str] = []
        options = {
            "locale": {"en": "en-GB", "de": "de-DE"}[language],
            "timezone_id": {"en": "Europe/London", "de": "Europe/Berlin"}[language],
            "reduced_motion": "reduce",
            **device,
        }
        self.scripts = options.get("java_script_enabled", True)
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("console", self._hear)
        self.context.on("weberror", self._catch)
        self.context.on("request", self._watch_host)
        self.context.on("response", self._watch_status)
        self.page = self.context.new_page()

    def close(self) -> None:
        self.context.close()

    # Going somewhere

    def visits(self, path: str) -> Response:
        """Type an address of the portal."""
        answer = self.page.goto(self.product.url + path, wait_until="load")
        assert answer is not None
        return answer

    def arrives(self, pattern: str) -> None:
        """Wait for a page of the portal whose path matches."""
        wanted = re.compile(re.escape(self.product.url) + pattern)
        reaches(self.page, wanted)
        self.glances()

    def button(self, text: str, **values: object) -> Locator:
        return self.page.get_by_role("button", name=self.words(text, **values), exact=True).locator("visible=true")

    def link(self, text: str, **values: object) -> Locator:
        return self.page.get_by_role("link", name=self.words(text, **values), exact=True).locator("visible=true")

    def presses(self, text: str, **values: object) -> None:
        self.button(text, **values).first.click()

    def follows(self, text: str, **values: object) -> None:
        self.link(text, **values).first.click()

    def sees(self, text: str, **values: object) -> None:
        """Read a sentence of the catalogue on the page."""
        expect(self.page.get_by_text(self.words(text, **values)).locator("visible=true").first).to_be_visible()

    def sees_not(self, text: str, **values: object) -> None:
        expect(self.page.get_by_text(self.words(text, **values)).locator("visible=true")).to_have_count(0)

    # Noticing

    def glances(self) -> None:
        """Look around if that is this person's way."""
        if self.looks_everywhere:
            self.looks_around()

    def looks_around(self) -> None:
        """The page is in this person's language, accessible, and fits the narrowest phone."""
        assert self.page.locator("html").get_attribute("lang") == self.words.language
        if self.scripts:
            assert_accessible(self.page)
        self.fits_the_narrowest_phone()

    def fits_the_narrowest_phone(self) -> None:
        """No scrolling sideways at 320 CSS pixels (WCAG 1.4.10)."""
        usual = self.page.viewport_size
        self.page.set_viewport_size(NARROWEST)
        wide = overhanging(self.page)
        if usual:
            self.page.set_viewport_size(usual)
        assert not wide, f"{self.page.url} is wider than {NARROWEST['width']} px: {wide}"

    def can_read_it_all(self) -> None:
        """Nothing lies over something else or sticks out to the side."""
        assert not overhanging(self.page), f"{self.page.url}: {overhanging(self.page)}"
        assert not overlapping(self.page), f"{self.page.url}: {overlapping(self.page)}"

    def has_nothing_to_complain_about(self) -> None:
        """No script failed, no policy was broken, no other host was asked, the server never stumbled."""
        assert not self.complaints, "\n".join(self.complaints)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """A tunnel. That nothing can be loaded there is no complaint."""
        known = list(self.complaints)
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)
        self.complaints = known

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        if _REFUSED.match(message.text) and message.location.get("url") in self._documents():
            return  # the browser repeats that a page was a refusal; tests look at the page itself
        self.complaints.append(f"console: {message.text} at {message.location.get('url')}")

    def _documents(self) -> set[str]:
        return {page.url.split("#")[0] for page in self.context.pages}

    def _catch(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")

    def _watch_host(self, request: Request) -> None:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(request.url))
        if origin not in (self.product.url, self.product.sandbox_url) and not request.url.startswith(
            ("data:", "about:", "blob:")
        ):
            self.complaints.append(f"asked {request.url}")

    def _watch_status(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} from {response.url}")
