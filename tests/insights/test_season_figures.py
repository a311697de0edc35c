"""How a season goes: each figure is what the rooms below hold, and the page says what it counts."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from portal.campaigns.models import Campaign
from portal.extensions import db
from portal.insights.season_figures import Budget, Day, place_in, season_figures
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.links.models import ClickDay, TrackedLink
from portal.shares.models import ShareState
from tests.accounts.factories import a_fan, a_manager, a_marketer
from tests.campaigns.factories import a_campaign, always_on
from tests.missions.factories import a_claim, a_mission, a_ready_fan
from tests.shares.factories import a_share

DAY = timedelta(days=1)


def some_visits(season: Campaign, code: str, *days: tuple[date, int, int]) -> None:
    with unit_of_work():
        link = TrackedLink(code=code, target="https://shop.example/", campaign_id=season.id, created_at=clock.now())
        db.session.add(link)
        db.session.flush()
        for day, visitors, clicks in days:
            db.session.add(ClickDay(link_id=link.id, day=day, visitors=visitors, clicks=clicks))


def test_figures_are_those_of_this_season_alone(app: Any, now: datetime) -> None:
    season = a_campaign(
        target=900, points_budget=10_000, starts_at=now - 10 * DAY - timedelta(hours=1), ends_at=now + 80 * DAY
    )
    other = a_campaign()
    monday, tuesday = date(2026, 10, 12), date(2026, 10, 13)
    some_visits(season, "seasonal", (monday, 4, 6), (tuesday, 10, 30))
    some_visits(season, "seasonbb", (tuesday, 1, 1))
    some_visits(other, "otherlnk", (tuesday, 500, 900))
    mission = a_mission(season, places_total=5)
    a_share(mission=mission, person=a_ready_fan(), state=ShareState.VERIFIED)
    a_share(mission=mission, person=a_ready_fan(), state=ShareState.NEEDS_FIX)
    a_share(mission=a_mission(other), person=a_ready_fan(), state=ShareState.VERIFIED)
    a_claim(mission, a_ready_fan())

    figures = season_figures(season, now=now)

    assert (figures.day, figures.days, figures.planned_by_now) == (11, 90, 110)
    assert (figures.visitors, figures.clicks) == (15, 37)
    assert figures.latest == [Day(tuesday, 11, 31), Day(monday, 4, 6)]
    assert figures.shares == {"verified": 1, "needs_fix": 1}
    each = mission.points_now + mission.points_held
    assert figures.budget == Budget(10_000, paid=each, reserved=2 * each, left=10_000 - 3 * each)


@pytest.mark.parametrize(
    ("hours", "place"), [(-1, (0, 10)), (0, (1, 10)), (23, (1, 10)), (24, (2, 10)), (239, (10, 10)), (999, (10, 10))]
)
def test_the_day_of_a_season(now: datetime, hours: int, place: tuple[int, int]) -> None:
    season = Campaign(starts_at=now, ends_at=now + 10 * DAY)
    assert place_in(season, now + timedelta(hours=hours)) == place


def test_the_page_shows_the_goal_against_the_plan_and_says_what_it_counts(
    sqlite_app: Any, now: datetime, client_of: Any
) -> None:
    season = a_campaign(name="Mending Weeks", target=600, starts_at=now - 29 * DAY, ends_at=now + 31 * DAY)
    some_visits(season, "seasonal", (date(2026, 10, 12), 40, 60))
    browser = client_of(a_marketer())
    page = browser.get(f"/staff/seasons/{season.id}/progress").text
    assert 'aria-label="40 of 600; the plan for today is 300"' in page
    assert "Counted from visits through the season’s links" in page
    assert "Nothing was handed in yet." in page
    assert re.search(r"12 Oct.*40.*60", page, re.DOTALL)
    address = f'href="/staff/seasons/{season.id}/progress"'
    assert address in browser.get("/staff/seasons").text
    assert address in browser.get(f"/staff/seasons/{season.id}").text


def test_a_campaign_without_end_target_or_visits_has_a_page_too(sqlite_app: Any, now: datetime, client_of: Any) -> None:
    page = client_of(a_marketer()).get(f"/staff/seasons/{always_on().id}/progress")
    assert page.status_code == 200
    assert "No visits yet" in page.text
    assert "the plan for today" not in page.text


def test_only_who_plans_seasons_sees_it(sqlite_app: Any, now: datetime, client_of: Any) -> None:
    season = a_campaign()
    for person in (a_fan(), a_manager()):
        assert client_of(person).get(f"/staff/seasons/{season.id}/progress").status_code == 403
    assert client_of(a_marketer()).get("/staff/seasons/no-such/progress").status_code == 404
