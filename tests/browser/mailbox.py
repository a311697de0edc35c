"""The sandbox's mail reader."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tests.servers.process import wait_until

ARRIVES_WITHIN_SECONDS = 60.0


class Mailbox:
    """What the portal would have sent, in a browser."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def opens_letter(self, to: str, *, about: str) -> Letter:
        """Wait until it came. `about` stands in its text."""

        def opened() -> bool:
            self.page.goto(f"{self.url}/mail")
            for subject in self.page.locator(".letters li").filter(has_text=to).all():
                subject.get_by_role("link").click()
                if about in Letter(self.page).text().inner_text():
                    return True
                self.page.go_back()
            return False

        wait_until(opened, what=f"mail to {to} about {about}", deadline_seconds=ARRIVES_WITHIN_SECONDS)
        return Letter(self.page)


class Letter:
    """The letter that is open."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def text(self) -> Locator:
        return self.page.locator(".letter-text")

    def unsubscribe_address(self) -> str:
        address = self.page.locator("dt", has_text="Unsubscribe").locator("+ dd a").first.get_attribute("href")
        assert address
        return address
