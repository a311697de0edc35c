"""The main job, end to end: from a newcomer's first sign-in to a reward in hand, and back to the next visitor."""

from __future__ import annotations

from typing import Any

from tests.browser import gatehouse
from tests.browser.cast import KIT_MISSION, THREAD_REWARD
from tests.browser.conftest import Comes
from tests.browser.fan import Fan
from tests.browser.perch import Perch


def test_a_newcomer_earns_a_reward_on_a_phone(comes: Comes, phone: dict[str, Any]) -> None:
    robin = comes(Fan, "en", looks_everywhere=True, **phone)
    robin.opens_the_front_page()
    robin.asks_to_sign_in()
    gatehouse.choose(robin.page, "Robin Ashe")
    robin.joins("GB")
    walk_the_loop(robin, robin.comes_to_perch("robinstartsout"), "robinstartsout", points="80")


def test_a_newcomer_earns_a_reward_in_german_on_a_desktop(comes: Comes, desktop: dict[str, Any]) -> None:
    wanda = comes(Fan, "de", looks_everywhere=True, **desktop)
    wanda.opens_the_front_page()
    wanda.asks_to_sign_in()
    gatehouse.make_account(wanda.page, "Wanda Lindner", "wanda.lindner@example.org", language="de-DE")
    wanda.joins("DE")
    on_perch = Perch(wanda.context.new_page(), wanda.product.sandbox_url)
    on_perch.open_account("wandaflickt", "Wanda Lindner")
    walk_the_loop(wanda, on_perch, "wandaflickt", points="80")


def walk_the_loop(fan: Fan, on_perch: Perch, handle: str, *, points: str) -> None:
    on_perch.add_to_bio(fan.adds_account_on_perch(handle))
    fan.has_the_profile_read()

    fan.opens_mission(KIT_MISSION)
    fan.sees_not("Claim a place")
    fan.claims_without_being_offered_a_place()
    fan.arrives(r"/missions/\w+/claim$")
    assert fan.page.get_by_role("alert").is_visible()
    fan.follows("Read the guideline")
    fan.reads_and_acknowledges()
    fan.arrives(r"/missions/\w+$")

    fan.claims_a_place()
    fan.hands_in_what_the_kit_proposes()
    fan.sees_the_share_verified()
    fan.looks_around()

    assert f"+{points}" in fan.reads_statement()
    fan.opens_reward(THREAD_REWARD)
    fan.redeems()
    code = fan.reveals_the_code()
    assert f"−{points}" in fan.reads_statement()
    redemption = fan.page.url
    fan.signs_out()

    fan.page.goto(redemption)
    assert code not in fan.page.content()
