"""A mission's bonus: the rule of its steps, what a place reserves for it, and what staff may set."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.bonus import Bonus, BonusMeasure
from portal.missions.claiming import claim_place
from portal.missions.claims import expire_claim, release_claim
from portal.missions.errors import BudgetGone
from portal.missions.models import Mission
from portal.points import budgets
from portal.points.audit import audit_ledger
from tests.accounts.factories import a_fan, a_marketer
from tests.campaigns.factories import a_campaign
from tests.fixtures.at_once import all_at_once
from tests.missions.factories import a_claim, a_mission, a_ready_fan
from tests.missions.test_staff_pages import ClientOf, edit_of, saved, typed

VISITORS = {"bonus_measure": "visitors", "bonus_points": 5, "bonus_step": 10, "bonus_cap": 30}
AS_TYPED = {name: str(value) for name, value in VISITORS.items()}

STEPS = [
    # figure  steps
    (None,    0),
    (-3,      0),
    (0,       0),
    (9,       0),
    (10,      1),
    (23,      2),
    (60,      6),
    (61,      6),
    (1_000,   6),
]  # fmt: skip


@pytest.mark.parametrize(("figure", "steps"), STEPS)
def test_whole_steps_count_up_to_the_cap(figure: int | None, steps: int) -> None:
    assert Bonus(BonusMeasure.VISITORS, 5, 10, 30).steps_at(figure) == steps


@pytest.mark.parametrize(("steps", "figure"), [(0, 10), (2, 30), (5, 60), (6, None)])
def test_the_next_step_is_told_until_there_is_none(steps: int, figure: int | None) -> None:
    assert Bonus(BonusMeasure.VISITORS, 5, 10, 30).next_at(steps) == figure


@pytest.mark.parametrize(
    "changes",
    [
        {"bonus_measure": ""}, {"bonus_cap": 31}, {"bonus_cap": 0}, {"bonus_points": 0}, {"bonus_step": 0},
        {"bonus_cap": 255}, {"bonus_cap": -30}, {"hold_days": 0}, {"link_target": ""}, {"bonus_measure": "views"},
    ],
)  # fmt: skip
def test_the_database_refuses_a_bonus_that_makes_no_sense(app: Flask, now: datetime, changes) -> None:
    with pytest.raises(IntegrityError):
        a_mission(**{"points_held": 0, **VISITORS, **changes})


def test_a_place_reserves_its_bonus_too_and_gives_all_of_it_back(app: Flask, now: datetime) -> None:
    season = a_campaign(points_budget=1_000)
    mission = a_mission(season, **VISITORS)
    claim = a_claim(mission)
    assert (claim.points_reserved, claim.bonus_cap, claim.bonus_left, claim.points) == (150, 30, 30, 120)
    assert budgets.left(season.id) == 850
    with unit_of_work():
        release_claim(claim, actor_id=claim.person_id, now=now)
    assert (budgets.left(season.id), claim.bonus_left) == (1_000, 0)
    second = a_claim(mission)
    clock.advance(timedelta(hours=mission.deliver_hours))
    with unit_of_work():
        expire_claim(second, now=clock.now())
    assert budgets.left(season.id) == 1_000
    assert audit_ledger()["violations"] == []


def test_a_season_that_can_pay_the_post_but_not_its_bonus_gives_no_place(app: Flask, now: datetime) -> None:
    mission = a_mission(a_campaign(points_budget=149), **VISITORS)
    fan = a_ready_fan()
    with pytest.raises(BudgetGone), unit_of_work():
        claim_place(mission, fan, now=now)
    assert budgets.left(mission.campaign_id) == 149


def test_the_last_points_of_a_season_go_to_one_of_many_with_their_bonus(app: Flask, now: datetime) -> None:
    mission = a_mission(a_campaign(points_budget=299), **VISITORS)
    mission_id, fans = mission.id, [a_ready_fan().id for _ in range(4)]
    db.session.remove()

    def claim(fan_id: str) -> bool:
        try:
            with unit_of_work():
                claim_place(db.session.get_one(Mission, mission_id), db.session.get_one(Person, fan_id), now=now)
        except BudgetGone:
            return False
        finally:
            db.session.remove()
        return True

    answers = all_at_once(app, [lambda fan_id=fan_id: claim(fan_id) for fan_id in fans])
    assert sorted(answers) == [False, False, False, True]
    assert budgets.left(db.session.get_one(Mission, mission_id).campaign_id) == 149
    assert audit_ledger()["violations"] == []


def test_staff_set_a_bonus_and_fans_read_it_before_they_claim(app: Flask, now: datetime, client_of: ClientOf) -> None:
    season, client = a_campaign(), client_of(a_marketer())
    answer = client.post("/staff/missions/new", data=typed(season.id, **AS_TYPED))
    mission = db.session.scalars(select(Mission)).one()
    assert {name: getattr(mission, name) for name in VISITORS} == VISITORS
    preview = client.get(answer.location).text
    assert "One place costs the season at most 150 points, all of them at most 6,000 points." in preview
    assert "5 points more for every 10 visitors of your link, up to 30 points more." in preview
    with unit_of_work():
        mission.state, mission.opens_at = "open", now - timedelta(hours=1)
    fan = client_of(a_fan())
    page = fan.get(f"/missions/{mission.id}").text
    assert "5 points more for every 10 visitors of your link, up to 30 points more." in page
    assert "It is counted for 7 days after your post is verified." in page
    assert "Up to 30 points more" in fan.get("/missions").text


def test_a_mission_without_a_bonus_says_nothing_of_one(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission, client = a_mission(), client_of(a_fan())
    assert "more for every" not in client.get(f"/missions/{mission.id}").text
    assert "points more" not in client.get("/missions").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bonus_cap": "31"}, "a multiple of the points for each step"),
        ({"bonus_cap": "255"}, "Fifty steps are the most."),
        ({"bonus_step": ""}, "Say how many points a step brings"),
        ({"bonus_cap": ""}, "Say how many points a step brings"),
        ({"link_target": ""}, "A bonus for visitors needs a tracked link"),
        ({"hold_days": "0", "points_held": "0"}, "A bonus is earned while the post stays up."),
        ({"bonus_measure": "views"}, "Not a valid choice"),
    ],
)  # fmt: skip
def test_a_bonus_that_makes_no_sense_is_refused_at_its_field(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, changes, sentence: str
) -> None:
    client = client_of(a_marketer())
    answer = client.post("/staff/missions/new", data=typed(a_campaign().id, **{**AS_TYPED, **changes}))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="5"' in answer.text
    assert db.session.scalars(select(Mission)).all() == []


def test_numbers_of_a_bonus_that_is_none_are_not_saved(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    client = client_of(a_marketer())
    without = {**AS_TYPED, "bonus_measure": ""}
    assert client.post("/staff/missions/new", data=typed(a_campaign().id, **without)).status_code == 303
    mission = db.session.scalars(select(Mission)).one()
    assert (mission.bonus_points, mission.bonus_step, mission.bonus_cap, mission.bonus) == (0, 0, 0, None)


def test_a_bonus_stays_as_promised_while_places_are_taken(sqlite_app: Flask, client_of: ClientOf) -> None:
    mission = a_mission(**VISITORS)
    a_claim(mission)
    answer = client_of(a_marketer()).post(
        f"/staff/missions/{mission.id}/edit", data=edit_of(mission, **AS_TYPED | {"bonus_cap": "60"})
    )
    assert answer.status_code == 409
    assert saved(mission).bonus_cap == 30
