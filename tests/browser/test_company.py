"""Company on a phone: a badge that is shown, a league by another name and without oneself, a thanks, a team."""

from __future__ import annotations

from typing import Any

from tests.browser.cast import AOIFE
from tests.browser.conftest import Comes
from tests.browser.fan import Fan
from tests.browser.visitor import Visitor

WORDS = "You waved me in when my torch gave up at the slipway. I was glad of you."


def test_a_fan_is_seen_as_they_like_thanks_somebody_and_joins_a_team(comes: Comes, phone: dict[str, Any]) -> None:
    aoife = comes(Fan, looks_everywhere=True, **phone)
    aoife.signs_in(AOIFE.name)

    address = aoife.shows_a_badge()
    anybody = comes(Visitor, looks_everywhere=True)
    anybody.visits(address)
    anybody.arrives(r"/b/[\w-]+$")
    anybody.page.get_by_role("heading", name="Aoife B.").wait_for()

    aoife.chooses_about_boards(shown=False)
    aoife.sees("You are on no board")
    aoife.chooses_about_boards(shown=True, pseudonym="Kelp Hat")
    aoife.page.get_by_role("listitem").filter(has_text="Kelp Hat").wait_for()

    thanked = aoife.thanks_somebody_of_the_league(WORDS)
    aoife.page.get_by_role("heading", name=f"Kelp Hat thanks {thanked}").wait_for()
    aoife.page.get_by_text(WORDS).wait_for()

    aoife.joins_a_team("Wet Socks Social")
    aoife.page.get_by_role("listitem").filter(has_text="Gwen P.").wait_for()
