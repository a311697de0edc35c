"""Many at once: awards, claims, redemptions and undoing in threads. Refusals are fine, deadlocks are not."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, budgets, ledger
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause
from portal.points.models import Award
from portal.points.queries import balances
from portal.rewards import kinds, redeeming, waiting
from portal.rewards.fulfilment.code import codes_in_pool
from portal.rewards.kind_models import Ticket
from portal.rewards.models import Redemption, Reward, RewardKind
from portal.rewards.refusals import RedemptionRefused
from portal.rewards.variants import variants_of
from portal.rewards.waiting_models import Wait
from tests.accounts.factories import a_fan, a_marketer
from tests.points.factories import a_funded_campaign
from tests.rewards.factories import (
    ADDRESS,
    a_draft_reward,
    a_person_with_points,
    a_redemption,
    a_reward,
    a_thing,
    an_experience,
)

THREADS = 8


def at_once(app: Flask, deeds: list[Callable[[], None]]) -> list[BaseException | None]:
    """Do all `deeds`, `THREADS` at a time, each in an app context of its own; what each raised."""
    start = Barrier(THREADS)

    def work(mine: list[Callable[[], None]]) -> list[BaseException | None]:
        start.wait()
        return [attempt(deed) for deed in mine]

    def attempt(deed: Callable[[], None]) -> BaseException | None:
        with app.app_context():
            try:
                with unit_of_work():
                    deed()
            except (RedemptionRefused, ledger.InsufficientPoints, budgets.BudgetExhausted) as refusal:
                return refusal
            finally:
                db.session.remove()
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(work, [deeds[each::THREADS] for each in range(THREADS)]))
    return [outcome for result in results for outcome in result]


def test_the_last_codes_go_to_exactly_as_many_people(app: Flask, now: datetime) -> None:
    kit_id = a_reward(price_points=100, codes=3).id
    people = [a_person_with_points(100).id for _each in range(16)]
    db.session.commit()

    def redeem(person_id: str) -> Callable[[], None]:
        return lambda: redeeming.redeem(load(Reward, kit_id), load(Person, person_id), now=now) and None

    outcomes = at_once(app, [redeem(person_id) for person_id in people])
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType"] * 3 + ["OutOfStock"] * 13
    assert db.session.scalar(select(func.count()).select_from(Redemption)) == 3
    assert codes_in_pool(kit_id) == (0, 3)
    assert sorted(balances(person_id).available for person_id in people) == [0] * 3 + [100] * 13
    assert audit_ledger()["violations"] == []


def test_two_of_the_staff_say_the_same_at_once_for_the_first_time(app: Flask, now: datetime) -> None:
    """When it is, which file, which cause: said twice at the same moment, the later one stands and none breaks."""
    staff_id, place = a_marketer().id, count(1)
    drafts = {
        kind: a_draft_reward(kind=kind).id for kind in (RewardKind.EXPERIENCE, RewardKind.DOWNLOAD, RewardKind.DONATION)
    }
    db.session.commit()

    def says(kind: RewardKind) -> Callable[[], None]:
        def say() -> None:
            reward, staff, number = load(Reward, drafts[kind]), load(Person, staff_id), next(place)
            match kind:
                case RewardKind.EXPERIENCE:
                    kinds.set_event(reward, now, f"Hall {number}", actor=staff)
                case RewardKind.DOWNLOAD:
                    kinds.set_file(reward, f"downloads/{number}.pdf", "guide.pdf", 1, actor=staff)
                case _:
                    kinds.set_cause(reward, f"Paths {number}", actor=staff)

        return say

    for kind in drafts:
        assert at_once(app, [says(kind)] * THREADS) == [None] * THREADS


def test_one_person_pressing_everywhere_spends_what_they_have(app: Flask, now: datetime) -> None:
    ada_id = a_person_with_points(250).id
    kits = [a_reward(price_points=100, codes=8, per_person_max=8).id for _each in range(4)]
    db.session.commit()

    def redeem(kit_id: str) -> Callable[[], None]:
        return lambda: redeeming.redeem(load(Reward, kit_id), load(Person, ada_id), now=now) and None

    outcomes = at_once(app, [redeem(kit_id) for kit_id in kits * 4])
    assert outcomes.count(None) == 2
    assert balances(ada_id).available == 50
    assert audit_ledger()["violations"] == []


def test_a_share_is_paid_once_however_many_try(app: Flask, now: datetime) -> None:
    ada_id, campaign_id = a_fan().id, a_funded_campaign().id
    db.session.commit()

    def pay() -> None:
        awards.award(
            Cause("share", "one"), campaign_id=campaign_id, person_id=ada_id, points_now=40, points_held=80, now=now
        )

    assert at_once(app, [pay] * 16) == [None] * 16
    assert balances(ada_id).available == 40
    assert db.session.scalar(select(func.count()).select_from(Award)) == 1
    assert audit_ledger()["violations"] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_at_once_keeps_the_books(app: Flask, now: datetime, seed: int) -> None:
    """Verbs that touch the same campaign and the same people from both ends, in a shuffled order."""
    chance = random.Random(seed)
    people = [a_person_with_points(300).id for _each in range(3)]
    campaign_id = a_funded_campaign(budget=5000, reserved=2000).id
    kit_id = a_reward(price_points=100, codes=6, per_person_max=4).id
    db.session.commit()

    def verify(number: int) -> Callable[[], None]:
        """As a share does: pay, then give back what the claim reserved beyond it."""

        def deed() -> None:
            paid = awards.award(
                Cause("share", f"{seed}-{number}"), campaign_id=campaign_id, person_id=people[number % 3],
                points_now=20, points_held=10, now=now,
            )  # fmt: skip
            budgets.release(Cause("claim", f"{seed}-{number}"), campaign_id, 5, now=now)
            if number % 4 == 0:
                awards.revoke(paid, now=now, reason="post_gone")

        return deed

    def claim(number: int) -> Callable[[], None]:
        return lambda: budgets.reserve(Cause("claim", f"{seed}-c-{number}"), campaign_id, 15, now=now)

    def redeem_and_undo(number: int) -> Callable[[], None]:
        def deed() -> None:
            mine = redeeming.redeem(load(Reward, kit_id), load(Person, people[number % 3]), now=now)
            if number % 2:
                redeeming.cancel(mine, now=now)

        return deed

    deeds = [make(number) for number in range(12) for make in (verify, claim, redeem_and_undo)]
    chance.shuffle(deeds)
    outcomes = at_once(app, deeds)
    assert outcomes.count(None) >= 24
    assert audit_ledger()["violations"] == []
    free, total = codes_in_pool(kit_id)
    assert load(Reward, kit_id).stock == free <= total == 6


def load(model, row_id: str):
    return db.session.get(model, row_id, populate_existing=True)


def test_the_last_of_a_sort_and_the_last_place_go_to_one(app: Flask, now: datetime) -> None:
    hat, evening = a_thing(stock={"M": 1, "L": 5}), an_experience(places=1)
    sort = next(each.id for each in variants_of(hat.id) if each.name == "M")
    hat_id, evening_id = hat.id, evening.id
    people = [a_person_with_points(200).id for _each in range(12)]
    db.session.commit()

    def redeem(reward_id: str, person_id: str, details: dict[str, str] | None = None) -> Callable[[], None]:
        return lambda: (
            redeeming.redeem(load(Reward, reward_id), load(Person, person_id), now=now, details=details) and None
        )

    hats = [redeem(hat_id, each, {**ADDRESS, "variant": sort}) for each in people]
    outcomes = at_once(app, [*hats, *[redeem(evening_id, each) for each in people]])
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType"] * 2 + ["OutOfStock"] * 22
    assert [(each.name, each.stock) for each in variants_of(hat_id)] == [("M", 0), ("L", 5)]
    assert (load(Reward, hat_id).stock, load(Reward, evening_id).stock) == (5, 0)
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert audit_ledger()["violations"] == []


def test_a_place_that_comes_back_is_held_for_the_first_however_many_try(app: Flask, now: datetime) -> None:
    evening_id = an_experience(places=1).id
    owner = a_person_with_points(100)
    mine_id = a_redemption(owner, load(Reward, evening_id)).id
    first_id = a_person_with_points(100).id
    with unit_of_work():
        waiting.join(load(Reward, evening_id), load(Person, first_id), now=now)
    people = [a_person_with_points(100).id for _each in range(15)]
    db.session.commit()

    def redeem(person_id: str) -> Callable[[], None]:
        return lambda: redeeming.redeem(load(Reward, evening_id), load(Person, person_id), now=now) and None

    give_back = [lambda: redeeming.cancel(load(Redemption, mine_id), now=now)]
    outcomes = at_once(app, [*[redeem(each) for each in people], *give_back])
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType"] + ["OutOfStock"] * 15
    assert db.session.scalars(select(Wait.state)).all() == ["held"]
    assert at_once(app, [redeem(first_id)] * 8).count(None) == 1
    db.session.rollback()
    assert db.session.scalars(select(Wait.state)).all() == ["taken"]
    assert load(Reward, evening_id).stock == 0
    assert audit_ledger()["violations"] == []


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_hundred_people_and_the_last_of_everything(app: Flask, now: datetime) -> None:
    """Codes, sorts and places at once, some given back while others try; what is left and what was had is the sum."""
    kit_id, evening_id = a_reward(price_points=100, codes=7).id, an_experience(places=5).id
    hat = a_thing(stock={"M": 3, "L": 2})
    sorts, hat_id = [each.id for each in variants_of(hat.id)], hat.id
    people = [a_person_with_points(300).id for _each in range(200)]
    db.session.commit()

    def redeem(reward_id: str, person_id: str, number: int) -> Callable[[], None]:
        details = {**ADDRESS, "variant": sorts[number % 2]} if reward_id == hat_id else None

        def deed() -> None:
            mine = redeeming.redeem(load(Reward, reward_id), load(Person, person_id), now=now, details=details)
            if number % 3 == 0:
                redeeming.cancel(mine, now=now)

        return deed

    deeds = [redeem(reward, each, n) for n, each in enumerate(people) for reward in (kit_id, hat_id, evening_id)]
    random.Random(7).shuffle(deeds)
    outcomes = at_once(app, deeds)
    assert {type(each).__name__ for each in outcomes} <= {"NoneType", "OutOfStock"}
    db.session.rollback()
    for reward_id, there in ((kit_id, 7), (hat_id, 5), (evening_id, 5)):
        live = select(func.count()).where(Redemption.reward_id == reward_id, Redemption.state != "cancelled")
        assert load(Reward, reward_id).stock + (db.session.scalar(live) or 0) == there
    assert audit_ledger()["violations"] == []
