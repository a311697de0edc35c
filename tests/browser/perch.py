"""What people do by hand on Perch, the sandbox's social network."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tests.browser.visitor import reaches


class Perch:
    """Perch in a tab of somebody's browser."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def sign_in(self, handle: str) -> None:
        self.page.goto(f"{self.url}/perch/sign-in")
        self._sends(self.page.get_by_role("button", name=f"@{handle}"))

    def open_account(self, handle: str, name: str) -> None:
        self.page.goto(f"{self.url}/perch/sign-in")
        self.page.get_by_label("Handle").fill(handle)
        self.page.get_by_label("Name").fill(name)
        self._sends(self.page.get_by_role("button", name="Open account"))

    def add_to_bio(self, words: str) -> None:
        self.page.goto(f"{self.url}/perch/profile")
        bio = self.page.get_by_label("Bio")
        bio.fill(f"{bio.input_value()} {words}")
        self._sends(self.page.get_by_role("button", name="Save profile"))

    def write(self, words: str) -> str:
        """Publish a post of one's own; its address."""
        self.page.goto(f"{self.url}/compose")
        self.page.get_by_label("Your words").fill(words)
        return self.publish()

    def publish(self) -> str:
        """Send what the composer holds; the address of the post."""
        self.page.get_by_role("button", name="Post", exact=True).click()
        address = self.page.locator("dl.addresses a.u-url")
        return address.inner_text()

    def edit(self, address: str, words: str) -> None:
        """Say something else in a post of one's own."""
        self.page.goto(f"{self.url}/perch/posts/{address.rpartition('/')[2]}/edit")
        self.page.get_by_label("Your words").fill(words)
        self.page.get_by_role("button", name="Save").click()
        reaches(self.page, address)

    def delete(self, address: str) -> None:
        """Take a post of one's own off for good."""
        self.page.goto(f"{self.url}/perch/posts/{address.rpartition('/')[2]}/delete")
        self._sends(self.page.get_by_role("button", name="Delete post"))

    def _sends(self, button: Locator) -> None:
        """And waits for what comes after it: who goes elsewhere at once would take the form back."""
        with self.page.expect_navigation():
            button.click()
