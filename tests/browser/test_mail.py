"""The mail about a verified share: readable where the sandbox shows mail, and stopped without signing in."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.cast import AOIFE, KIT_MISSION
from tests.browser.conftest import Comes
from tests.browser.fan import Fan
from tests.browser.mailbox import Mailbox


def test_the_mail_is_read_and_its_link_stops_the_next_ones(comes: Comes, desktop: dict[str, Any]) -> None:
    aoife = comes(Fan, **desktop)
    aoife.signs_in(AOIFE.name)
    aoife.comes_to_perch(AOIFE.handle)
    aoife.page.bring_to_front()
    aoife.opens_mission(KIT_MISSION)
    aoife.claims_a_place()
    aoife.hands_in_what_the_kit_proposes()
    aoife.sees_the_share_verified()

    stranger = comes(Fan, **desktop)
    letter = Mailbox(stranger.page, stranger.product.sandbox_url).opens_letter(f"{AOIFE.handle}@", about=KIT_MISSION)
    expect(letter.text()).to_contain_text("80")
    stranger.page.goto(letter.unsubscribe_address())
    stranger.arrives(r"/unsubscribe/[\w.-]+$")
    stranger.presses("Stop these mails")
    stranger.sees("You get no more mails like that one")
    stranger.looks_around()
