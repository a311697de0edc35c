"""Without JavaScript every form works, and a page that waits for something asks again by itself (PROMISES P-40)."""

from __future__ import annotations

from typing import Any

from tests.browser.cast import KIT_MISSION, NILS, THREAD_REWARD
from tests.browser.conftest import Comes
from tests.browser.fan import Fan


def test_a_fan_claims_posts_hands_in_and_redeems(comes: Comes, phone: dict[str, Any]) -> None:
    nils = comes(Fan, looks_everywhere=True, **phone, java_script_enabled=False)
    nils.signs_in(NILS.name)
    nils.comes_to_perch(NILS.handle)
    nils.opens_mission(KIT_MISSION)
    nils.claims_a_place()
    nils.hands_in_what_the_kit_proposes()
    nils.sees_the_share_verified()
    assert "+80" in nils.reads_statement()

    nils.opens_reward(THREAD_REWARD)
    nils.redeems()
    assert nils.reveals_the_code()
    nils.signs_out()
