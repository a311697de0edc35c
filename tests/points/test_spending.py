"""Reserve, redeem, give back: oldest points first, and the very same ones come back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import lots, spending
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause, KeyReused
from portal.points.models import Lot
from portal.points.queries import Balances, balances
from portal.points.spending import NotEnoughPoints, NothingReserved
from tests.accounts.factories import a_fan
from tests.points.factories import an_award

KIT = Cause("redemption", "kit")


@pytest.fixture
def ada(app: Flask, now: datetime):
    """Somebody with three lots: 30, 50 and 20 points, a day apart."""
    person = a_fan("Ada Three Lots")
    for points in (30, 50, 20):
        an_award(person, points_now=points)
        clock.advance(timedelta(days=1))
    return person


def lots_of(person) -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Lot.left).where(Lot.person_id == person.id).order_by(Lot.earned_at)))


def do(verb, points: int, person, cause: Cause = KIT):
    with unit_of_work():
        return verb(cause, person.id, points, now=clock.now())


def test_the_oldest_points_are_spent_first(ada) -> None:
    do(spending.reserve, 60, ada)
    assert lots_of(ada) == [0, 20, 20]
    assert balances(ada.id) == Balances(available=40, pending=0, reserved=60, debt=0)
    do(spending.redeem, 60, ada)
    assert balances(ada.id) == Balances(available=40, pending=0, reserved=0, debt=0)
    assert audit_ledger()["violations"] == []


def test_the_oldest_are_those_earned_first_whenever_they_expire(ada) -> None:
    """After new rules, what was earned first may last longest."""
    with unit_of_work():
        for days, lot in zip((300, 200, 100), db.session.scalars(select(Lot).order_by(Lot.earned_at)), strict=True):
            lot.expires_at = clock.now() + timedelta(days=days)
    do(spending.reserve, 40, ada)
    assert lots_of(ada) == [0, 40, 20]


def test_nothing_is_spent_that_lies_in_no_lot(ada) -> None:
    """It can't happen; if it did, the audit names it and the balance stays."""
    with unit_of_work():
        db.session.execute(delete(Lot).where(Lot.person_id == ada.id, Lot.amount == 50))
    with pytest.raises(lots.LotsMissing):
        do(spending.reserve, 60, ada)
    assert balances(ada.id).available == 100
    assert [each["rule"] for each in audit_ledger()["violations"]] == ["lots_hold_what_is_available"]


IN_TWO_STEPS, AT_ONCE = (spending.reserve, spending.redeem), (spending.spend,)


@pytest.mark.parametrize("verbs", [(spending.reserve,), IN_TWO_STEPS, AT_ONCE])
def test_given_back_points_keep_their_age(ada, verbs) -> None:
    for verb in verbs:
        do(verb, 60, ada)
    do(spending.reserve, 25, ada, Cause("redemption", "later"))
    do(spending.give_back, 60, ada)
    assert lots_of(ada) == [30, 30, 15]
    assert balances(ada.id) == Balances(available=75, pending=0, reserved=25, debt=0)
    assert audit_ledger()["violations"] == []


@pytest.mark.parametrize("verbs", [IN_TWO_STEPS, AT_ONCE])
def test_each_step_can_be_repeated(ada, verbs) -> None:
    first = [do(verb, 60, ada).id for verb in verbs]
    assert [do(verb, 60, ada).id for verb in verbs] == first
    back = do(spending.give_back, 60, ada).id
    assert do(spending.give_back, 60, ada).id == back
    assert lots_of(ada) == [30, 50, 20]
    assert audit_ledger()["violations"] == []


def test_what_is_had_at_once_is_one_movement(ada) -> None:
    spent = do(spending.spend, 60, ada)
    assert lots_of(ada) == [0, 20, 20]
    assert balances(ada.id) == Balances(available=40, pending=0, reserved=0, debt=0)
    assert do(spending.redeem, 60, ada).id == spent.id, "nothing is left to redeem"
    assert balances(ada.id).available == 40
    assert audit_ledger()["violations"] == []


@pytest.mark.parametrize("verbs", [(spending.reserve, spending.spend), (spending.spend, spending.reserve)])
def test_a_cause_takes_its_points_one_way_only(ada, verbs) -> None:
    first, second = verbs
    do(first, 30, ada)
    with pytest.raises(KeyReused):
        do(second, 30, ada)
    assert lots_of(ada) == [0, 50, 20]


@pytest.mark.parametrize("verb", [spending.reserve, spending.spend])
def test_nobody_takes_more_than_they_have(ada, verb) -> None:
    with pytest.raises(NotEnoughPoints) as refusal:
        do(verb, 101, ada)
    assert (refusal.value.available, refusal.value.needed) == (100, 101)
    assert lots_of(ada) == [30, 50, 20]
    do(verb, 100, ada)
    assert lots_of(ada) == [0, 0, 0]


def test_somebody_without_an_account_has_nothing(app: Flask, now: datetime) -> None:
    with pytest.raises(NotEnoughPoints):
        do(spending.reserve, 1, a_fan())


def test_only_what_was_reserved_is_redeemed_or_given_back(ada) -> None:
    do(spending.reserve, 10, ada, Cause("redemption", "other"))
    for verb in (spending.redeem, spending.give_back):
        with pytest.raises(NothingReserved):
            do(verb, 10, ada)
    assert balances(ada.id) == Balances(available=90, pending=0, reserved=10, debt=0)


@pytest.mark.parametrize("take", [spending.reserve, spending.spend])
def test_what_was_taken_goes_back_once_and_whole(ada, take) -> None:
    do(take, 20, ada)
    for verb in (spending.redeem, spending.give_back):
        with pytest.raises(KeyReused):
            do(verb, 25, ada)
    do(spending.give_back, 20, ada)
    with pytest.raises(NothingReserved):
        do(spending.redeem, 20, ada)
    assert balances(ada.id) == Balances(available=100, pending=0, reserved=0, debt=0)
    assert audit_ledger()["violations"] == []
