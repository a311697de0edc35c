"""The line for what is gone: in order, held for a day, never for two; and wishes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import PersonState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.points.audit import audit_ledger
from portal.rewards import editing, orders, redeeming, steps, stocking, variants, waiting, wishing
from portal.rewards.models import Redemption, RedemptionState, Reward
from portal.rewards.refusals import LimitReached, NotForYou, OutOfStock
from portal.rewards.stocking import Line
from portal.rewards.waiting import HELD_FOR, NothingToWaitFor
from portal.rewards.waiting_models import Wait, WaitState
from tests.accounts.factories import a_fan, a_marketer
from tests.rewards.factories import ADDRESS, a_person_with_points, a_redemption, a_reward, a_thing, an_experience

W = WaitState


def join(reward: Reward, person, variant_id: str | None = None) -> Wait:
    with unit_of_work():
        return waiting.join(reward, person, variant_id=variant_id, now=clock.advance(timedelta(seconds=1)))


def cancel(redemption: Redemption) -> None:
    with unit_of_work():
        redeeming.cancel(redemption, now=clock.now())


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Wait.state).order_by(Wait.joined_at)))


def stock_of(reward: Reward) -> int:
    db.session.rollback()
    db.session.refresh(reward)
    return reward.stock


def test_staff_see_how_many_stand_in_line(sqlite_app: Flask, now: datetime, client_of) -> None:
    evening, desk = an_experience(places=1), client_of(a_marketer())
    a_redemption(a_person_with_points(100), evening)
    assert "In line for it" not in desk.get(f"/staff/rewards/{evening.id}").text
    for fan in (a_fan(), a_fan()):
        join(evening, fan)
    assert waiting.length(evening.id) == 2
    assert "In line for it" in desk.get(f"/staff/rewards/{evening.id}").text


def test_what_comes_back_is_held_for_who_came_first(app: Flask, now: datetime) -> None:
    evening = an_experience(places=1)
    gone = a_redemption(a_person_with_points(100), evening)
    first, second, third = (a_person_with_points(100) for _each in range(3))
    lines = [join(evening, person) for person in (first, second, first)]
    assert lines[0].id == lines[2].id
    assert [waiting.ahead_of(each) for each in lines[:2]] == [0, 1]
    cancel(gone)
    assert (states(), stock_of(evening)) == ([W.HELD, W.WAITING], 0)
    for person in (second, third):
        with pytest.raises(OutOfStock):
            a_redemption(person, evening)
    a_redemption(first, evening)
    assert (states(), stock_of(evening)) == ([W.TAKEN, W.WAITING], 0)
    jobs.run_due()
    told = select(Notification.person_id).where(Notification.topic == "reward_held")
    assert db.session.scalars(told).all() == [first.id]
    assert audit_ledger()["violations"] == []


def test_what_nobody_comes_for_goes_to_the_next_and_at_last_into_the_stock(app: Flask, now: datetime) -> None:
    evening = an_experience(places=1)
    gone = a_redemption(a_person_with_points(100), evening)
    first, second = a_person_with_points(100), a_person_with_points(100)
    join(evening, first)
    join(evening, second)
    cancel(gone)
    clock.advance(HELD_FOR - timedelta(seconds=1))
    jobs.run_due()
    assert states() == [W.HELD, W.WAITING]
    clock.advance(timedelta(seconds=1))
    with pytest.raises(OutOfStock):
        a_redemption(first, evening)  # a second too late, and not yet passed on
    jobs.run_due()
    jobs.run_due()  # the news of it
    assert states() == [W.MISSED, W.HELD]
    told = select(Notification.person_id, Notification.topic).where(
        Notification.topic.in_(["hold_missed", "reward_held"])
    )
    assert {(first.id, "hold_missed"), (second.id, "reward_held")} <= {tuple(row) for row in db.session.execute(told)}
    assert (second.id, "hold_missed") not in {tuple(row) for row in db.session.execute(told)}
    with unit_of_work():
        waiting.leave(evening, second, now=clock.now())
    with unit_of_work():
        waiting.leave(evening, second, now=clock.now())
    assert (states(), stock_of(evening)) == ([W.MISSED, W.LEFT], 1)
    a_redemption(first, evening)


def test_the_line_ends_with_its_reward_and_whoever_waited_is_told_once(app: Flask, now: datetime) -> None:
    staff, evening = a_marketer(), an_experience(places=1)
    held, waits, left = (a_person_with_points(100) for _each in range(3))
    gone = a_redemption(a_person_with_points(100), evening)
    for person in (held, waits, left):
        join(evening, person)
    cancel(gone)
    with unit_of_work():
        waiting.leave(evening, left, now=clock.now())
    assert states() == [W.HELD, W.WAITING, W.LEFT]
    with unit_of_work():
        editing.retire_reward(evening, actor=staff, why="The hall is sold")
    assert (states(), stock_of(evening)) == ([W.CLOSED, W.CLOSED, W.LEFT], 1)
    clock.advance(HELD_FOR)
    jobs.run_due()
    told = select(Notification.person_id).where(Notification.topic == "line_closed")
    assert sorted(db.session.scalars(told)) == sorted([held.id, waits.id])
    with pytest.raises(NothingToWaitFor):
        join(evening, left)


def test_whoever_could_not_have_it_keeps_it_from_nobody(sqlite_app: Flask, now: datetime) -> None:
    evening = an_experience(places=1, countries=["GB"])
    had = a_person_with_points(100)
    a_redemption(had, evening)
    stranger = a_fan()
    with unit_of_work():
        stranger.country = "FR"
    for person, refusal in ((stranger, NotForYou), (had, LimitReached)):
        with pytest.raises(refusal):
            join(evening, person)
    assert states() == []


def test_what_failed_was_never_had_and_what_is_paused_comes_back(sqlite_app: Flask, now: datetime) -> None:
    staff, hat = a_marketer(), a_thing(stock=1)
    ada = a_person_with_points(200)
    failed = a_redemption(ada, hat)
    with unit_of_work():
        row = db.session.get_one(Redemption, failed.id)
        steps.move(row, RedemptionState.FAILED, actor_id=None, now=now, code="none_left")
    a_redemption(a_person_with_points(100), hat)
    with unit_of_work():
        editing.pause_reward(hat, actor=staff)
    assert join(hat, ada).state == W.WAITING
    with unit_of_work():
        editing.retire_reward(hat, actor=staff, why="The last one is gone")
    with pytest.raises(NothingToWaitFor):
        join(hat, a_fan())


def test_a_hold_ends_at_its_moment_and_no_sooner(sqlite_app: Flask, now: datetime) -> None:
    evening = an_experience(places=1)
    gone = a_redemption(a_person_with_points(100), evening)
    first, second = a_person_with_points(100), a_person_with_points(100)
    wait = join(evening, first)
    join(evening, second)
    cancel(gone)
    until = clock.now() + timedelta(days=1)
    clock.advance(timedelta(days=1, seconds=-1))
    with unit_of_work():  # a worker whose clock is ahead, or a job that is left of an earlier hold
        waiting.end_hold(jobs.Lease("j", waiting.OVER, wait.id, {}, 1, 1, "t", last_try=False))
    assert states() == [W.HELD, W.WAITING]
    held = [waiting.held_for(each.id, [evening.id], now=clock.now()) for each in (first, second)]
    assert held == [{evening.id}, set()]
    assert waiting.held_for(first.id, [evening.id], now=until) == set()


def test_what_comes_back_once_it_has_begun_is_held_for_nobody(app: Flask, now: datetime) -> None:
    evening = an_experience(places=1, starts_in=timedelta(hours=2))
    mine, staff = a_redemption(a_person_with_points(100), evening), a_marketer()
    join(evening, a_person_with_points(100))
    clock.advance(timedelta(hours=2))
    with unit_of_work():
        orders.refund(mine, why="Snowed in", back_in_stock=True, actor=staff, now=clock.now())
    assert (states(), stock_of(evening)) == ([W.WAITING], 1)


def test_a_sort_is_held_for_who_waits_for_that_sort(app: Flask, now: datetime) -> None:
    staff, hat = a_marketer(), a_thing(stock={"M": 1, "L": 1})
    sort = {each.name: each.id for each in variants.variants_of(hat.id)}
    waits_for_l, waits_for_m = a_person_with_points(100), a_person_with_points(100)
    with pytest.raises(NothingToWaitFor):
        join(hat, waits_for_m, sort["M"])
    mine = a_redemption(a_person_with_points(100), hat, {**ADDRESS, "variant": sort["M"]})
    a_redemption(a_person_with_points(100), hat, {**ADDRESS, "variant": sort["L"]})
    join(hat, waits_for_l, sort["L"])
    join(hat, waits_for_m, sort["M"])
    cancel(mine)
    assert states() == [W.WAITING, W.HELD]
    a_redemption(waits_for_m, hat, {**ADDRESS, "variant": sort["M"]})
    with unit_of_work():
        variants.change_stock(hat, "L", 2, why="Came", actor=staff, now=clock.now())
    assert (states(), stock_of(hat)) == ([W.HELD, W.TAKEN], 1)


def test_whoever_rests_is_passed_over_and_keeps_their_place(sqlite_app: Flask, now: datetime) -> None:
    evening = an_experience(places=1)
    gone = a_redemption(a_person_with_points(100), evening)
    rests, second = a_fan(), a_fan()
    for person in (rests, second):
        join(evening, person)
    with unit_of_work():
        rests.state = PersonState.PAUSED
    cancel(gone)
    assert states() == [W.WAITING, W.HELD]


def test_the_line_goes_by_who_joined_first_and_not_by_their_ids(sqlite_app: Flask, now: datetime) -> None:
    evening = an_experience(places=1)
    gone = a_redemption(a_person_with_points(100), evening)
    later, sooner = (join(evening, a_fan()) for _each in range(2))
    with unit_of_work():
        db.session.merge(later).joined_at = clock.now() + timedelta(seconds=1)  # two machines, ids within one moment
    assert (waiting.ahead_of(sooner), waiting.ahead_of(later)) == (0, 1)
    cancel(gone)
    db.session.refresh(sooner)
    db.session.refresh(later)
    assert (sooner.state, later.state) == (W.HELD, W.WAITING)


def test_another_rewards_sort_is_no_sort_to_wait_for(sqlite_app: Flask, now: datetime) -> None:
    evening, hat = an_experience(places=1), a_thing(stock={"M": 3})
    gone = a_redemption(a_person_with_points(100), evening)
    wait = join(evening, a_person_with_points(100), variants.variants_of(hat.id)[0].id)
    assert wait.variant_id is None
    cancel(gone)
    assert (states(), stock_of(hat)) == ([W.HELD], 3)
    assert variants.variants_of(hat.id)[0].stock == 3


def test_what_nobody_could_come_for_is_not_held_and_nobody_loses_their_place(sqlite_app: Flask, now: datetime) -> None:
    staff, evening = a_marketer(), an_experience(places=2)
    gone = [a_redemption(a_person_with_points(100), evening) for _each in range(2)]
    first, second = a_person_with_points(100), a_person_with_points(100)
    join(evening, first)
    cancel(gone[0])
    join(evening, second)
    with unit_of_work():
        editing.pause_reward(evening, actor=staff)
    cancel(gone[1])
    assert (states(), stock_of(evening)) == ([W.HELD, W.WAITING], 1)
    clock.advance(HELD_FOR)
    jobs.run_due()
    assert (states(), stock_of(evening)) == ([W.WAITING, W.WAITING], 2)
    with unit_of_work():
        editing.list_reward(evening, actor=staff)
    assert (states(), evening.stock) == ([W.HELD, W.HELD], 0)
    a_redemption(first, evening)
    with unit_of_work():
        editing.retire_reward(evening, actor=staff, why="It was called off")
    assert (states(), stock_of(evening)) == ([W.TAKEN, W.CLOSED], 1)
    clock.advance(HELD_FOR)
    jobs.run_due()
    assert (states(), stock_of(evening)) == ([W.TAKEN, W.CLOSED], 1)


def test_whoever_takes_another_sort_leaves_theirs_to_the_next(sqlite_app: Flask, now: datetime) -> None:
    staff, hat = a_marketer(), a_thing(stock={"M": 1, "L": 1})
    sort = {each.name: each.id for each in variants.variants_of(hat.id)}
    mine = a_redemption(a_person_with_points(100), hat, {**ADDRESS, "variant": sort["M"]})
    first, second = a_person_with_points(100), a_person_with_points(100)
    join(hat, first, sort["M"])
    join(hat, second, sort["M"])
    cancel(mine)
    assert states() == [W.HELD, W.WAITING]
    a_redemption(first, hat, {**ADDRESS, "variant": sort["L"]})
    assert (states(), stock_of(hat)) == ([W.TAKEN, W.HELD], 0)
    with unit_of_work():
        variants.change_stock(hat, "L", 1, why="Came", actor=staff, now=clock.now())
    a_redemption(second, hat, {**ADDRESS, "variant": sort["M"]})
    assert stock_of(hat) == 1


def test_new_codes_are_held_for_those_who_wait(app: Flask, now: datetime) -> None:
    staff, kit = a_marketer(), a_reward(codes=1, price_points=100)
    a_redemption(a_person_with_points(100), kit)
    waits = a_person_with_points(100)
    join(kit, waits)
    with unit_of_work():
        stocking.add_codes(kit, [Line(1, "NEW-1"), Line(2, "NEW-2")], actor=staff, now=now)
    assert (states(), stock_of(kit)) == ([W.HELD], 1)
    a_redemption(waits, kit)
    assert stock_of(kit) == 1


def test_the_pages_of_the_line(app: Flask, now: datetime, client_of) -> None:
    evening = an_experience("Repair table", places=1)
    gone, ada = a_redemption(a_person_with_points(100), evening), a_person_with_points(100)
    fan, at = client_of(ada), f"/rewards/{evening.id}"
    assert "Tell me when one comes back" in fan.get(at).text
    assert "Wait for the next one" in fan.get(f"{at}/redeem").text
    for _press in range(2):
        assert fan.post(f"{at}/wait").status_code == 303
    assert "You are next." in fan.get(at).text
    cancel(gone)
    page = fan.get(at).text
    assert ("One is held for you" in page, f"{at}/redeem" in page, "Gone" in page) == (True, True, False)
    assert "Held for you" in page
    assert fan.post(f"{at}/wait/leave").status_code == 303
    assert "One is held for you" not in fan.get(at).text
    assert fan.post("/rewards/nothing/wait").status_code == 404


def test_wishes_say_how_much_is_missing(app: Flask, now: datetime, client_of) -> None:
    ada, kit = a_person_with_points(60), a_reward("Repair kit", price_points=100)
    fan = client_of(ada)
    assert "No wishes yet" in fan.get("/rewards/wishes").text
    for _press in range(2):
        assert fan.post(f"/rewards/{kit.id}/wish").status_code == 303
    page = fan.get("/rewards/wishes").text
    assert ("Repair kit" in page, "40 points to go" in page) == (True, True)
    with unit_of_work():
        kit.price_points = 60
    page = fan.get("/rewards/wishes").text
    assert ("You can have it now" in page, 'aria-label="Get it: Repair kit"' in page) == (True, True)
    with unit_of_work():
        kit.stock = 0
    page = fan.get("/rewards/wishes").text
    assert ("You can have it now" in page, "Its page says what is in the way." in page) == (False, True)
    fan.post(f"/rewards/{kit.id}/unwish")
    assert "Repair kit" not in fan.get("/rewards/wishes").text
    assert wishing.wishes_of(a_fan().id) == []
