"""A caption is written on a phone: its disclosure is missing, one button puts it right; length and fold are shown."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.cast import COLIN, KIT_MISSION, TAMSIN
from tests.browser.conftest import Comes
from tests.browser.fan import Fan

WORDS = "It rained sideways on the ridge, and my old shell kept me dry to the last button."


def opens_composer(fan: Fan, name: str) -> None:
    fan.signs_in(name)
    fan.opens_mission(KIT_MISSION)
    fan.claims_a_place()
    fan.follows("Edit and check this caption")
    fan.arrives(r"/claims/\w+/caption")


def test_a_caption_is_checked_as_it_is_typed_and_put_right(comes: Comes, phone: dict[str, Any]) -> None:
    tamsin = comes(Fan, looks_everywhere=True, **phone)
    opens_composer(tamsin, TAMSIN.name)
    field, verdict = tamsin.page.get_by_label(tamsin.words("Your caption")), tamsin.page.locator("[data-verdict]")
    expect(verdict).to_have_attribute("data-verdict", "clear")

    field.fill(WORDS)
    expect(verdict).to_have_attribute("data-verdict", "missing")
    expect(tamsin.page.locator("#composed-said")).to_have_text(
        tamsin.words("It does not say that you are rewarded") + "."
    )
    expect(tamsin.page.locator("[data-length]").first).to_contain_text(str(len(WORDS)))
    expect(field).to_be_focused()
    tamsin.looks_around()

    field.fill(f"#gifted {WORDS}")
    expect(verdict).to_have_attribute("data-verdict", "weak")
    tamsin.presses("Put it right")
    expect(verdict).to_have_attribute("data-verdict", "clear")
    expect(field).to_have_value(f"Ad: #gifted {WORDS}")
    tamsin.looks_around()

    tamsin.page.reload()
    expect(field).to_have_value(f"Ad: #gifted {WORDS}")
    field.fill(f"Ad: {WORDS}")
    tamsin.page.reload()
    expect(field).to_have_value(f"Ad: {WORDS}")
    expect(verdict).to_have_attribute("data-verdict", "clear")


def test_javascript_off_two_buttons_do_the_same(comes: Comes, phone: dict[str, Any]) -> None:
    colin = comes(Fan, looks_everywhere=True, **phone, java_script_enabled=False)
    opens_composer(colin, COLIN.name)
    field, verdict = colin.page.get_by_label(colin.words("Your caption")), colin.page.locator("[data-verdict]")

    field.fill(WORDS)
    colin.presses("Check my caption")
    expect(verdict).to_have_attribute("data-verdict", "missing")
    expect(field).to_have_value(WORDS)
    colin.presses("Put it right")
    expect(verdict).to_have_attribute("data-verdict", "clear")
    expect(field).to_have_value(f"Ad: {WORDS}")
    colin.glances()
