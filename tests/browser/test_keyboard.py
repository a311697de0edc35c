"""Claiming and handing in, and finding the way through orders, by keyboard alone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.cast import DISCLOSED, IMOGEN, LAYERS_MISSION, PAVEL
from tests.browser.conftest import Comes
from tests.browser.moderator import Moderator
from tests.browser.typist import Typist


def test_a_fan_without_a_mouse_claims_and_hands_in(comes: Comes, desktop: dict[str, Any]) -> None:
    pavel = comes(Typist, **desktop)
    pavel.signs_in(PAVEL.name)
    pavel.visits("/missions")
    pavel.enters(pavel.page.get_by_role("link", name=LAYERS_MISSION).first)
    pavel.arrives(r"/missions/\w+$")
    pavel.claims_a_place()
    address = pavel.comes_to_perch(PAVEL.handle).write(
        f"{DISCLOSED} Wool, wool and a tarp that was once a tent. #ThreeLayers"
    )
    pavel.page.bring_to_front()
    pavel.opens_the_form_to_hand_in()
    pavel.hands_in(address)
    pavel.sees_the_share_verified()


def test_staff_go_through_orders_and_come_back_to_where_they_were(comes: Comes, desktop: dict[str, Any]) -> None:
    imogen = comes(Moderator, **desktop)
    imogen.signs_in(IMOGEN.name)
    imogen.visits("/staff/orders?state=fulfilled")
    orders = imogen.page.locator("[data-list] th a")
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        imogen.hits(key)
        expect(orders.nth(place)).to_be_focused()
    imogen.page.keyboard.press("Enter")
    imogen.arrives(r"/staff/orders/\w{26}\?")
    imogen.page.locator("main").get_by_role("link", name=imogen.words("Orders"), exact=True).press("Enter")
    imogen.arrives(r"/staff/orders\?state=fulfilled#")
    expect(orders.nth(1)).to_be_focused()
