"""A share that the checks could not decide, decided by somebody whose hands stay on the keys."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.cast import ANSWER_MISSION, JONAS, MAYA
from tests.browser.conftest import Comes
from tests.browser.fan import Fan
from tests.browser.moderator import Moderator
from tests.browser.visitor import reaches

WORDS = "Thank you for the trick with the coin, Maya."


def test_a_moderator_decides_with_the_keys_and_the_fan_reads_why(comes: Comes, desktop: dict[str, Any]) -> None:
    jonas = comes(Moderator, looks_everywhere=True, **desktop)
    jonas.signs_in(JONAS.name)
    jonas.opens_the_queue()
    jonas.narrows_the_queue_to("Maya")
    case = jonas.opens_the_first_case()

    jonas.verifies()
    expect(jonas.cases()).to_have_count(0)
    jonas.takes_it_back()
    reaches(jonas.page, case)
    jonas.declines(1, WORDS)
    expect(jonas.cases()).to_have_count(0)

    maya = comes(Fan, looks_everywhere=True, **desktop)
    maya.signs_in(MAYA.name)
    maya.opens_my_share(ANSWER_MISSION)
    maya.sees("Declined")
    expect(maya.page.get_by_text(WORDS).first).to_be_visible()
