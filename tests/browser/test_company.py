"""Company on a phone: a badge that is shown, a league by another name and without oneself, a thanks, a team."""

from __future__ import annotations

from typing import Any

from tests.browser.cast import INES
from tests.browser.conftest import Comes
from tests.browser.fan import Fan
from tests.browser.visitor import Visitor

WORDS = "You waved me in when my torch gave up at the slipway. I was glad of you."


def test_a_fan_is_seen_as_they_like_thanks_somebody_and_joins_a_team(comes: Comes, phone: dict[str, Any]) -> None:
    ines = comes(Fan, looks_everywhere=True, **phone)
    ines.signs_in(INES.name)

    address = ines.shows_a_badge()
    anybody = comes(Visitor, looks_everywhere=True)
    anybody.visits(address)
    anybody.arrives(r"/b/[\w-]+$")
    anybody.page.get_by_role("heading", name="Ines C.").wait_for()

    ines.chooses_about_boards(shown=False)
    ines.sees("You are on no board")
    ines.chooses_about_boards(shown=True, pseudonym="Kelp Hat")
    ines.page.get_by_role("listitem").filter(has_text="Kelp Hat").wait_for()

    thanked = ines.thanks_somebody_of_the_league(WORDS)
    ines.page.get_by_role("heading", name=f"Kelp Hat thanks {thanked}").wait_for()
    ines.page.get_by_text(WORDS).wait_for()

    ines.joins_a_team("Wet Socks Social")
    ines.page.get_by_role("listitem").filter(has_text="Gwen P.").wait_for()
