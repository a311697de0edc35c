"""Pages in the dark, with large letters, in a narrow window: nothing is lost, nothing lies over something else."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.cast import IMOGEN, KIT_MISSION, TEO, THREAD_REWARD
from tests.browser.conftest import Comes
from tests.browser.fan import Fan
from tests.browser.layout import overhanging, overlapping

FANS_PAGES = (
    "/home", "/missions", "/claims", "/rewards", "/redemptions", "/points", "/inbox", "/guidelines", "/profile",
    "/profile/edit", "/profile/handles/new", "/profile/identities", "/profile/sessions", "/profile/messages",
)  # fmt: skip
STAFF_PAGES = (
    "/staff/review", "/staff/missions", "/staff/missions/new", "/staff/seasons", "/staff/guidelines",
    "/staff/rewards", "/staff/rewards/new", "/staff/people", "/staff/jobs",
)  # fmt: skip


PUBLIC_PAGES = ("/", "/sign-in", "/terms", "/no-such-page")


def test_every_page_in_the_dark(comes: Comes, desktop: dict[str, Any]) -> None:
    stranger, teo, imogen = (comes(Fan, looks_everywhere=True, **desktop, color_scheme="dark") for _ in range(3))
    teo.signs_in(TEO.name)
    imogen.signs_in(IMOGEN.name)
    for visitor, paths in ((stranger, PUBLIC_PAGES), (teo, FANS_PAGES), (imogen, STAFF_PAGES)):
        for path in paths:
            visitor.visits(path)
            visitor.looks_around()
    teo.opens_mission(KIT_MISSION)
    teo.opens_my_share(KIT_MISSION)
    teo.opens_reward(THREAD_REWARD)


def test_staff_pages_by_day(comes: Comes, desktop: dict[str, Any]) -> None:
    imogen = comes(Fan, **desktop)
    imogen.signs_in(IMOGEN.name)
    for path in STAFF_PAGES:
        imogen.visits(path)
        imogen.looks_around()


def test_every_page_in_letters_of_twice_the_size(
    comes: Comes, desktop: dict[str, Any], with_large_letters: Browser
) -> None:
    """As WCAG 1.4.4 asks, on a desktop; the widest ones on a phone too."""
    stranger, teo, imogen = (comes(Fan, using=with_large_letters, **desktop) for _ in range(3))
    teo.signs_in(TEO.name)
    imogen.signs_in(IMOGEN.name)
    stranger.visits("/")
    assert stranger.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    for visitor, paths in ((stranger, PUBLIC_PAGES), (teo, FANS_PAGES), (imogen, STAFF_PAGES)):
        for path in paths:
            visitor.visits(path)
            visitor.can_read_it_all()
    for visitor, path in ((teo, "/missions"), (imogen, "/staff/missions/new"), (imogen, "/staff/audience")):
        visitor.page.set_viewport_size({"width": 412, "height": 840})  # a phone: what is widest there
        visitor.visits(path)
        visitor.can_read_it_all()


@pytest.mark.parametrize("device", ["Pixel 7", "Desktop Chrome"])
def test_the_look_itself_notices_what_is_too_wide_or_covered(browser: Browser, playwright: Any, device: str) -> None:
    context = browser.new_context(**playwright.devices[device])
    page = context.new_page()
    head = '<meta name="viewport" content="width=device-width, initial-scale=1"><body>'
    page.set_content(f"{head}<p>Fits</p><p>and stands below</p>")
    assert not overhanging(page)
    assert not overlapping(page)
    page.set_content(f'{head}<p style="width: 3000px">Too wide</p>')
    assert "Too wide" in overhanging(page)
    page.set_content(f'{head}<p>Covered words</p><p style="margin-top: -30px">Words on top</p>')
    assert "Covered words" in overlapping(page)
    context.close()
