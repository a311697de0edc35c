"""Signing in at the sandbox's provider, as somebody it knows or with an account made on the spot."""

from __future__ import annotations

from playwright.sync_api import Page


def choose(page: Page, name: str) -> None:
    """Take one of the accounts offered, and let the portal know who that is."""
    page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Allow").click()


def make_account(page: Page, name: str, email: str, *, language: str) -> None:
    """Open an account by hand, and let the portal know whose it is."""
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Tell applications").check()
    page.get_by_label("Language").select_option(language)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Allow").click()
