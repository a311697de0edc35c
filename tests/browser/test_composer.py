"""A caption is written on a phone: the disclosure is missing, one button puts it right, and length and fold are shown."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.cast import LENA, OTIS, WALK_MISSION
from tests.browser.conftest import Comes
from tests.browser.fan import Fan

WORDS = "It rained sideways on the ridge, and my old shell kept me dry to the last button."


def opens_composer(fan: Fan, name: str) -> None:
    fan.signs_in(name)
    fan.opens_mission(WALK_MISSION)
    fan.claims_a_place()
    fan.follows("Edit and check this caption")
    fan.arrives(r"/claims/\w+/caption")


def test_a_caption_is_checked_as_it_is_typed_and_put_right(comes: Comes, phone: dict[str, Any]) -> None:
    lena = comes(Fan, looks_everywhere=True, **phone)
    opens_composer(lena, LENA.name)
    field, verdict = lena.page.get_by_label(lena.words("Your caption")), lena.page.locator("[data-verdict]")
    expect(verdict).to_have_attribute("data-verdict", "clear")

    field.fill(WORDS)
    expect(verdict).to_have_attribute("data-verdict", "missing")
    expect(lena.page.locator("#composed-said")).to_have_text(lena.words("It does not say that you are rewarded") + ".")
    expect(lena.page.locator("[data-length]").first).to_contain_text(str(len(WORDS)))
    expect(field).to_be_focused()
    lena.looks_around()

    field.fill(f"#gifted {WORDS}")
    expect(verdict).to_have_attribute("data-verdict", "weak")
    lena.presses("Put it right")
    expect(verdict).to_have_attribute("data-verdict", "clear")
    expect(field).to_have_value(f"Ad: #gifted {WORDS}")
    lena.looks_around()

    lena.page.reload()
    expect(field).to_have_value(f"Ad: #gifted {WORDS}")
    field.fill(f"Ad: {WORDS}")
    lena.page.reload()
    expect(field).to_have_value(f"Ad: {WORDS}")
    expect(verdict).to_have_attribute("data-verdict", "clear")


def test_without_scripts_two_buttons_do_the_same(comes: Comes, phone: dict[str, Any]) -> None:
    otis = comes(Fan, looks_everywhere=True, **phone, java_script_enabled=False)
    opens_composer(otis, OTIS.name)
    field, verdict = otis.page.get_by_label(otis.words("Your caption")), otis.page.locator("[data-verdict]")

    field.fill(WORDS)
    otis.presses("Check my caption")
    expect(verdict).to_have_attribute("data-verdict", "missing")
    expect(field).to_have_value(WORDS)
    otis.presses("Put it right")
    expect(verdict).to_have_attribute("data-verdict", "clear")
    expect(field).to_have_value(f"Ad: {WORDS}")
    otis.glances()
