"""What is wrong with a reward: said once, answered once, with a reason its owner reads; and stock that runs low."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from portal.accounts.models import Person, StaffRole
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.moderation.models import Case
from portal.points.audit import audit_ledger
from portal.points.queries import balances
from portal.rewards import answering, kinds, orders, parcels, problems, redeeming
from portal.rewards.fulfilment import Fulfilment, all_kinds, fulfilment_of
from portal.rewards.fulfilment.code import code_of, codes_in_pool
from portal.rewards.kind_models import DownloadCount, Parcel, ParcelState, Ticket
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.problem_models import Problem, ProblemState
from portal.rewards.refusals import OrderRefused
from portal.rewards.variants import variants_of
from tests.accounts.factories import a_fan, a_manager, a_marketer, an_admin
from tests.rewards.factories import (
    ADDRESS,
    a_cause,
    a_file,
    a_person_with_points,
    a_redemption,
    a_reward,
    a_thing,
    an_experience,
)

S = RedemptionState


def told(topic: str) -> int:
    jobs.run_due()
    return db.session.scalar(select(func.count()).where(Notification.topic == topic)) or 0


def test_a_code_that_does_not_work_is_replaced(app: Flask, now: datetime, client_of) -> None:
    ada, staff, kit = a_person_with_points(100), a_marketer(), a_reward("Kit", price_points=100, codes=2)
    mine, fan, desk = a_redemption(ada, kit), client_of(ada), client_of(staff)
    first, at = code_of(mine), f"/redemptions/{mine.id}"
    fan.post(f"{at}/reveal")
    assert fan.post(f"{at}/problem", data={"text": ""}).status_code == 422
    for _press in range(2):
        assert fan.post(f"{at}/problem", data={"text": "The shop refuses it"}).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Problem)) == 1
    assert client_of(a_fan()).post(f"{at}/problem", data={"text": "Mine?"}).status_code == 404
    assert "Something is wrong with an order" in desk.get("/staff/review?kind=problem").text
    assert "The shop refuses it" in desk.get(f"/staff/orders/{mine.id}").text

    answer = {"how": "replaced", "why": "Here is another one"}
    assert desk.post(f"/staff/orders/{mine.id}/problem", data={"how": "replaced"}).status_code == 422
    assert desk.post(f"/staff/orders/{mine.id}/problem", data=answer).status_code == 303
    assert desk.post(f"/staff/orders/{mine.id}/problem", data=answer).status_code == 409
    db.session.rollback()
    db.session.refresh(mine)
    assert code_of(mine) != first
    assert (mine.state, mine.revealed_at) == (S.FULFILLED, None)
    assert codes_in_pool(kit.id) == (0, 1)  # the bad one is nobody's any more
    db.session.refresh(kit)
    assert (kit.stock, balances(ada.id).available) == (0, 0)
    assert "Here is another one" in fan.get(at).text
    assert told("problem_answered") == 1
    assert audit_ledger()["violations"] == []


def test_nothing_is_wrong_with_what_went_back(sqlite_app: Flask, now: datetime, client_of) -> None:
    mine = a_redemption(a_person_with_points(100))
    with unit_of_work():
        redeeming.cancel(mine, now=now)
    fan = client_of(db.session.get_one(Person, mine.person_id))
    answer = fan.post(f"/redemptions/{mine.id}/problem", data={"text": "The shop refuses it"})
    assert (answer.status_code, db.session.scalar(select(func.count()).select_from(Problem))) == (409, 0)


def test_with_none_left_a_problem_is_refunded_or_refused(app: Flask, now: datetime) -> None:
    ada, staff, kit = a_person_with_points(200), a_marketer(), a_reward(price_points=100, codes=2, per_person_max=2)
    first, second = a_redemption(ada, kit), a_redemption(ada, kit)
    with unit_of_work():
        bad = problems.report(first, "Used up already", now=now)
        odd = problems.report(second, "I like it no more", now=now)
    with pytest.raises(OrderRefused), unit_of_work():
        answering.answer(bad, ProblemState.REPLACED, why="Another", actor=staff, now=now)
    with pytest.raises(OrderRefused), unit_of_work():
        answering.answer(bad, ProblemState.REFUNDED, why="Mine", actor=ada, now=now)
    with unit_of_work():
        answering.answer(bad, ProblemState.REFUNDED, why="Sorry", actor=staff, now=now)
    with unit_of_work():
        answering.answer(odd, ProblemState.REFUSED, why="It works", actor=staff, now=now)
    db.session.rollback()
    assert [each.state for each in (first, second)] == [S.CANCELLED, S.FULFILLED]
    assert balances(ada.id).available == 100
    db.session.refresh(kit)
    assert kit.stock == 0  # a bad code does not come back into the stock
    with pytest.raises(OrderRefused), unit_of_work():
        problems.report(first, "Again", now=now)
    assert audit_ledger()["violations"] == []


REPLACE = 'value="replaced"'


def reported(order: Redemption, now: datetime) -> Redemption:
    with unit_of_work():
        problems.report(order, "It does not work", now=now)
    return order


def test_only_answers_that_can_be_carried_out_are_offered(sqlite_app: Flask, now: datetime, client_of) -> None:
    """On the order's page and in the queue; what was offered before and can't be done any more says why not."""
    fan, desk = a_person_with_points(100), client_of(a_manager())
    kit = a_reward(price_points=100, codes=2)
    code = reported(a_redemption(fan, kit), now)
    cause = reported(a_redemption(a_person_with_points(100), a_cause()), now)
    hat = reported(a_redemption(a_person_with_points(100), a_thing()), now)
    case_of = {case.problem.redemption_id: case.id for case in db.session.scalars(select(Case))}

    def offers(order: Redemption) -> list[bool]:
        pages = (f"/staff/orders/{order.id}", f"/staff/review/{case_of[order.id]}")
        return [REPLACE in desk.get(page).text for page in pages]

    assert offers(code) == [True, True]
    assert offers(cause) == [False, False]
    assert "Why it can’t be replaced: This kind can’t be replaced." in desk.get(f"/staff/orders/{cause.id}").text
    assert offers(hat) == [False, False]  # it was not sent yet
    a_redemption(a_person_with_points(100), kit)
    assert offers(code) == [False, False]
    late = desk.post(f"/staff/orders/{code.id}/problem", data={"how": "replaced", "why": "Another"})
    assert (late.status_code, REPLACE in late.text) == (409, False)
    assert "None is left to replace it with." in late.text
    assert re.search(r"Another\s*</textarea>", late.text)  # what was typed stays


def test_every_kind_says_whether_one_can_be_replaced(sqlite_app: Flask) -> None:
    overridden = {kind for kind, each in all_kinds().items() if type(each).replace is not Fulfilment.replace}
    assert {kind for kind, each in all_kinds().items() if each.can_replace} == overridden


def reported_and_replaced(order: Redemption, now: datetime) -> None:
    staff = a_marketer()
    with unit_of_work():
        problem = problems.report(order, "It is broken", now=now)
    with unit_of_work():
        answering.answer(problem, ProblemState.REPLACED, why="Another one", actor=staff, now=now)
    db.session.rollback()


def test_a_parcel_that_never_came_is_packed_once_more(app: Flask, now: datetime) -> None:
    ada, staff, hat = a_person_with_points(100), a_marketer(), a_thing(stock={"M": 2, "L": 1})
    sort = variants_of(hat.id)[0].id
    order = a_redemption(ada, hat, {**ADDRESS, "variant": sort})
    parcel = db.session.get_one(Parcel, order.id)
    with unit_of_work():
        problem = problems.report(order, "Wrong size?", now=now)
    with pytest.raises(OrderRefused), unit_of_work():
        answering.answer(problem, ProblemState.REPLACED, why="Not sent yet", actor=staff, now=now)
    with unit_of_work():
        answering.answer(problem, ProblemState.REFUSED, why="It is on its way", actor=staff, now=now)
        parcels.send(parcel, carrier="DHL", tracking="1", actor=staff, now=now)
    with unit_of_work():
        parcels.deliver(parcel, actor=staff, now=now)
    reported_and_replaced(order, now)
    assert (order.state, parcel.state, parcel.tracking) == (S.APPROVED, ParcelState.TO_PACK, "")
    assert parcel.ended_at is None, "its address is needed again"
    assert [each.stock for each in variants_of(hat.id)] == [0, 1]
    with unit_of_work():
        parcels.send(parcel, carrier="DHL", tracking="2", actor=staff, now=now)
    assert balances(ada.id).available == 0
    with unit_of_work():
        problem = problems.report(order, "This one too", now=now)
    with pytest.raises(OrderRefused), unit_of_work():
        answering.answer(problem, ProblemState.REPLACED, why="None left", actor=staff, now=now)
    db.session.rollback()
    assert parcel.state == ParcelState.SENT
    assert audit_ledger()["violations"] == []


def test_a_ticket_gets_another_code_until_it_was_used(app: Flask, now: datetime) -> None:
    order, staff = a_redemption(a_person_with_points(100), an_experience(starts_in=timedelta(hours=3))), a_marketer()
    first = db.session.get_one(Ticket, order.id).code
    reported_and_replaced(order, now)
    ticket = db.session.get_one(Ticket, order.id)
    assert kinds.ticket_with(first) is None
    with unit_of_work():
        kinds.let_in(ticket, actor=staff, now=now)
        problem = problems.report(order, "Nobody let me in", now=now)
    with pytest.raises(OrderRefused), unit_of_work():
        answering.answer(problem, ProblemState.REPLACED, why="Used", actor=staff, now=now)


def test_a_file_is_offered_anew(app: Flask, now: datetime) -> None:
    order = a_redemption(a_person_with_points(100), a_file())
    with unit_of_work():
        kinds.count_download(order, now=now)
    reported_and_replaced(order, now)
    assert db.session.get(DownloadCount, order.id) is None
    assert order.state == S.FULFILLED


@pytest.mark.parametrize(("shown", "wished", "free"), [(True, True, 1), (False, True, 2), (False, False, 1)])
def test_a_refunded_code_that_was_shown_goes_to_nobody_else(
    app: Flask, now: datetime, shown: bool, wished: bool, free: int
) -> None:
    ada, staff, kit = a_person_with_points(100), a_marketer(), a_reward(price_points=100, codes=2)
    mine = a_redemption(ada, kit)
    if shown:
        with unit_of_work():
            redeeming.reveal(mine, now=now)
    with unit_of_work():
        orders.refund(mine, why="Sorry", back_in_stock=wished, actor=staff, now=now)
    db.session.rollback()
    db.session.refresh(kit)
    assert (kit.stock, codes_in_pool(kit.id)) == (free, (free, free))
    assert balances(ada.id).available == 100


def test_staff_hear_once_when_a_reward_runs_low(app: Flask, now: datetime) -> None:
    kit = a_reward("Kit", price_points=100, codes=4, low_stock_at=2, per_person_max=9)
    ada, before = a_person_with_points(900), told("low_stock")
    heard = []
    for _left in (3, 2, 1, 0):
        a_redemption(ada, kit)
        heard.append(told("low_stock") - before)
    staff = heard[1]
    assert staff >= 1
    assert heard == [0, staff, staff, 2 * staff]  # at the two that staff asked for, and when none is left


def test_staff_hear_when_one_sort_is_gone_while_others_are_left(app: Flask, now: datetime) -> None:
    hat, ada = a_thing("Hat", stock={"M": 1, "L": 2}, low_stock_at=0, per_person_max=9), a_person_with_points(900)
    before, heard, orders_made = told("low_stock"), [], []
    for name in ("L", "M", "L"):
        orders_made.append(a_redemption(ada, hat, {**ADDRESS, "variant": sort_called(hat, name)}))
        heard.append(told("low_stock") - before)
    staff = heard[1]
    assert staff >= 1
    assert heard == [0, staff, 2 * staff]  # the last L is the last hat, of which the reward's own news tells
    texts = db.session.scalars(select(Notification.details).where(Notification.topic == "low_stock")).all()
    assert {each.get("sort") for each in texts if each["reward_id"] == hat.id} == {"M", None}
    with unit_of_work():
        redeeming.cancel(orders_made[1], now=now)
    a_redemption(ada, hat, {**ADDRESS, "variant": sort_called(hat, "M")})
    assert told("low_stock") - before == 2 * staff  # each once a day


def test_staff_hear_of_the_last_ones_that_replace_a_bad_one_too(sqlite_app: Flask, now: datetime) -> None:
    kit, hat = a_reward("Kit", price_points=100, codes=3, low_stock_at=1), a_thing("Hat", stock={"M": 2, "L": 2})
    ada, before, heard = a_person_with_points(900), told("low_stock"), []
    code, medium = (a_redemption(ada, kit), a_redemption(ada, hat, {**ADDRESS, "variant": sort_called(hat, "M")}))
    heard.append(told("low_stock") - before)
    for mine in (code, medium):
        with unit_of_work():
            fulfilment_of(mine.reward.kind).replace(mine, now=now)
        heard.append(told("low_stock") - before)
    staff = heard[1]
    assert staff >= 1
    assert heard == [0, staff, 2 * staff]  # one code is left; the last M went, while there are hats in L


def sort_called(reward, name: str) -> str:
    return next(each.id for each in variants_of(reward.id) if each.name == name)


def test_an_admin_hears_of_low_stock_where_nobody_else_looks_after_rewards(sqlite_app: Flask, now: datetime) -> None:
    kit = a_reward("Kit", price_points=100, codes=1)
    db.session.execute(delete(StaffRole))
    db.session.commit()
    imogen = an_admin()
    a_redemption(a_person_with_points(100), kit)
    jobs.run_due()
    told_to = db.session.scalars(select(Notification.person_id).where(Notification.topic == "low_stock")).all()
    assert told_to == [imogen.id]


def test_the_list_of_rewards_marks_what_runs_low(sqlite_app: Flask, now: datetime, client_of) -> None:
    a_reward("Plenty", codes=3, low_stock_at=2)
    assert 'class="pill"' not in _row(client_of(a_manager()), "Plenty", "In stock")
    a_reward("Few", codes=2, low_stock_at=2)
    assert 'data-s="warn"' in _row(client_of(a_manager()), "Few", "In stock")


def _row(desk, name: str, column: str) -> str:
    """The cell of `column` of that reward, as staff see it."""
    row = desk.get("/staff/rewards").text.split(f">{name}</a>", 1)[1].split("</tr>", 1)[0]
    return row.split(f'data-label="{column}"', 1)[1].split("</td>", 1)[0]
