"""Somebody who pays: from a reward to Till's payment page and back, or with a code to the brand's little shop."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.fan import Fan
from tests.browser.visitor import reaches


class Shopper(Fan):
    def confirms_and_goes_to_pay(self, amount: str) -> None:
        """From the confirmation straight to the page where money changes hands."""
        self.follows("Get it")
        self.arrives(r"/rewards/\w+/redeem$")
        self.looks_around()
        self.page.get_by_role("button", name=self.words("Pay %(amount)s and redeem", amount=amount)).click()
        reaches(self.page, re.compile(re.escape(self.product.sandbox_url) + "/c/pay/"))

    def pays(self) -> None:
        """And is sent back to the redemption."""
        self.page.get_by_role("button", name=re.compile("^Pay [0-9]")).click()
        reaches(self.page, re.compile(re.escape(self.product.url) + r"/redemptions/\w+"))

    def goes_back_without_paying(self) -> None:
        self.page.get_by_role("link", name="Back without paying").click()
        self.arrives(r"/redemptions/\w+$")

    def waits_for_the_code(self) -> str:
        """The page itself says when the payment is there, and then shows what is one's own."""
        button = self.button("Show my code")
        expect(button).to_be_visible()
        self.looks_around()
        button.click()
        code = self.page.locator("#reward-code")
        expect(code).to_be_visible()
        return code.inner_text().strip()


def loses_webhooks(page: Page, sandbox_url: str, *, lost: bool) -> None:
    """At Till: from now on nobody is told, or everybody again."""
    page.goto(f"{sandbox_url}/till")
    switches = "Lose every webhook", "Tell the portal again"
    now, back = switches if lost else reversed(switches)
    page.get_by_role("button", name=now).click()
    expect(page.get_by_role("button", name=back)).to_be_visible()
