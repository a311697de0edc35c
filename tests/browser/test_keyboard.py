"""Claiming and handing in by keyboard alone."""

from __future__ import annotations

from typing import Any

from tests.browser.cast import DISCLOSED, LAYERS_MISSION, PAVEL
from tests.browser.conftest import Comes
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
