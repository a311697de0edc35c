"""Debian's Chromium, driven by Playwright; nothing is downloaded and nothing but loopback is reached."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

PATIENCE_MS = 30_000
"""For whatever a test waits for: where everything runs at once, a page may take seconds."""

_COMMANDS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",  # the tests may run as root, where Chromium's sandbox refuses to
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
]


@contextmanager
def chromium() -> Iterator[tuple[Playwright, Browser]]:
    """A running browser with the Playwright it belongs to (for `playwright.devices`).

    A person of a test is a context: `browser.new_context(**playwright.devices["Pixel 7"], locale="de-DE")`.
    """
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield playwright, browser


@contextmanager
def launched(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """A browser of its own; `flags` stand for what somebody has set in it, such as the size of letters."""
    command = next(filter(None, map(shutil.which, _COMMANDS)), None)
    if command is None:
        raise RuntimeError("Chromium is not installed. Run: apt-get install chromium")
    browser = playwright.chromium.launch(executable_path=command, args=[*_FLAGS, *flags])
    try:
        yield browser
    finally:
        browser.close()


def accessibility_violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now: one readable paragraph per violation."""
    return [
        "\n".join(
            [
                f"{violation['id']} ({violation['impact']}): {violation['help']}",
                *(
                    f"  at {' '.join(map(str, node['target']))}\n    {node['html'][:200]}"
                    for node in violation["nodes"]
                ),
            ]
        )
        for violation in Axe().run(page).response["violations"]
    ]


def assert_accessible(page: Page) -> None:
    """Fail with every violation that axe finds on the page."""
    violations = accessibility_violations(page)
    assert not violations, f"{page.url} is not accessible:\n" + "\n".join(violations)
