"""The statement: every movement with its reason, its link and the balance after it."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, explaining, queries, spending
from portal.points.explaining import Explained, explained, explains
from portal.points.ledger import Cause
from portal.points.months import months_between
from tests.accounts.factories import a_fan
from tests.points.factories import a_funded_campaign, an_award

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

    assert "as of 14 October 2026, " in page, "on paper it is kept for longer than a year"
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


def months_offered(page: str) -> list[str]:
    return re.findall(r'<option value="([0-9-]+)"', page)


def shown(page: str) -> list[tuple[str, str]]:
    """Points and balance of each line, as written."""
    cells = re.findall(r'data-label="(Points|Balance)">(?:<span[^>]*>)?([^<]*)<', page)
    lines, points = [], ""
    for label, text in cells:
        if label == "Points":
            points = text
        else:
            lines.append((points, text))
            points = ""
    return lines


@pytest.fixture
def three_months(now: datetime) -> Person:
    """Ada: 50 in the first month, nothing in the second, 30 and -20 in the third."""
    ada = a_fan()
    an_award(ada, points_now=50)
    clock.advance(timedelta(days=62))
    an_award(ada, points_now=30)
    spend(ada, 20)
    return ada


def test_a_month_shows_its_own_lines_with_the_balance_running_through(app: Flask, three_months, client_of) -> None:
    browser = client_of(three_months)
    third, second, first = months_offered(browser.get("/points").text)
    assert shown(browser.get(f"/points?month={third}").text) == [("−20", "60"), ("+30", "80"), ("", "50")]
    assert shown(browser.get(f"/points?month={first}").text) == [("+50", "50"), ("", "0")]
    quiet = browser.get(f"/points?month={second}").text
    assert shown(quiet) == []
    assert "You had 50 points all that month." in quiet
    assert "Show all months" in quiet
    assert shown(browser.get("/points").text) == [("−20", "60"), ("+30", "80"), ("+50", "50")]


def test_a_month_of_many_lines_goes_on_and_opens_on_its_last_page(app: Flask, now: datetime, client_of) -> None:
    ada = a_fan()
    an_award(ada, points_now=1000)
    clock.advance(timedelta(days=31))
    for _time in range(queries.STATEMENT_LENGTH + 1):
        an_award(ada, points_now=1)
    browser = client_of(ada)
    month = months_offered(browser.get("/points").text)[0]
    page = browser.get(f"/points?month={month}").text
    assert "Opening balance" not in page
    following = html.unescape(re.search(r'href="([^"]+)" rel="next"', page)[1])
    assert shown(browser.get(following).text) == [("+1", "1,001"), ("", "1,000")]


def test_a_month_begins_and_ends_where_its_reader_lives(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada = a_fan(time_zone="Europe/Berlin")
    clock.advance(datetime(2026, 10, 31, 23, 30, tzinfo=UTC) - now)  # half past midnight there, in November
    an_award(ada, points_now=7)
    browser = client_of(ada)
    assert shown(browser.get("/points?month=2026-11").text) == [("+7", "7"), ("", "0")]
    assert "You had 0 points all that month." in browser.get("/points?month=2026-10").text


def test_five_years_are_offered_the_latest_first(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        offered = months_between(datetime(2020, 1, 5, tzinfo=UTC), datetime(2027, 2, 5, tzinfo=UTC))
    assert (len(offered), str(offered[-1])) == (60, "2022-03")
    assert [str(month) for month in offered[:3]] == ["2027-02", "2027-01", "2026-12"]


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "1999-01", "9999-12", "2026-10-01", "٢٠٢٦-10", "x" * 500])
def test_a_made_up_month_is_the_whole_statement(sqlite_app: Flask, now: datetime, client_of, month: str) -> None:
    ada = a_fan()
    an_award(ada, points_now=5)
    for path in ("/points", "/points/statement.csv"):
        answer = client_of(ada).get(path, query_string={"month": month})
        assert answer.status_code == 200
        assert "5" in answer.text
    assert shown(client_of(ada).get("/points", query_string={"month": month}).text) == [("+5", "5")]


def test_the_table_to_take_away_is_of_the_month_that_is_shown(sqlite_app: Flask, three_months, client_of) -> None:
    browser = client_of(three_months)
    page = browser.get("/points").text
    first = months_offered(page)[-1]
    assert 'href="/points/statement.csv"' in page
    assert f'href="/points/statement.csv?month={first}"' in browser.get(f"/points?month={first}").text
    answer = browser.get(f"/points/statement.csv?month={first}")
    assert f'filename="points-{first}.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [row[3:5] for row in rows[1:]] == [["50", "50"]]


def test_what_this_season_brought_counts_neither_what_waits_nor_what_was_taken_back(
    app: Flask, now: datetime, client_of
) -> None:
    ada, season, other = a_fan(), a_funded_campaign(), a_funded_campaign()
    an_award(ada, points_now=40, points_held=80, campaign=season)
    settled = an_award(ada, points_now=1, points_held=2, campaign=season)
    revoked = an_award(ada, points_now=500, campaign=season)
    with unit_of_work():
        awards.settle(settled, now=now)
        awards.revoke(revoked, now=now, reason="")
    an_award(ada, points_now=7000, campaign=other)
    an_award(a_fan(), points_now=9, campaign=season)
    assert queries.earned_in(ada.id, season.id) == 43
    with unit_of_work():
        db.session.merge(other).state = "closed"
    page = client_of(ada).get("/points").text
    assert re.search(r"Earned this season</span><span class=.big.>43<", page)
    with unit_of_work():
        db.session.merge(season).state = "closed"
    assert "Earned this season" not in client_of(ada).get("/points").text


def test_strangers_are_asked_to_sign_in(sqlite_app: Flask, client) -> None:
    for path in ("/points", "/points/statement.csv"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert "/sign-in" in answer.location


def test_the_statement_can_be_taken_away_as_a_table(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada = a_fan()
    an_award(ada, points_now=50, cause=Cause("walk", "=cmd|"))
    explains("walk")(lambda ids: {each: Explained("=HYPERLINK(1)", because="It rained.") for each in ids})
    try:
        answer = client_of(ada).get("/points/statement.csv")
    finally:
        del explaining._explainers["walk"]
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert answer.mimetype == "text/csv"
    assert rows[1][1:5] == ["Verified: =HYPERLINK(1)", "It rained.", "50", "50"]
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


def test_filters_keep_the_balance_of_each_line(app: Flask, now: datetime, client_of) -> None:
    ada, season, other = a_fan(), a_funded_campaign(), a_funded_campaign()
    an_award(ada, points_now=100, points_held=5, campaign=season)
    an_award(ada, points_now=20, campaign=other)
    spend(ada, 70)
    browser = client_of(ada)

    def shown(query: str) -> list[str]:
        rows = re.findall(r'<td class="r num" data-label="Balance">([^<]*)</td>', browser.get(f"/points?{query}").text)
        return [row.strip() for row in rows]

    assert shown("") == ["50", "120", "100"]
    assert shown("kind=earned") == ["120", "100"]
    assert shown("kind=spent") == ["50"]
    assert shown(f"season={season.id}") == ["100"]
    assert shown(f"season={other.id}&kind=earned") == ["120"]
    assert shown("from=2026-10-14&to=2026-10-14") == ["50", "120", "100"]
    assert shown("from=2026-10-15") == []
    assert "Nothing in this statement fits" in browser.get("/points?from=2026-10-15").text
    for made_up in ("kind=x", "season=x", "from=x", "to=2026-99-99", "month=2026-13"):
        assert shown(made_up) == ["50", "120", "100"]
    table = browser.get("/points/statement.csv?kind=spent").get_data().decode("utf-8-sig")
    assert len(table.strip().splitlines()) == 2


def test_every_kind_of_movement_of_a_person_explains_itself(app: Flask, now: datetime) -> None:
    """With no room to name its cause, too: a heading, and for what time or staff did a sentence."""
    from portal.points.models import Kind
    from portal.points.queries import Line
    from portal.points.wording import details, heading

    with app.test_request_context():
        for kind in Kind:
            reason = {"expire": "expired", "adjust": "adjusted"}.get(kind, "")
            line = Line(1, now, kind, Cause("x", "y"), reason, -5, 0, 0, 5, None)
            assert heading(line, None)
            if reason:
                assert details(line)
