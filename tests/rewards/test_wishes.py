"""Whoever can have what they wish for is told so once: when they can, and not when they could already."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import PersonState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.points.tier_rules import Level, Plan
from portal.rewards import editing, wishing
from tests.accounts.factories import a_fan, a_marketer
from tests.points.factories import a_person_has, an_award
from tests.points.test_tiers import tiers_are_set
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward


def told(now: datetime) -> list[tuple[str, str]]:
    """Whom, and of which reward, once the hour has come."""
    with unit_of_work():
        jobs.schedule("look_at_wishes", "recurring", due_at=now)
    jobs.run_due()
    db.session.rollback()
    rows = db.session.scalars(select(Notification).where(Notification.topic == "wish_within_reach"))
    return sorted((row.person_id, row.details["reward"]) for row in rows)


def test_a_wish_that_comes_within_reach_is_told_once(app: Flask, now: datetime) -> None:
    kit, hat = a_reward("Kit", price_points=100), a_reward("Hat", price_points=500)
    ada, bo, cy = a_person_with_points(40), a_person_with_points(100), a_fan()
    with unit_of_work():
        for person in (ada, bo, cy):
            for reward in (kit, hat):
                assert wishing.wish(reward, person, now=now)
    assert told(now) == []  # nobody can, or could already
    a_person_has(ada, 60)
    for _hour in range(2):
        assert told(clock.advance(timedelta(hours=1))) == [(ada.id, "Kit")]
    a_redemption(ada, kit)
    a_person_has(ada, 100)
    assert told(clock.now()) == [(ada.id, "Kit")]  # it may be had once, and they have it


def test_what_is_retired_is_nobodys_wish_any_more(sqlite_app: Flask, now: datetime) -> None:
    kit, hat, ada, staff = a_reward("Kit"), a_reward("Hat"), a_fan(), a_marketer()
    with unit_of_work():
        for reward in (kit, hat):
            wishing.wish(reward, ada, now=now)
    with unit_of_work():
        editing.pause_reward(kit, actor=staff)
        editing.retire_reward(hat, actor=staff, why="It is made no more")
    assert [wish.reward_id for wish in wishing.wishes_of(ada.id)] == [kit.id]


def test_what_is_gone_or_for_a_higher_tier_is_not_within_reach_and_a_tiers_price_is(app: Flask, now: datetime) -> None:
    tiers_are_set(Plan(12, 30, (Level(1, "Silver", 100, 0, 0), Level(2, "Gold", 300, 0, 0))))
    gone = a_reward("Gone", price_points=10, codes=0)
    higher = a_reward("Higher", price_points=10, lowest_tier=2)
    cheaper = a_reward("Cheaper", price_points=500, tier_prices={1: 90})
    ada = a_fan()
    with unit_of_work():
        for reward in (gone, higher, cheaper):
            wishing.wish(reward, ada, now=now)
    an_award(ada, points_now=100)
    assert told(now) == [(ada.id, "Cheaper")]


def test_a_list_of_wishes_is_full_at_its_limit(sqlite_app: Flask, now: datetime, monkeypatch) -> None:
    monkeypatch.setattr(wishing, "WISHES_MAX", 2)
    ada, rewards = a_fan(), [a_reward() for _each in range(3)]
    with unit_of_work():
        fits = [wishing.wish(reward, ada, now=now) for reward in (*rewards, rewards[0])]
    assert fits == [True, True, False, True]
    assert len(wishing.wishes_of(ada.id)) == 2


def test_whoever_rests_is_told_when_they_are_back(sqlite_app: Flask, now: datetime) -> None:
    ada, kit = a_fan(), a_reward("Kit", price_points=100)
    with unit_of_work():
        wishing.wish(kit, ada, now=now)
        ada.state = PersonState.PAUSED
    a_person_has(ada, 100)
    assert told(now) == []
    with unit_of_work():
        ada.state = PersonState.ACTIVE
    assert told(now) == [(ada.id, "Kit")]


def test_more_wishes_than_are_looked_at_at_once(app: Flask, now: datetime, monkeypatch) -> None:
    monkeypatch.setattr(wishing, "AT_ONCE", 2)
    rewards, ada = [a_reward(price_points=10) for _each in range(5)], a_fan()
    with unit_of_work():
        for reward in rewards:
            wishing.wish(reward, ada, now=now)
    a_person_has(ada, 10)
    assert len(told(now)) == 5


def test_staff_see_how_many_people_wish_for_a_reward(sqlite_app: Flask, now: datetime, client_of) -> None:
    kit, hat, desk = a_reward("Kit"), a_reward("Hat"), client_of(a_marketer())
    people = (a_fan(), a_fan())
    with unit_of_work():
        for person in people:
            wishing.wish(kit, person, now=now)
    assert wishing.how_many_wish([kit.id, hat.id]) == {kit.id: 2}
    assert 'data-label="Wished for">2<' in desk.get("/staff/rewards").text
    assert "On wish lists" in desk.get(f"/staff/rewards/{kit.id}").text
    assert "On wish lists" not in desk.get(f"/staff/rewards/{hat.id}").text
