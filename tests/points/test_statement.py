"""The statement: every movement with its reason, its link and the balance after it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import event

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, explaining, queries, spending
from portal.points.explaining import Explained, explained, explains
from portal.points.ledger import Cause
from tests.accounts.factories import a_fan
from tests.points.factories import an_award

HELD_UNTIL = datetime(2026, 10, 19, 12, 0, tzinfo=UTC)


@pytest.fixture
def _walk_is_known() -> Iterator[None]:
    """Causes of the kind "walk" have a name; no other kind of these tests does."""
    explains("walk")(lambda ids: {each: Explained(f"Walk {each}", f"/walks/{each}", "Path and photos") for each in ids})
    explaining.explains_reasons({"path_gone": "The path is no longer there."})
    yield
    del explaining._explainers["walk"], explaining._reasons["path_gone"]


def lines_of(person) -> list[tuple[str, int, int]]:
    return [(str(line.kind), line.points, line.balance) for line in queries.statement(person.id).lines]


def spend(person, points: int, cause: str = "kit") -> Cause:
    made = Cause("redemption", cause)
    with unit_of_work():
        spending.reserve(made, person.id, points, now=clock.now())
        spending.redeem(made, person.id, points, now=clock.now())
    return made


def test_each_line_says_what_it_did_and_what_was_left(app: Flask, now: datetime) -> None:
    ada = a_fan()
    paid = an_award(ada, points_now=100, points_held=20)
    cause = spend(ada, 70)
    with unit_of_work():
        spending.give_back(cause, ada.id, 70, now=now)
    with unit_of_work():
        awards.settle(paid, now=now)
    assert lines_of(ada) == [
        ("settle", 20, 120), ("refund", 70, 100), ("reserve", -70, 30), ("award", 100, 100),
    ]  # fmt: skip


def test_what_touched_only_waiting_points_or_a_debt_is_listed_too(app: Flask, now: datetime) -> None:
    ada = a_fan()
    first = an_award(ada, points_now=50)
    spend(ada, 50)
    with unit_of_work():
        awards.revoke(first, now=now, reason="")
    an_award(ada, points_now=30)
    held = an_award(ada, points_now=0, points_held=40)
    with unit_of_work():
        awards.revoke(held, now=now, reason="")
    assert lines_of(ada) == [
        ("revoke", 0, 0), ("award", 0, 0), ("award", 0, 0), ("revoke", 0, 0), ("reserve", -50, 0), ("award", 50, 50),
    ]  # fmt: skip
    parts = [(line.waiting, line.repaid) for line in queries.statement(ada.id).lines]
    assert parts == [(-40, 0), (40, 0), (0, 30), (0, -50), (0, 0), (0, 0)]


def test_pages_join_without_a_gap_and_others_are_not_in_them(app: Flask, now: datetime) -> None:
    ada, bo = a_fan(), a_fan()
    for points in range(1, 8):
        an_award(ada, points_now=points)
        an_award(bo, points_now=1000)
    whole = [line.balance for line in queries.statement(ada.id).lines]
    paged, before = [], None
    for _page in range(3):
        page = queries.statement(ada.id, before=before, length=3)
        paged += [line.balance for line in page.lines]
        before = page.before
    assert paged == whole == [28, 21, 15, 10, 6, 3, 1]
    assert before is None
    assert [line.balance for line in queries.whole_statement(ada.id)] == whole


@pytest.mark.usefixtures("_walk_is_known")
def test_the_page_explains_each_line_and_links_to_its_cause(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada = a_fan()
    an_award(ada, points_now=40, points_held=80, cause=Cause("walk", "one"), held_until=HELD_UNTIL)
    an_award(ada, points_now=5, cause=Cause("nobody-knows", "two"))
    page = client_of(ada).get("/points").text

    assert "Verified: Walk one" in page
    assert "80 points more wait until Monday 19 October." in page
    assert page.count('href="/walks/one"') == 2  # on its line, and where it waits
    assert "Path and photos" in page
    assert "Earned" in page
    assert "until 19 Oct" in page


@pytest.mark.usefixtures("_walk_is_known")
def test_what_was_taken_back_says_why_and_what_is_owed(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada = a_fan()
    paid = an_award(ada, points_now=50, cause=Cause("walk", "one"))
    spend(ada, 20)
    with unit_of_work():
        awards.revoke(paid, now=now, reason="path_gone")
    page = client_of(ada).get("/points").text
    assert "Taken back: Walk one" in page
    assert "The path is no longer there." in page
    assert "20 points were spent already: the next points you earn repay them." in page
    assert "To repay" in page
    an_award(ada, points_now=30)
    assert "20 points repaid what you owed." in client_of(ada).get("/points").text


def test_somebody_without_points_is_told_how_to_get_some(sqlite_app: Flask, now: datetime, client_of) -> None:
    page = client_of(a_fan()).get("/points")
    assert page.status_code == 200
    assert "No points yet" in page.text
    assert "statement.csv" not in page.text


@pytest.mark.parametrize("before", ["", "x", "-1", "٣", "9" * 400, "1.5", "0"])
def test_a_made_up_cursor_is_no_error(sqlite_app: Flask, now: datetime, client_of, before: str) -> None:
    ada = a_fan()
    an_award(ada, points_now=5)
    assert client_of(ada).get("/points", query_string={"before": before}).status_code == 200


def test_strangers_are_asked_to_sign_in(sqlite_app: Flask, client) -> None:
    for path in ("/points", "/points/statement.csv"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert "/sign-in" in answer.location


def test_the_statement_can_be_taken_away_as_a_table(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada = a_fan()
    an_award(ada, points_now=50, cause=Cause("walk", "=cmd|"))
    explains("walk")(lambda ids: {each: Explained("=HYPERLINK(1)") for each in ids})
    try:
        answer = client_of(ada).get("/points/statement.csv")
    finally:
        del explaining._explainers["walk"]
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert answer.mimetype == "text/csv"
    assert rows[1][1:4] == ["Verified: =HYPERLINK(1)", "50", "50"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_a_long_history_costs_no_more_queries(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada, bo = a_fan(), a_fan()
    an_award(ada, points_now=1, points_held=1, held_until=HELD_UNTIL)
    for _time in range(35):
        an_award(bo, points_now=1, points_held=1, held_until=HELD_UNTIL)
    few, many = (count_queries(client_of(person), "/points") for person in (ada, bo))
    assert few == many <= 12


def count_queries(browser, path: str) -> int:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert browser.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_the_shell_shows_what_can_be_spent(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada = a_fan()
    an_award(ada, points_now=1840, points_held=3)
    assert "1,840 points" in client_of(ada).get("/points").text


def test_causes_are_asked_for_once_a_kind(now: datetime) -> None:
    asked: list[list[str]] = []
    explains("walk")(lambda ids: asked.append(list(ids)) or {"one": Explained("One")})
    try:
        words = explained([Cause("walk", "one"), Cause("walk", "two"), Cause("walk", "one"), Cause("none", "x")])
    finally:
        del explaining._explainers["walk"]
    assert asked == [["one", "two"]]
    assert words == {Cause("walk", "one"): Explained("One")}
