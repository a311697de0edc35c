"""A fan without a mouse: goes from control to control with Tab, and sees where they are."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.fan import Fan

STEPS_MAX = 120
"""More controls than any page has between its start and its end."""


class Typist(Fan):
    """Reaches what they press by Tab, presses it by Enter."""

    def presses(self, text: str, **values: object) -> None:
        self.enters(self.button(text, **values).first)

    def follows(self, text: str, **values: object) -> None:
        self.enters(self.link(text, **values).first)

    def types_address(self, url: str) -> None:
        self.tabs_to(self.address_field())
        self.page.keyboard.type(url)

    def enters(self, target: Locator) -> None:
        self.tabs_to(target)
        self.page.keyboard.press("Enter")

    def tabs_to(self, target: Locator) -> None:
        """Go there from where the focus is; every stop on the way shows itself."""
        expect(target).to_be_visible()
        for _ in range(STEPS_MAX):
            self.page.keyboard.press("Tab")
            lost = self.page.evaluate(_IS_LOST)
            assert not lost, f"the focus can't be seen on {lost}"
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"Tab never comes to {target}")


_IS_LOST = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "";
  const box = at.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  const outlined = (element) => getComputedStyle(element).outlineStyle !== "none";
  const marked = outlined(at) || outlined(at.closest(".mission, .choice") ?? at);  // a card is outlined as a whole
  return marked && inside ? "" : at.outerHTML.slice(0, 160);
}"""
