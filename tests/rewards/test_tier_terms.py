"""Prices by tier and rewards for tiers: everybody sees and pays their own, fixed in the transaction that takes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.points import tiers
from portal.points.audit import audit_ledger
from portal.points.queries import balances
from portal.points.tier_models import TierPlan
from portal.points.tier_rules import Level, Plan
from portal.rewards import editing, giving, queries, redeeming
from portal.rewards.editing import wording_of
from portal.rewards.models import Reward
from portal.rewards.queries import Filter
from portal.rewards.refusals import NotForYou, NotNow, PriceChanged, TierTooLow
from tests.accounts.factories import a_fan, a_manager, a_marketer
from tests.campaigns.factories import a_campaign
from tests.points.factories import an_award
from tests.points.test_tiers import tiers_are_set
from tests.rewards.factories import a_reward
from tests.rewards.test_pages import asked_for

ClientOf = Callable[[Person], FlaskClient]

PLAN = Plan(12, 30, (Level(1, "Silver", 100, 0, 0), Level(2, "Gold", 300, 24, 0)))


@pytest.fixture(autouse=True)
def _tiers(app: Flask, now: datetime) -> None:
    tiers_are_set(PLAN)


def who_earned(points: int) -> Person:
    """Somebody with as many points, earned for a share."""
    fan = a_fan()
    if points:
        an_award(fan, points_now=points)
    return fan


def changed(reward: Reward, **values: object) -> None:
    staff = a_marketer()
    with unit_of_work():
        wording = editing.Wording(**{**vars(wording_of(reward)), **values})
        editing.edit_reward(reward, wording, actor=staff, seen_version=reward.lock_version)


@pytest.mark.parametrize(
    ("earned", "prices", "price", "tier"),
    [
        (50, {1: 110, 2: 90}, 120, ""),
        (100, {1: 110, 2: 90}, 110, "Silver"),
        (300, {1: 110, 2: 90}, 90, "Gold"),
        (300, {1: 110}, 110, "Silver"),  # what a tier below gives holds above it
        (300, {3: 10}, 120, ""),  # a tier that is gone gives nothing
        (300, {}, 120, ""),
        (300, {1: 120}, 120, ""),  # what everybody pays is no tier's doing
        (300, {1: 150}, 120, ""),  # nor is one that everybody's price was lowered below
    ],
)
def test_everybody_sees_their_own_price_and_why(
    client_of: ClientOf, earned: int, prices: dict[int, int], price: int, tier: str
) -> None:
    ada, kit = who_earned(earned), a_reward(price_points=120, tier_prices=prices)
    offer = queries.offer_to(ada, kit.id)
    assert offer
    assert (offer.price.points, offer.price.tier) == (price, tier)
    for path in ("/rewards", f"/rewards/{kit.id}"):
        page = client_of(ada).get(path).text
        assert f">{price}" in page
        assert (f"“{tier}” price" in page) == bool(tier)


def test_a_tiers_price_that_staff_take_out_is_gone_at_once() -> None:
    gold, kit = who_earned(300), a_reward(price_points=120, tier_prices={1: 110, 2: 90})
    changed(kit, tier_prices={1: 100})
    assert kit.tier_prices == {1: 100}
    offer = queries.offer_to(gold, kit.id)
    assert offer
    assert (offer.price.points, offer.price.tier) == (100, "Silver")


def test_while_there_are_no_tiers_what_can_be_had_now_has_every_tiers_rewards() -> None:
    with unit_of_work():
        db.session.query(TierPlan).delete()
    jacket = a_reward(price_points=50, lowest_tier=2)
    shown = queries.catalogue(who_earned(100), Filter.NOW).offers
    assert [offer.reward.id for offer in shown] == [jacket.id]


def test_the_own_price_is_what_is_taken_and_what_comes_back() -> None:
    ada, kit = who_earned(300), a_reward(price_points=120, tier_prices={2: 90})
    with unit_of_work():
        mine = redeeming.redeem(kit, ada, now=clock.now(), price_points_seen=90)
    assert (mine.price_points, balances(ada.id).available) == (90, 210)
    changed(kit, tier_prices={2: 10})
    with unit_of_work():
        redeeming.cancel(mine, now=clock.now())
    assert balances(ada.id).available == 300
    assert audit_ledger()["violations"] == []


def test_a_price_that_changed_while_somebody_confirmed_takes_nothing(client_of: ClientOf) -> None:
    ada, kit = who_earned(300), a_reward(price_points=120, tier_prices={2: 90})
    changed(kit, tier_prices={2: 95})
    answer = client_of(ada).post(f"/rewards/{kit.id}/redeem", data=asked_for(kit, price_points=90))
    assert answer.status_code == 409
    assert "The price changed while you were looking" in answer.text
    assert "95 points" in answer.text
    assert balances(ada.id).available == 300


def test_who_lost_the_tier_meanwhile_is_asked_again_at_everybodys_price() -> None:
    ada, kit = who_earned(300), a_reward(price_points=120, tier_prices={2: 90})
    tiers_are_set(Plan(12, 30, (Level(1, "Silver", 100, 0, 0), Level(2, "Gold", 900, 24, 0))))
    with unit_of_work():
        tiers.weigh(ada.id, now=clock.now() + timedelta(days=60))
    with unit_of_work():
        tiers.weigh(ada.id, now=clock.now() + timedelta(days=120))
    assert tiers.stands(ada.id).rank == 1
    db.session.commit()
    with pytest.raises(PriceChanged), unit_of_work():
        redeeming.redeem(kit, ada, now=clock.now(), price_points_seen=90)


def test_a_reward_for_a_higher_tier_says_kindly_what_is_left(client_of: ClientOf) -> None:
    ada, jacket = who_earned(260), a_reward(price_points=50, lowest_tier=2)
    assert "From “Gold” on: earn 40 more points" in client_of(ada).get("/rewards").text
    page = client_of(ada).get(f"/rewards/{jacket.id}").text
    assert "This one is for the tier “Gold” and above. Earn 40 more points and you are there" in page
    assert "/missions" in page
    assert client_of(ada).get("/rewards?show=now").text.count("earn 40 more") == 0
    answer = client_of(ada).post(f"/rewards/{jacket.id}/redeem", data=asked_for(jacket))
    assert answer.status_code == 409
    assert balances(ada.id).available == 260

    an_award(ada, points_now=40)
    assert client_of(ada).post(f"/rewards/{jacket.id}/redeem", data=asked_for(jacket)).status_code == 303


def test_without_tiers_and_with_fewer_of_them_nobody_is_locked_out() -> None:
    top, jacket = who_earned(300), a_reward(price_points=50, lowest_tier=5)
    assert not queries.offer_to(top, jacket.id).not_for_them  # the highest there is
    assert queries.offer_to(who_earned(100), jacket.id).not_for_them
    tiers_are_set(Plan(12, 30, ()))
    db.session.commit()
    assert not queries.offer_to(a_fan(), jacket.id).not_for_them


def test_what_can_be_had_now_reckons_with_the_own_price() -> None:
    kit = a_reward(price_points=500, tier_prices={2: 280})
    for earned, found in ((300, True), (200, False)):
        shown = queries.catalogue(who_earned(earned), Filter.NOW).offers
        assert [offer.reward.id for offer in shown] == ([kit.id] if found else [])


def test_what_can_be_had_now_has_what_just_suffices_for_it() -> None:
    """The price of a tier below, to the point; and the very tier that it is for, which is not the highest."""
    kit = a_reward(price_points=500, tier_prices={1: 300})
    hat = a_reward(price_points=100, lowest_tier=1)
    for earned, found in ((300, {kit.id, hat.id}), (299, {hat.id}), (100, {hat.id}), (99, set())):
        shown = queries.catalogue(who_earned(earned), Filter.NOW).offers
        assert {offer.reward.id for offer in shown} == found, earned


def test_what_can_be_had_now_has_what_is_for_a_tier_that_is_gone() -> None:
    """It is for the highest that there is, on its page and in the list alike."""
    jacket = a_reward(price_points=50, lowest_tier=5)
    for earned, found in ((300, True), (100, False)):
        shown = queries.catalogue(who_earned(earned), Filter.NOW).offers
        assert [offer.reward.id for offer in shown] == ([jacket.id] if found else [])


def test_a_tier_lets_people_have_it_early(client_of: ClientOf) -> None:
    opens = clock.now() + timedelta(hours=20)
    kit = a_reward(price_points=50, available_from=opens)
    gold, silver = who_earned(300), who_earned(100)
    assert "lets you have it early" in client_of(gold).get(f"/rewards/{kit.id}").text
    assert client_of(gold).post(f"/rewards/{kit.id}/redeem", data=asked_for(kit)).status_code == 303
    with pytest.raises(NotNow) as refused, unit_of_work():
        redeeming.redeem(kit, silver, now=clock.now())
    assert refused.value.begins == opens
    with unit_of_work():
        assert redeeming.redeem(kit, silver, now=opens), "at the very moment that was named"


def test_what_leaves_somebody_out_says_what_it_is(client_of: ClientOf) -> None:
    fan = who_earned(100)
    with unit_of_work():
        fan.country = "FR"
    abroad, theirs = a_reward(countries=["DE"]), a_reward(tracks=["leader"])
    over = a_reward(available_until=clock.now())
    for reward, words in (
        (abroad, "can be had in other countries than yours"),
        (theirs, "for other people"),
        (over, "The time of this reward is over"),
    ):
        assert words in client_of(fan).get(f"/rewards/{reward.id}").text
    with pytest.raises(NotForYou), unit_of_work():
        redeeming.redeem(abroad, fan, now=clock.now())


def test_a_gift_asks_for_no_tier() -> None:
    manager, season, jacket = a_manager(), a_campaign(points_budget=1000), a_reward(price_points=50, lowest_tier=2)
    ada = who_earned(100)
    with pytest.raises(TierTooLow), unit_of_work():
        redeeming.redeem(jacket, ada, now=clock.now())
    with unit_of_work():
        giving.give(jacket, ada, campaign_id=season.id, why="Thanks", actor=manager, now=clock.now())


def test_staff_write_prices_by_tier_and_a_dearer_tier_is_refused(client_of: ClientOf) -> None:
    staff, kit = a_marketer(), a_reward(price_points=120)
    typed = {
        "lock_version": "1", "name": kit.name, "summary": "Tin", "price_points": "120", "per_person_max": "1",
        "prices_by_tier-0": "110", "prices_by_tier-1": "130", "lowest_tier": "1", "idempotency_key": new_id(),
    }  # fmt: skip
    page = client_of(staff).get(f"/staff/rewards/{kit.id}").text
    assert "Silver" in page
    assert "Gold" in page
    refused = client_of(staff).post(f"/staff/rewards/{kit.id}", data=typed)
    assert refused.status_code == 422
    assert "A tier pays no more than the one below: 110 or less." in refused.text
    assert client_of(staff).post(f"/staff/rewards/{kit.id}", data=typed | {"prices_by_tier-1": ""}).status_code == 303
    db.session.refresh(kit)
    assert (kit.tier_prices, kit.lowest_tier) == ({1: 110}, 1)
    assert 'value="110"' in client_of(staff).get(f"/staff/rewards/{kit.id}").text
