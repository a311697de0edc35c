"""Paying for what was verified, holding part of it, taking it back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, spending
from portal.points.audit import audit_ledger
from portal.points.awards import AwardDiffers, AwardRevoked
from portal.points.ledger import Cause, InsufficientPoints, balance
from portal.points.models import Award, AwardState, Lot, Transaction
from portal.points.queries import Balances, balances
from tests.accounts.factories import a_fan
from tests.points.factories import a_funded_campaign, a_person_has, an_award

SHARE = Cause("share", "one")


def reserved_by(campaign) -> int:
    return balance(f"campaign/{campaign.id}/reserved")


def test_points_now_are_available_and_the_rest_waits(app: Flask, now: datetime) -> None:
    ada, campaign = a_fan(), a_funded_campaign(budget=1000, reserved=500)
    paid = an_award(ada, points_now=40, points_held=80, campaign=campaign, held_until=now + timedelta(days=7))

    assert balances(ada.id) == Balances(available=40, pending=80, reserved=0, debt=0)
    assert (paid.state, paid.held_until) == (AwardState.HELD, now + timedelta(days=7))
    assert reserved_by(campaign) == 380
    assert audit_ledger()["violations"] == []


@pytest.mark.parametrize(
    ("points_now", "points_held", "state"), [(0, 0, "settled"), (50, 0, "settled"), (0, 50, "held")]
)
def test_either_part_may_be_nothing(app: Flask, now, points_now: int, points_held: int, state: str) -> None:
    ada = a_fan()
    paid = an_award(ada, points_now=points_now, points_held=points_held, held_until=now + timedelta(days=14))
    assert (paid.state, paid.held_until) == (state, now + timedelta(days=14) if points_held else None)
    assert balances(ada.id) == Balances(points_now, points_held, 0, 0)
    assert audit_ledger()["violations"] == []


def test_a_share_is_paid_once(app: Flask, now: datetime) -> None:
    ada, campaign = a_fan(), a_funded_campaign()
    first = an_award(ada, points_now=100, campaign=campaign, cause=SHARE)
    again = an_award(ada, points_now=100, campaign=campaign, cause=SHARE)

    assert again.id == first.id
    assert balances(ada.id).available == 100
    with pytest.raises(AwardDiffers):
        an_award(ada, points_now=101, campaign=campaign, cause=SHARE)
    with pytest.raises(AwardDiffers):
        an_award(ada, points_now=100, points_held=1, campaign=campaign, cause=SHARE)
    with pytest.raises(AwardDiffers):
        an_award(a_fan(), points_now=100, campaign=campaign, cause=SHARE)
    assert db.session.scalar(select(func.count()).select_from(Award)) == 1


def test_a_campaign_pays_only_what_it_reserved(app: Flask, now: datetime) -> None:
    ada, campaign = a_fan(), a_funded_campaign(budget=1000, reserved=99)
    with pytest.raises(InsufficientPoints):
        an_award(ada, points_now=100, campaign=campaign)
    assert balances(ada.id) == Balances(0, 0, 0, 0)
    assert db.session.scalar(select(func.count()).select_from(Award)) == 0


def test_when_the_hold_is_over_everything_is_available_once(app: Flask, now: datetime) -> None:
    ada = a_fan()
    paid = an_award(ada, points_now=40, points_held=80)
    for _time in range(2):
        with unit_of_work():
            awards.settle(paid, now=now)
    assert balances(ada.id) == Balances(120, 0, 0, 0)
    assert audit_ledger()["violations"] == []


def test_taking_back_gives_the_campaign_both_parts_once(app: Flask, now: datetime) -> None:
    ada, campaign = a_fan(), a_funded_campaign(reserved=200)
    paid = an_award(ada, points_now=40, points_held=80, campaign=campaign)
    for _time in range(2):
        with unit_of_work():
            awards.revoke(paid, now=now, reason="post_gone")
    assert balances(ada.id) == Balances(0, 0, 0, 0)
    assert reserved_by(campaign) == 200
    with pytest.raises(AwardRevoked), unit_of_work():
        awards.settle(paid, now=now)
    assert audit_ledger()["violations"] == []


def test_what_was_spent_becomes_a_debt_that_the_next_points_repay(app: Flask, now: datetime) -> None:
    ada = a_fan()
    paid = an_award(ada, points_now=100, points_held=20)
    spend(ada, 70, now)
    with unit_of_work():
        awards.revoke(paid, now=now, reason="post_gone")
    assert balances(ada.id) == Balances(available=0, pending=0, reserved=0, debt=70)

    an_award(ada, points_now=50)
    assert balances(ada.id) == Balances(available=0, pending=0, reserved=0, debt=20)
    held = an_award(ada, points_now=5, points_held=60)
    assert balances(ada.id) == Balances(available=0, pending=60, reserved=0, debt=15)
    with unit_of_work():
        awards.settle(held, now=now)
    assert balances(ada.id) == Balances(available=45, pending=0, reserved=0, debt=0)
    assert audit_ledger()["violations"] == []


def test_taking_back_touches_only_its_own_points_while_they_are_there(app: Flask, now: datetime) -> None:
    """The older points of another share stay the first to be spent."""
    ada = a_fan()
    a_person_has(ada, 30)
    paid = an_award(ada, points_now=50)
    with unit_of_work():
        awards.revoke(paid, now=now, reason="post_gone")
    assert balances(ada.id) == Balances(30, 0, 0, 0)
    left = select(Lot.amount, Lot.left).where(Lot.person_id == ada.id)
    assert sorted(map(tuple, db.session.execute(left))) == [(30, 30), (50, 0)]
    assert audit_ledger()["violations"] == []


def test_taken_back_and_verified_again_is_paid_anew(app: Flask, now: datetime) -> None:
    ada, campaign = a_fan(), a_funded_campaign(reserved=200)
    paid = an_award(ada, points_now=40, points_held=80, campaign=campaign, cause=SHARE)
    with unit_of_work():
        awards.revoke(paid, now=now, reason="decision_undone")
    again = an_award(ada, points_now=30, points_held=60, campaign=campaign, cause=SHARE)

    assert (again.id, again.round, again.state) == (paid.id, 2, AwardState.HELD)
    assert balances(ada.id) == Balances(30, 60, 0, 0)
    assert reserved_by(campaign) == 110
    keys = db.session.scalars(select(Transaction.key).where(Transaction.cause_kind == "share")).all()
    assert sorted(keys) == ["share/one:award:1", "share/one:award:2", "share/one:revoke:1"]
    assert audit_ledger()["violations"] == []


def spend(person, points: int, now: datetime) -> None:
    cause = Cause("redemption", f"of-{points}")
    with unit_of_work():
        spending.reserve(cause, person.id, points, now=now)
        spending.redeem(cause, person.id, points, now=now)
