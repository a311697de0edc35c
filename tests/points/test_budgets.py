"""A campaign's points: planned, reserved, given back."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from portal.kernel.unit_of_work import unit_of_work
from portal.points import budgets
from portal.points.audit import audit_ledger
from portal.points.budgets import BudgetExhausted, BudgetInUse, NothingReserved
from portal.points.ledger import Cause, balance

CAMPAIGN = "season-one"
CLAIM = Cause("claim", "one")


@pytest.fixture(autouse=True)
def _funded(app: Flask, now: datetime) -> None:
    with unit_of_work():
        budgets.fund(CAMPAIGN, 100, now=now)


def state() -> tuple[int, int, int]:
    return (
        budgets.left(CAMPAIGN), balance(f"campaign/{CAMPAIGN}/reserved"), balance("program/issued"),
    )  # fmt: skip


def test_the_plan_may_grow_and_shrink_and_be_repeated(now: datetime) -> None:
    for total in (100, 250, 250, 40, 40, 90):
        with unit_of_work():
            budgets.fund(CAMPAIGN, total, now=now)
        assert state() == (total, 0, -total)
    assert audit_ledger()["violations"] == []


def test_the_plan_never_shrinks_below_what_is_in_use(now: datetime) -> None:
    with unit_of_work():
        budgets.reserve(CLAIM, CAMPAIGN, 70, now=now)
    with pytest.raises(BudgetInUse) as refusal, unit_of_work():
        budgets.fund(CAMPAIGN, 69, now=now)
    assert refusal.value.least == 70
    assert state() == (30, 70, -100)


def test_a_claim_reserves_gives_back_and_reserves_again(now: datetime) -> None:
    for verb, points in [(budgets.reserve, 70), (budgets.release, 30), (budgets.release, 40), (budgets.reserve, 70)]:
        with unit_of_work():
            verb(CLAIM, CAMPAIGN, points, now=now)
    assert state() == (30, 70, -100)
    assert audit_ledger()["violations"] == []


def test_what_is_not_there_is_neither_reserved_nor_given_back(now: datetime) -> None:
    with pytest.raises(BudgetExhausted) as refusal, unit_of_work():
        budgets.reserve(CLAIM, CAMPAIGN, 101, now=now)
    assert (refusal.value.left, refusal.value.needed) == (100, 101)
    with pytest.raises(NothingReserved), unit_of_work():
        budgets.release(CLAIM, CAMPAIGN, 1, now=now)
    assert state() == (100, 0, -100)


def test_a_mission_without_points_moves_nothing(now: datetime) -> None:
    before = audit_ledger()["transactions"]
    with unit_of_work():
        budgets.reserve(CLAIM, CAMPAIGN, 0, now=now)
        budgets.release(CLAIM, CAMPAIGN, 0, now=now)
    assert audit_ledger()["transactions"] == before
