"""Rich text in a real browser, without a policy to hide behind: nothing runs, nothing loads, nothing leaves (P-13)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Request

from portal.kernel.rich_text import RichTextRefused, render
from tests.kernel.test_rich_text import VECTORS

ORIGIN = "http://127.0.0.1:9"
ALARM = "window.alarms = []; for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => alarms.push(name);"


class Seen:
    """What the page tried to do beside being shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        page.add_init_script(ALARM)
        page.route("**/*", self._answer)
        page.on("dialog", lambda dialog: dialog.dismiss())

    def show(self, body: str) -> None:
        """Show a page with `body` and no Content-Security-Policy, and touch everything in it as a person might."""
        self.requests.clear()
        self._body = body
        self.page.goto(f"{ORIGIN}/page", wait_until="load")
        self.page.evaluate(
            """() => { for (const each of document.querySelectorAll('main *')) {
                for (const name of ['mouseover', 'mouseenter', 'focus', 'toggle', 'error', 'load', 'pointerover'])
                    each.dispatchEvent(new Event(name));
            } }"""
        )

    def alarms(self) -> list[str]:
        alarms: list[str] = self.page.evaluate("window.alarms")
        return alarms

    def _answer(self, route: object, request: Request) -> None:
        if request.url == f"{ORIGIN}/page":
            route.fulfill(body=self._body, content_type="text/html; charset=utf-8")  # type: ignore[attr-defined]
            return
        self.requests.append(request.url)
        route.abort()  # type: ignore[attr-defined]


@pytest.fixture
def seen(browser: Browser) -> Seen:
    return Seen(browser.new_context().new_page())


def a_page(text: str) -> str:
    return f'<!doctype html><html lang="en"><title>x</title><link rel="icon" href="data:,"><main>{text}</main>'


def test_the_alarm_works(seen: Seen) -> None:
    """The control: what is not cleaned runs, and is noticed."""
    seen.show(a_page("<img src=/x onerror=alert(1)><script>alert(1)</script>"))
    seen.page.wait_for_function("window.alarms.length >= 2")
    assert seen.requests == [f"{ORIGIN}/x"]


def test_nothing_runs_loads_or_leaves(seen: Seen) -> None:
    guilty: list[tuple[str, list[str], list[str], str]] = []
    for vector in VECTORS:
        try:
            shown = render(vector)
        except RichTextRefused:
            continue
        seen.show(a_page(str(shown)))
        found = (seen.alarms(), list(seen.requests), seen.page.url)
        if found != ([], [], f"{ORIGIN}/page"):
            guilty.append((vector, *found))
    assert guilty == []


def test_every_link_that_is_left_leads_to_the_web_or_to_mail(seen: Seen) -> None:
    """A browser resolves what a parser only reads: entities, blanks and control characters in schemes."""
    allowed = {"http:", "https:", "mailto:"}
    for vector in VECTORS:
        try:
            shown = render(vector)
        except RichTextRefused:
            continue
        seen.show(a_page(str(shown)))
        links = seen.page.evaluate("[...document.querySelectorAll('main a[href]')].map(a => [a.protocol, a.host])")
        assert {protocol for protocol, _host in links} <= allowed, vector
        assert "127.0.0.1:9" not in {host for _protocol, host in links}, vector
