"""Redeeming: everything or nothing, once, and undone only while the code is unseen."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.standing import pause, reactivate
from portal.extensions import db
from portal.kernel import clock, pages
from portal.kernel.audit import AuditEntry
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from portal.points.audit import audit_ledger
from portal.points.queries import Balances, balances
from portal.rewards import editing, queries, redeeming
from portal.rewards.fulfilment import all_kinds
from portal.rewards.fulfilment.code import code_of, codes_in_pool
from portal.rewards.models import Redemption, RedemptionState, RewardCode, RewardKind
from portal.rewards.refusals import (
    CancellationRefused,
    LimitReached,
    NotRevealable,
    OutOfStock,
    PersonPaused,
    PriceChanged,
    RewardPaused,
    TooFewPoints,
)
from tests.accounts.factories import a_fan, a_manager, a_marketer
from tests.rewards.factories import a_draft_reward, a_person_with_points, a_redemption, a_reward


def counts() -> tuple[int, int, list[str]]:
    """Redemptions, codes in somebody's hands, events."""
    db.session.rollback()
    return (
        db.session.scalar(select(func.count()).select_from(Redemption)) or 0,
        db.session.scalar(select(func.count(RewardCode.redemption_id))) or 0,
        list(db.session.scalars(select(OutboxEvent.kind).where(OutboxEvent.kind.startswith("reward.")))),
    )


def test_one_redemption_takes_one_of_everything(app: Flask, now: datetime) -> None:
    ada, kit = a_person_with_points(250), a_reward(price_points=100, codes=3)
    mine = a_redemption(ada, kit)

    assert (mine.state, mine.fulfilled_at, mine.price_points) == (RedemptionState.FULFILLED, now, 100)
    assert balances(ada.id) == Balances(available=150, pending=0, reserved=0, debt=0)
    assert (kit.stock, codes_in_pool(kit.id)) == (2, (2, 3))
    assert counts() == (1, 1, ["reward.ready"])
    assert audit_ledger()["violations"] == []


def test_the_oldest_code_goes_first(app: Flask, now: datetime) -> None:
    kit = a_reward(codes=3)
    given = [code_of(a_redemption(a_person_with_points(100), kit)) for _ in range(3)]
    assert given == sorted(given), "in the order of the file"


def test_codes_are_sealed_at_rest_and_each_has_one_owner(app: Flask, now: datetime) -> None:
    kit = a_reward(codes=2)
    ada, bo = a_person_with_points(100), a_person_with_points(100)
    theirs = [code_of(a_redemption(person, kit)) for person in (ada, bo)]
    assert len(set(theirs)) == 2
    assert all(code.startswith("KIT-") for code in theirs)
    stored = db.session.execute(select(RewardCode.sealed, RewardCode.digest)).all()
    assert not [code for row in stored for code in theirs if code in row.sealed or code in row.digest]


@pytest.mark.parametrize(
    ("points", "codes", "prepare", "refusal"),
    [
        (99, 3, None, TooFewPoints),
        (100, 0, None, OutOfStock),
        (100, 3, "pause", RewardPaused),
        (100, 3, "retire", RewardPaused),
        (100, 3, "raise the price", PriceChanged),
        (300, 3, "have one", LimitReached),
    ],
)
def test_a_refusal_takes_nothing(app: Flask, now, points, codes, prepare, refusal) -> None:
    ada, staff, kit = a_person_with_points(points), a_marketer(), a_reward(price_points=100, codes=codes)
    match prepare:
        case "have one":
            a_redemption(ada, kit)
        case "pause" | "retire" | "raise the price":
            with unit_of_work():
                change(kit, prepare, staff)
    before, had, stock = balances(ada.id), counts(), kit.stock

    with pytest.raises(refusal) as refused, unit_of_work():
        redeeming.redeem(kit, ada, now=now, price_points_seen=100)
    assert str(refused.value.sentence)
    assert (balances(ada.id), counts()) == (before, had)
    db.session.refresh(kit)
    assert kit.stock == stock
    assert audit_ledger()["violations"] == []


