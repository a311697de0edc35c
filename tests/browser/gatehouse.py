"""Signing in at the sandbox's provider, as somebody it knows or with an account made on the spot."""

from __future__ import annotations

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout


def choose(page: Page, name: str) -> None:
    """Take one of the accounts offered, and let the portal know who that is."""
    account, allow = page.get_by_role("button", name=name), page.get_by_role("button", name="Allow")
    account.click()
    try:
        allow.wait_for(timeout=10_000)
    except PlaywrightTimeout:  # seen once without scripts: the press was lost, and a person would press again
        if account.is_visible():
            account.click()
    allow.click()


def make_account(page: Page, name: str, email: str, *, language: str) -> None:
    """Open an account by hand, and let the portal know whose it is."""
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Tell applications").check()
    page.get_by_label("Language").select_option(language)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Allow").click()
