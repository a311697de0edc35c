"""Seasons are planned, funded, changed and moved on, by their dates or by hand; each step is in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.campaigns import queries
from portal.campaigns.errors import BudgetTooSmall, SeasonMoved, SlugTaken, StepNotPossible
from portal.campaigns.models import ALWAYS_ON, Campaign, CampaignState
from portal.campaigns.planning import change_season, create_season, move_season
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry
from portal.kernel.unit_of_work import unit_of_work
from portal.points import budgets
from portal.points.ledger import balance
from portal.points.postings import campaign_account
from tests.accounts.factories import a_fan, a_manager, a_marketer
from tests.campaigns.factories import a_campaign, a_season_plan, always_on
from tests.missions.factories import a_claim, a_mission

ClientOf = Callable[[Person], FlaskClient]
DAY = timedelta(days=1)


def trail(campaign: Campaign) -> list[tuple[str, str | None, str]]:
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_id == campaign.id).order_by(AuditEntry.number)
    )
    return [(entry.action, entry.actor_id, entry.why) for entry in entries]


def test_always_on_exists_from_the_start_and_is_there_once(app: Flask) -> None:
    campaign = db.session.scalars(select(Campaign)).one()

    assert campaign.id == queries.always_on().id
    assert (campaign.state, campaign.ends_at) == (CampaignState.RUNNING, None)


def test_season_is_funded_when_it_is_planned(app: Flask, now: datetime) -> None:
    marketer = a_marketer()

    season = a_campaign(actor=marketer, points_budget=5_000)

    assert budgets.left(season.id) == 5_000
    assert trail(season) == [("season.created", marketer.id, "planned")]
    assert season.state == CampaignState.RUNNING  # its start has passed


def test_name_belongs_to_one_season(app: Flask, now: datetime) -> None:
    marketer = a_marketer()
    a_campaign(name="Repair Autumn")

    with pytest.raises(SlugTaken), unit_of_work():
        create_season(a_season_plan(name="Repair  autumn!"), actor=marketer, now=now)

    assert db.session.scalar(select(func.count()).select_from(Campaign)) == 2  # with always-on


def test_dates_move_the_season_by_the_job(app: Flask, now: datetime) -> None:
    season = a_campaign(starts_at=now + DAY, ends_at=now + 3 * DAY)
    seen = []
    for _day in range(18):
        jobs.keep_recurring_scheduled()
        jobs.run_due()
        state = db.session.get(Campaign, season.id).state
        if not seen or seen[-1] != state:
            seen.append(state)
        clock.advance(DAY)

    assert seen == ["planned", "running", "wrapping_up", "closed"]
    assert trail(season)[1:] == [("season.moved", None, "dates")] * 3


def test_always_on_is_never_moved(app: Flask, now: datetime) -> None:
    campaign, marketer = always_on(), a_marketer()

    for to in CampaignState:
        with pytest.raises(StepNotPossible), unit_of_work():
            move_season(campaign, to, actor=marketer, why="tried", now=now)

    assert campaign.state == CampaignState.RUNNING


def test_closed_season_stays_closed(app: Flask, now: datetime) -> None:
    season, marketer = a_campaign(state="wrapping_up"), a_marketer()
    with unit_of_work():
        move_season(season, CampaignState.CLOSED, actor=marketer, why="all settled", now=now)

    for to in CampaignState:
        with pytest.raises(StepNotPossible), unit_of_work():
            move_season(season, to, actor=marketer, why="tried", now=now)

    assert trail(season)[-1] == ("season.moved", marketer.id, "all settled")


def test_season_whose_end_has_passed_does_not_run_again(app: Flask, now: datetime) -> None:
    season, marketer = a_campaign(ends_at=now + DAY, state="wrapping_up"), a_marketer()

    with pytest.raises(StepNotPossible), unit_of_work():
        move_season(season, CampaignState.RUNNING, actor=marketer, why="more time", now=now + 2 * DAY)

    with unit_of_work():
        move_season(season, CampaignState.RUNNING, actor=marketer, why="more time", now=now)
    assert season.state == CampaignState.RUNNING


def test_budget_grows_and_shrinks_down_to_what_is_used(app: Flask, now: datetime) -> None:
    season, marketer = a_campaign(points_budget=1_000), a_marketer()
    a_claim(a_mission(season))

    def budget(points: int) -> None:
        plan = a_season_plan(name=season.name, points_budget=points)
        with unit_of_work():
            change_season(season, plan, seen_version=season.lock_version, actor=marketer, why="steering", now=now)

    budget(2_000)
    assert budgets.left(season.id) == 1_880
    budget(120)
    assert budgets.left(season.id) == 0
    with pytest.raises(BudgetTooSmall) as refused:
        budget(119)
    assert "120" in str(refused.value.sentence)
    assert season.points_budget == 120
    assert balance(campaign_account(season.id, "reserved")) == 120


def test_second_editor_gets_a_conflict(app: Flask, now: datetime) -> None:
    season, marketer = a_campaign(), a_marketer()
    seen = season.lock_version
    with unit_of_work():
        change_season(season, a_season_plan(name="First"), seen_version=seen, actor=marketer, why="x", now=now)

    with pytest.raises(SeasonMoved), unit_of_work():
        change_season(season, a_season_plan(name="Second"), seen_version=seen, actor=marketer, why="x", now=now)

    assert season.name == "First"


def test_current_season_is_the_running_one_that_ends_first(app: Flask, now: datetime) -> None:
    assert queries.current_season() is None
    a_campaign(ends_at=now + 9 * DAY)
    first = a_campaign(ends_at=now + 5 * DAY)
    a_campaign(starts_at=now + DAY, ends_at=now + 2 * DAY)
    a_campaign(ends_at=now + 3 * DAY, state="wrapping_up")

    assert queries.current_season().id == first.id


def typed(**changes: str) -> dict[str, str]:
    return {
        "idempotency_key": "key-1", "name": "Repair Autumn", "summary": "Mend it.", "starts_on": "2026-10-15",
        "ends_on": "2026-11-30", "primary_goal": "community", "target": "900", "target_unit": "repairs booked",
        "points_budget": "50000", **changes,
    }  # fmt: skip


def test_form_plans_a_season_in_the_editors_days(app: Flask, now: datetime, client_of: ClientOf) -> None:
    client = client_of(a_marketer(time_zone="Europe/Berlin"))

    answers = [client.post("/staff/seasons/new", data=typed()) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    season = db.session.scalars(select(Campaign).where(Campaign.slug != ALWAYS_ON)).one()
    assert answers[0].location == answers[1].location == f"/staff/seasons/{season.id}"
    assert season.starts_at == datetime(2026, 10, 14, 22, 0, tzinfo=UTC)
    assert season.ends_at == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert (season.state, season.points_budget) == (CampaignState.PLANNED, 50_000)
    page = client.get(answers[0].location).text
    assert 'value="2026-10-15"' in page
    assert 'value="2026-11-30"' in page


WRONG = [
    ({"name": " "}, "Give the season a name"),
    ({"ends_on": "2026-10-14"}, "come before the first"),
    ({"primary_goal": ""}, "Choose one goal"),
    ({"primary_goal": "everything"}, "Not a valid choice"),
    ({"target_unit": ""}, "Say what the target counts"),
    ({"points_budget": "-1"}, "whole number from 0"),
    ({"points_budget": ""}, "Say how many points"),
    ({"starts_on": "tomorrow"}, "Choose the season’s first day."),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_wrong_entry_is_told_and_nothing_typed_is_lost(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, changes: dict[str, str], sentence: str
) -> None:
    answer = client_of(a_marketer()).post("/staff/seasons/new", data=typed(summary="Typed & kept", **changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Typed &amp; kept" in answer.text
    assert queries.current_season() is None


def test_same_name_is_refused_at_the_form(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    a_campaign(name="Repair Autumn")

    answer = client_of(a_marketer()).post("/staff/seasons/new", data=typed())

    assert answer.status_code == 422
    assert "Another season has this name" in answer.text


def test_step_by_hand_needs_a_reason(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign()
    client = client_of(a_marketer())
    address = f"/staff/seasons/{season.id}/state"

    refused = client.post(address, data={"to": "wrapping_up", "why": " "})
    taken = client.post(address, data={"to": "wrapping_up", "why": "Goal reached"})
    again = client.post(address, data={"to": "wrapping_up", "why": "Goal reached"})

    assert [refused.status_code, taken.status_code, again.status_code] == [422, 303, 409]
    assert "Say in a few words why" in refused.text


def test_always_on_gets_its_points_by_the_form(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    campaign = queries.always_on()

    answer = client_of(a_marketer()).post(
        f"/staff/seasons/{campaign.id}",
        data={"version": "1", "name": "Always on", "primary_goal": "community", "points_budget": "800", "why": "start"},
    )

    assert answer.status_code == 303
    assert budgets.left(campaign.id) == 800


def test_change_needs_a_reason(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    campaign = queries.always_on()

    answer = client_of(a_marketer()).post(
        f"/staff/seasons/{campaign.id}",
        data={"version": "1", "name": "Always on", "primary_goal": "community", "points_budget": "800", "why": " "},
    )

    assert answer.status_code == 422
    assert "why you change the season" in answer.text
    assert budgets.left(campaign.id) == 0


def test_list_shows_what_is_left(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign(points_budget=7_000)
    a_claim(a_mission(season))

    page = client_of(a_marketer()).get("/staff/seasons").text

    assert season.name in page
    assert "7,000" in page
    assert "6,880" in page


@pytest.mark.parametrize("who", [a_fan, a_manager])
def test_only_who_manages_campaigns_gets_in(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, who: Callable[[], Person]
) -> None:
    season = a_campaign()
    client = client_of(who())

    assert client.get("/staff/seasons").status_code == 403
    assert client.post("/staff/seasons/new", data=typed()).status_code == 403
    assert client.post(f"/staff/seasons/{season.id}/state", data={"to": "closed", "why": "x"}).status_code == 403


def test_unknown_season_is_not_found(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    client = client_of(a_marketer())

    assert client.get("/staff/seasons/nonsense").status_code == 404
    assert client.post("/staff/seasons/nonsense/state", data={"to": "closed", "why": "x"}).status_code == 404