def change(kit, how: str, staff) -> None:
    if how == "pause":
        editing.pause_reward(kit, actor=staff)
    elif how == "retire":
        editing.retire_reward(kit, actor=staff, why="sold in the shop now")
    else:
        dearer = {**asdict(editing.wording_of(kit)), "price_points": 101}
        editing.edit_reward(kit, editing.Wording(**dearer), actor=staff, seen_version=kit.lock_version)


def test_a_refusal_says_how_many_points_are_to_go(app: Flask, now: datetime) -> None:
    ada, kit = a_person_with_points(60), a_reward(price_points=100)
    with pytest.raises(TooFewPoints) as refused:
        a_redemption(ada, kit)
    assert refused.value.missing == 40
    assert "40 more points" in str(refused.value.sentence)


def test_somebody_may_have_as_many_as_the_reward_says(app: Flask, now: datetime) -> None:
    ada, kit = a_person_with_points(1000), a_reward(price_points=100, codes=5, per_person_max=2)
    first = a_redemption(ada, kit)
    a_redemption(ada, kit)
    with pytest.raises(LimitReached):
        a_redemption(ada, kit)
    with unit_of_work():
        redeeming.cancel(first, now=now)
    a_redemption(ada, kit)


def test_a_code_comes_from_the_rewards_own_pool(app: Flask, now: datetime) -> None:
    other, kit = a_reward("Other", codes=3), a_reward("Kit", codes=3)
    mine = a_redemption(a_person_with_points(100), kit)
    owner = db.session.scalars(select(RewardCode.reward_id).where(RewardCode.redemption_id == mine.id)).one()
    assert owner == kit.id
    assert codes_in_pool(other.id) == (3, 3)


def test_a_pool_that_is_emptier_than_the_stock_gives_nothing_half(app: Flask, now: datetime) -> None:
    ada, kit = a_person_with_points(100), a_reward(price_points=100, codes=1)
    with unit_of_work():
        db.session.query(RewardCode).delete()
    with pytest.raises(OutOfStock):
        a_redemption(ada, kit)
    assert balances(ada.id).available == 100
    assert counts()[0] == 0


def test_undone_in_time_everything_is_where_it_was(app: Flask, now: datetime) -> None:
    ada, kit = a_person_with_points(250), a_reward(price_points=100, codes=1)
    mine = a_redemption(ada, kit)
    clock.advance(timedelta(minutes=9, seconds=59))
    with unit_of_work():
        redeeming.cancel(mine, now=clock.now())

    assert (mine.state, mine.fulfilled_at) == (RedemptionState.CANCELLED, None)
    assert balances(ada.id) == Balances(available=250, pending=0, reserved=0, debt=0)
    db.session.refresh(kit)
    assert (kit.stock, codes_in_pool(kit.id)) == (1, (1, 1))
    assert counts() == (1, 0, ["reward.low_stock", "reward.ready", "reward.cancelled"])
    assert audit_ledger()["violations"] == []
    assert code_of(a_redemption(a_person_with_points(100), kit))


@pytest.mark.parametrize("why", ["too late", "code seen", "undone already"])
def test_what_is_final_stays(app: Flask, now: datetime, why: str) -> None:
    ada, kit = a_person_with_points(100), a_reward(price_points=100, codes=2)
    mine = a_redemption(ada, kit)
    match why:
        case "too late":
            clock.advance(timedelta(minutes=10))
        case "code seen":
            with unit_of_work():
                redeeming.reveal(mine, now=clock.now())
        case "undone already":
            with unit_of_work():
                redeeming.cancel(mine, now=clock.now())
    before, stock = balances(ada.id), kit.stock
    with pytest.raises(CancellationRefused), unit_of_work():
        redeeming.cancel(mine, now=clock.now())
    db.session.refresh(kit)
    assert (balances(ada.id), kit.stock) == (before, stock)
    assert audit_ledger()["violations"] == []


