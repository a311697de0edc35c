"""What moderators do in the review console, with the keys alone."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.fan import Fan
from tests.browser.visitor import reaches

_CASE = re.compile(r"/staff/review/\w{20,}")


class Moderator(Fan):
    """Staff sign in like everybody; then their hands stay on the keys."""

    def opens_the_queue(self) -> None:
        self.visits("/staff/review")
        self.arrives(r"/staff/review$")

    def narrows_the_queue_to(self, name: str) -> None:
        self.hits("/")
        self.page.keyboard.type(name)
        self.hits("Enter")
        reaches(self.page, re.compile(r"[?&]q="))
        expect(self.cases()).to_have_count(1)

    def opens_the_first_case(self) -> str:
        """By the key for the next one; its address."""
        self.hits("j")
        reaches(self.page, _CASE)
        self.glances()
        return self.page.url

    def verifies(self) -> None:
        self.hits("a")

    def declines(self, reason: int, words: str) -> None:
        """Choose the reason of that number, add something of one's own, send."""
        self.hits("d")
        self.hits(str(reason))
        message = self.page.locator("details[open] textarea")
        while not message.evaluate("field => field === document.activeElement"):
            self.hits("Tab")
        self.page.keyboard.type(words)
        self.glances()
        self.hits("Control+Enter")

    def takes_it_back(self) -> None:
        self.hits("z")

    def hits(self, key: str) -> None:
        """Press it as soon as the page listens: a page that has just been shown may not have run its scripts yet."""
        expect(self.page.locator("html.keys-on")).to_be_attached()
        self.page.keyboard.press(key)

    def cases(self) -> Locator:
        """What waits in the list."""
        return self.page.locator("[data-list] a")
