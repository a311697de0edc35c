"""Wherever somebody is, the bar on phones and the list beside it say so: one link each, and the right one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.accounts.factories import a_handle, an_admin
from tests.missions.factories import a_claim, a_mission, a_ready_fan
from tests.points.factories import a_person_has
from tests.rewards.factories import a_redemption, a_reward
from tests.shares.factories import a_share

pytestmark = pytest.mark.usefixtures("sqlite_app", "now")

FANS: dict[str, tuple[str, str]] = {
    "/home": ("/home", "/home"),
    "/missions": ("/missions", "/missions"),
    "/missions/{mission}": ("/missions", "/missions"),
    "/claims": ("/claims", "/claims"),
    "/claims/{claim}/share": ("/claims", "/claims"),
    "/shares/{share}": ("/claims", "/claims"),
    "/rewards": ("/rewards", "/rewards"),
    "/rewards/{reward}/redeem": ("/rewards", "/rewards"),
    "/redemptions": ("/rewards", "/rewards"),
    "/redemptions/{redemption}": ("/rewards", "/rewards"),
    "/points": ("/profile", "/points"),
    "/points/tiers": ("/profile", "/points"),
    "/badges": ("/profile", "/badges"),
    "/leagues": ("/profile", "/leagues"),
    "/leagues/season": ("/profile", "/leagues"),
    "/teams": ("/profile", "/leagues"),
    "/thanks": ("/profile", "/leagues"),
    "/thanks/mine": ("/profile", "/leagues"),
    "/inbox": ("/profile", "/inbox"),
    "/guidelines": ("/profile", "/guidelines"),
    "/audience": ("/profile", "/profile"),
    "/profile": ("/profile", "/profile"),
    "/profile/messages": ("/profile", "/profile"),
    "/profile/handles/{handle}": ("/profile", "/profile"),
}
"""Page: the tab on phones, the link in the list of all pages."""

STAFF = {
    "/staff/review": "/staff/review",
    "/staff/missions/new": "/staff/missions",
    "/staff/seasons/new": "/staff/seasons",
    "/staff/signals": "/staff/verdicts",
    "/staff/audience": "/staff/audience",
    "/staff/rewards": "/staff/rewards",
    "/staff/people": "/staff/people",
    "/staff/tiers": "/staff/tiers",
    "/staff/badges": "/staff/badges",
    "/staff/thanks": "/staff/thanks",
    "/staff/teams": "/staff/teams",
    "/staff/leagues": "/staff/leagues",
}


def nav_in(html: str, label: str) -> str:
    nav = re.search(rf'<nav[^>]*aria-label="{label}"[^>]*>(.*?)</nav>', html, re.DOTALL)
    assert nav is not None, label
    return nav[1]


def current_in(html: str, label: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)" aria-current="page"', nav_in(html, label))


@pytest.mark.parametrize("page", FANS)
def test_fans_see_where_they_are(client_of: Any, page: str) -> None:
    ada = a_ready_fan("Ada Fell")
    claim = a_claim(a_mission(), ada)
    names = {"claim": claim.id, "mission": claim.mission_id}
    if "{share}" in page:
        names["share"] = a_share(claim).id
    if "{handle}" in page:
        names["handle"] = a_handle(ada).id
    if "{reward}" in page:
        names["reward"] = a_reward(codes=1).id
    if "{redemption}" in page:
        names["redemption"] = a_redemption(a_person_has(ada, 100)).id
    answer = client_of(ada).get(page.format(**names))
    assert answer.status_code == 200
    tab, link = FANS[page]
    assert current_in(answer.text, "Tabs") == [tab]
    assert current_in(answer.text, "All pages") == [link]
    assert current_in(answer.text, "Main") == [link]


@pytest.mark.parametrize("page", STAFF)
def test_staff_see_where_they_are(client_of: Any, page: str) -> None:
    answer = client_of(an_admin()).get(page)
    assert answer.status_code == 200
    assert current_in(answer.text, "Staff, all pages") == [STAFF[page]]
    assert current_in(answer.text, "Tabs") == []


@pytest.mark.parametrize(("page", "label"), [("/staff/people", "Staff, all pages"), ("/home", "Main")])
def test_no_two_links_wear_the_same_icon(client_of: Any, page: str, label: str) -> None:
    bar = nav_in(client_of(an_admin()).get(page).text, label)
    icons = re.findall(r"icons\.svg[^#\"]*#([a-z-]+)", bar)
    assert len(icons) > 5
    assert len(icons) == len(set(icons)), icons