def test_the_first_look_at_the_code_is_remembered(app: Flask, now: datetime) -> None:
    mine = a_redemption(a_person_with_points(100))
    assert mine.revealed_at is None
    with unit_of_work():
        redeeming.reveal(mine, now=now)
    with unit_of_work():
        redeeming.reveal(mine, now=clock.advance(timedelta(days=3)))
    assert mine.revealed_at == now
    [shown] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "redemption.code_shown"))
    assert (shown.actor_id, shown.subject_id) == (mine.person_id, mine.id)


def test_an_undone_redemption_shows_no_code(app: Flask, now: datetime) -> None:
    mine = a_redemption(a_person_with_points(100))
    with unit_of_work():
        redeeming.cancel(mine, now=now)
    with pytest.raises(NotRevealable), unit_of_work():
        redeeming.reveal(mine, now=now)
    assert not db.session.scalars(select(AuditEntry).where(AuditEntry.action == "redemption.code_shown")).all()
    with pytest.raises(LookupError):
        code_of(mine)


def test_every_kind_that_is_found_says_what_staff_choose_it_by() -> None:
    assert RewardKind.CODE in all_kinds()
    for kind, fulfilment in all_kinds().items():
        assert kind == fulfilment.KIND
        assert str(fulfilment.label)
        assert str(fulfilment.explanation)


def test_the_catalogue_knows_what_each_person_can_have(app: Flask, now: datetime) -> None:
    ada, a_staff = a_person_with_points(250), a_marketer()
    cheap, dear = a_reward("Cheap", price_points=100, codes=1), a_reward("Dear", price_points=300)
    gone = a_reward("Gone", price_points=50, codes=0)
    paused, draft = a_reward("Paused"), a_draft_reward("Draft")
    with unit_of_work():
        editing.pause_reward(paused, actor=a_staff)
    shown = queries.catalogue(ada)
    assert [(o.reward.name, o.missing, o.gone, o.can_have_now) for o in shown.offers] == [
        ("Gone", 0, True, False), ("Cheap", 0, False, True), ("Dear", 50, False, False),
    ]  # fmt: skip
    assert [o.reward.id for o in queries.catalogue(ada, queries.Filter.NOW).offers] == [cheap.id]
    assert [o.reward.id for o in queries.catalogue(ada, queries.Filter.IN_STOCK).offers] == [cheap.id, dear.id]
    assert queries.offer_to(ada, gone.id) is not None
    assert queries.offer_to(ada, paused.id) is not None
    assert queries.offer_to(ada, draft.id) is None
    assert queries.offer_to(a_fan(), "nothing") is None


@pytest.mark.parametrize("chosen", list(queries.Filter))
def test_one_statement_of_the_catalogue_serves_everybody(sqlite_app: Flask, now: datetime, chosen) -> None:
    kit = a_reward(price_points=100, tier_prices={1: 50})
    rich, poor = a_person_with_points(250), a_fan()
    assert [each.reward.id for each in queries.catalogue(rich, chosen).offers] == [kit.id]
    made = pages._remembered.cache_info().misses
    here = [each.reward.id for each in queries.catalogue(poor, chosen).offers]
    assert here == ([] if chosen == queries.Filter.NOW else [kit.id])
    assert pages._remembered.cache_info().misses == made
    nearest = queries.nearest(poor, 0)
    assert nearest is not None
    assert (nearest.reward.id, nearest.price_points) == (kit.id, 100)


def test_who_is_paused_redeems_nothing_and_keeps_their_points(app: Flask, now: datetime) -> None:
    ada, kit, manager = a_person_with_points(250), a_reward(price_points=100), a_manager()
    with unit_of_work():
        pause(ada, actor=manager, why="We look into it", now=now)
    with pytest.raises(PersonPaused), unit_of_work():
        redeeming.redeem(kit, ada, now=now)
    assert balances(ada.id).available == 250
    assert counts() == (0, 0, [])
    with unit_of_work():
        reactivate(ada, actor=manager, why="All is well", now=now)
    assert a_redemption(ada, kit).state == RedemptionState.FULFILLED
