"""What is wrong with orders waits in the queue beside shares, for whoever may answer it, and ends there once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.access import Role
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation import case_queries, queries, reviewing
from portal.moderation.errors import HandOverRefused, NotYours, TakenByColleague
from portal.moderation.models import Case, CaseState
from portal.moderation.queries import Filter
from portal.rewards import orders, problems, redeeming
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.problem_models import ProblemState
from tests.accounts.factories import a_fan, a_manager, a_marketer, a_moderator, a_person
from tests.moderation.factories import a_case, open_count
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward, a_thing

pytestmark = pytest.mark.usefixtures("app")
ClientOf = Callable[[Person], FlaskClient]
ALL = Filter()


def a_problem(order: Redemption | None = None, *, now: datetime, text: str = "The shop refuses it") -> Case:
    """The open case of an order that something is wrong with."""
    order = order or a_redemption(a_person_with_points(100), a_reward("Kit", price_points=100, codes=2))
    with unit_of_work():
        problem = problems.report(order, text, now=now)
    return db.session.scalars(select(Case).where(Case.problem_id == problem.id)).one()


def listed(person: Person, now: datetime) -> list[str]:
    db.session.commit()
    return [row.id for row in queries.queue(person, ALL, now=now).rows]


def counted(person: Person) -> int:
    db.session.commit()
    return open_count(person)


def test_everybody_sees_the_cases_that_they_may_decide(now: datetime, client_of: ClientOf) -> None:
    share, problem = a_case(), a_problem(now=now)
    seen = {a_moderator(): {share.id}, a_marketer(): {problem.id}, a_manager(): {share.id, problem.id}}
    for person, cases in seen.items():
        assert set(listed(person, now)) == cases
        assert counted(person) == len(cases)
        assert queries.next_case_id(person, ALL, now=now) in cases
        for case in (share, problem):
            expected = 200 if case.id in cases else 404
            assert client_of(person).get(f"/staff/review/{case.id}").status_code == expected
            if expected == 404:
                assert client_of(person).post(f"/staff/review/{case.id}/take").status_code == 404
    assert client_of(a_fan()).get("/staff/review").status_code == 403


def test_the_count_in_the_navigation_is_that_of_the_list(now: datetime, client_of: ClientOf) -> None:
    a_case(), a_problem(now=now)
    for person, count in ((a_moderator(), 1), (a_marketer(), 1), (a_manager(), 2)):
        page = client_of(person).get("/staff/review").text
        link = page.split('href="/staff/review"')[1].split("</a>")[0]
        assert f">{count}<" in link.replace("\n", "")


def test_it_is_answered_in_the_queue_once(now: datetime, client_of: ClientOf) -> None:
    ada, staff = a_person_with_points(100), a_marketer()
    order = a_redemption(ada, a_reward("Kit", price_points=100, codes=2))
    case = a_problem(order, now=now)
    desk, at = client_of(staff), f"/staff/review/{case.id}"
    page = desk.get(at).text
    assert "The shop refuses it" in page
    assert f"/staff/orders/{order.id}" in page
    without_why = desk.post(f"{at}/answer", data={"how": "replaced"})
    assert without_why.status_code == 422
    assert re.findall(r"<(\w+)[^>]+data-focus-here", without_why.text) == ["div"]  # at what is wrong, not at the name
    sent = {"how": "replaced", "why": "Here is another one"}
    assert desk.post(f"{at}/answer", data=sent).location == "/staff/review"
    assert desk.post(f"{at}/answer", data=sent).status_code == 409
    db.session.refresh(case)
    assert (case.state, case.taken_by_id) == (CaseState.DECIDED, None)
    assert listed(staff, now) == []
    assert counted(staff) == 0
    after = desk.get(at).text
    assert "Here is another one" in after
    assert staff.display_name in after


@pytest.mark.parametrize("how", ["order_page", "refund", "owner"])
def test_however_it_ends_its_case_ends_with_it(now: datetime, client_of: ClientOf, how: str) -> None:
    ada, staff = a_person_with_points(100), a_manager()
    order = a_redemption(ada, a_thing(price_points=100) if how == "owner" else a_reward(price_points=100, codes=2))
    case = a_problem(order, now=now)
    if how == "order_page":
        sent = {"how": "refused", "why": "It works"}
        assert client_of(staff).post(f"/staff/orders/{order.id}/problem", data=sent).status_code == 303
    elif how == "refund":
        with unit_of_work():
            orders.refund(order, why="Sorry", back_in_stock=False, actor=staff, now=now)
    else:
        with unit_of_work():
            redeeming.cancel(order, now=now)
    db.session.rollback()
    db.session.refresh(case)
    problem = case.problem
    assert problem is not None
    expected = {
        "order_page": (CaseState.DECIDED, ProblemState.REFUSED, staff.id),
        "refund": (CaseState.DECIDED, ProblemState.REFUNDED, staff.id),
        "owner": (CaseState.DROPPED, ProblemState.OVER, None),
    }
    assert (case.state, problem.state, problem.decided_by_id) == expected[how]
    assert "Review" in client_of(staff).get(f"/staff/review/{case.id}").text


def test_nobody_answers_their_own_or_what_a_colleague_has_open(now: datetime) -> None:
    staff, colleague = a_person(roles=[Role.MARKETER]), a_marketer()
    case = a_problem(now=now)
    with unit_of_work():
        reviewing.take(case, moderator=colleague, now=now)
    with pytest.raises(TakenByColleague), unit_of_work():
        reviewing.answer_problem(case, ProblemState.REFUSED, why="No", moderator=staff, now=now)
    with pytest.raises(NotYours), unit_of_work():
        reviewing.answer_problem(case, ProblemState.REFUNDED, why="Mine", moderator=case.person, now=now)
    with unit_of_work():
        reviewing.answer_problem(
            case, ProblemState.REFUSED, why="It works", moderator=staff, now=now + timedelta(minutes=16)
        )
    db.session.refresh(case)
    assert case.state == CaseState.DECIDED


def test_it_is_put_off_and_handed_only_to_who_may_answer_it(now: datetime) -> None:
    staff, other, moderator = a_marketer(), a_marketer(), a_moderator()
    case = a_problem(now=now)
    assert {row.id for row in case_queries.colleagues(case, staff)} >= {other.id}
    assert moderator.id not in {row.id for row in case_queries.colleagues(case, staff)}
    with pytest.raises(HandOverRefused), unit_of_work():
        reviewing.hand_over(case, moderator=staff, to=moderator, note="", now=now)
    with unit_of_work():
        reviewing.hand_over(case, moderator=staff, to=other, note="Yours", now=now)
    with unit_of_work():
        reviewing.put_off(case, moderator=other, until=now + timedelta(hours=1), now=now)
    assert listed(staff, now) == []


def test_the_database_keeps_one_subject_a_case(now: datetime) -> None:
    case, share = a_problem(now=now), a_case()
    for columns in ({"kind": "share"}, {"share_id": share.share_id}, {"problem_id": None}):
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.execute(Case.__table__.update().where(Case.id == case.id).values(**columns))
    row = {column.name: getattr(case, column.name) for column in Case.__table__.columns}
    with pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(Case.__table__.insert().values(**row | {"id": new_id()}))


def test_what_is_wrong_and_its_case_are_written_together(now: datetime) -> None:
    order = a_redemption(a_person_with_points(100), a_reward(price_points=100))
    problems.report(order, "Broken", now=now)
    db.session.rollback()
    assert problems.open_problem(order.id) is None
    assert db.session.scalar(select(Case.id).where(Case.kind == "problem")) is None
    assert order.state == RedemptionState.FULFILLED
