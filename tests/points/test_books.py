"""The programme's books agree with the ledger to the point, and closed months stay as they were closed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DatabaseError

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import adjusting, awards, books, ledger, month_closing, spending
from portal.points.audit import audit_ledger
from portal.points.book_models import ClosedMonth, DayTotal
from portal.points.expiring import expire_points, tell_owner
from portal.points.ledger import Cause, Posting
from portal.points.models import Account, Kind
from portal.points.money import Rates, breakage_rate, liability, rates_of
from portal.points.postings import person_account, program_account
from portal.points.programme import save_rules
from portal.points.rules import Expiry, ExpiryKind
from portal.rewards import editing, redeeming
from portal.rewards.costs import enter_costs, rates
from portal.rewards.models import Redemption, Reward
from tests.accounts.factories import a_fan, a_manager, a_moderator, an_admin
from tests.points.factories import a_funded_campaign, an_award
from tests.points.test_sealing import seal_all
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward
from tests.test_weights import statements

ClientOf = Callable[[Person], FlaskClient]


def live_through_it() -> Person:
    """October: awards, one taken back after it was spent, an order, one given back, adjustments both ways."""
    ada, greta = a_fan("Ada Lindqvist"), a_manager("Greta")
    now = clock.now()
    first = an_award(ada, points_now=100, points_held=50)
    with unit_of_work():
        awards.settle(first, now=now)
        spending.reserve(Cause("redemption", "one"), ada.id, 120, now=now)
        spending.redeem(Cause("redemption", "one"), ada.id, 120, now=now)
        spending.reserve(Cause("redemption", "two"), ada.id, 20, now=now)
        spending.give_back(Cause("redemption", "two"), ada.id, 20, now=now)
    with unit_of_work():
        awards.revoke(first, now=now, reason="post_gone")
    an_award(ada, points_now=300, points_held=40)
    with unit_of_work():
        adjusting.adjust(ada, 25, reason="Thanks", actor=greta, now=now)
        adjusting.adjust(ada, -5, reason="Counted twice", actor=greta, now=now)
    return ada


def people_hold() -> int:
    """By the accounts themselves."""
    return int(db.session.scalar(select(func.sum(Account.balance)).where(Account.name.like("person/%"))) or 0)


def test_figures_of_a_month_are_the_ledgers(app: Flask, now: datetime) -> None:
    live_through_it()
    expected = {
        "issued": 150 + 340 + 25,
        "settled": 50,
        "redeemed": 120,
        "revoked": 150,
        "written_off": 5,
        "expired": 0,
    }
    for sealed in (False, True):
        if sealed:
            clock.advance(timedelta(days=1))
            seal_all()
        ((month, figures),) = books.read_books(clock.now().date()).months
        assert month == "2026-10"
        assert {name: getattr(figures, name) for name in expected} == expected
        assert figures.fits
        assert figures.change == people_hold() == books.held_by_people(books.read_books(clock.now().date()).balances)
    assert audit_ledger()["violations"] == []


def test_what_is_spent_set_aside_or_owed_is_in_the_books(sqlite_app: Flask, now: datetime) -> None:
    """A redeemed order that came back, one that waits, and a debt of somebody else."""
    ada, bo, greta = a_fan(), a_fan(), a_manager()
    orders = [Cause("redemption", name) for name in ("back", "waits", "bo")]
    an_award(ada, points_now=100, points_held=7, campaign=a_funded_campaign(budget=500, reserved=400))
    gone = an_award(bo, points_now=60, campaign=a_funded_campaign(budget=300, reserved=60))
    with unit_of_work():
        spending.reserve(orders[0], ada.id, 30, now=now)
        spending.redeem(orders[0], ada.id, 30, now=now)
        spending.give_back(orders[0], ada.id, 30, now=now)
        spending.reserve(orders[1], ada.id, 40, now=now)
        spending.reserve(orders[2], bo.id, 60, now=now)
        spending.redeem(orders[2], bo.id, 60, now=now)
        awards.revoke(gone, now=now, reason="post_gone")
        adjusting.adjust(ada, 5, reason="Thanks", actor=greta, now=now)
    read = books.read_books(now.date())
    ((_month, figures),) = read.months
    assert (figures.funded, figures.redeemed, figures.revoked, figures.fits) == (800, 60, 60, True)
    held = {"person/available": 65, "person/pending": 7, "person/reserved": 40, "person/debt": -60}
    assert {group: read.balances[group] for group in held} == held
    assert books.held_by_people(read.balances) == people_hold() == 52


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_a_month_has_its_first_and_its_last_day_and_no_other(sqlite_app: Flask, now: datetime) -> None:
    """Awards of 1, 10, 100 and 1000 points on the days around both ends of November, read before and after closing."""
    paid = {date(2026, 10, 31): 1, date(2026, 11, 1): 10, date(2026, 11, 30): 100, date(2026, 12, 1): 1000}
    fan = a_fan()
    for day, points in paid.items():
        with clock.frozen(on(day)):
            an_award(fan, points_now=points)
    expected = [("2026-12", 1000), ("2026-11", 110), ("2026-10", 1)]
    with clock.frozen(on(date(2026, 12, 20))):
        seal_all()
        for _close in ("2026-10", "2026-11"):
            read = books.read_books(clock.now().date())
            assert [(month, figures.issued) for month, figures in read.months] == expected
            assert books.held_by_people(read.balances) == 1111
            closed(_close)
        read = books.read_books(clock.now().date())
        assert [(month, figures.issued) for month, figures in read.months] == expected
        assert books.held_by_people(read.balances) == 1111, "the first day after the closed month too"
        assert month_closing.closed_month("2026-11").figures["summary"]["issued"] == 110
    assert audit_ledger()["violations"] == []


def test_what_was_earned_before_the_months_that_are_shown_is_still_owed(sqlite_app: Flask, now: datetime) -> None:
    an_award(a_fan(), points_now=100)
    with clock.frozen(on(date(2028, 1, 10))):
        seal_all()
        read = books.read_books(clock.now().date())
    assert books.held_by_people(read.balances) == 100
    shown = [month for month, _figures in read.months]
    assert shown == ["2028-01", *(f"2027-{number:02}" for number in range(12, 1, -1))]


def test_points_to_spend_are_as_old_as_they_are(sqlite_app: Flask, now: datetime) -> None:
    for days, points in ((0, 1), (91, 2), (92, 4), (183, 8), (365, 16), (731, 32), (732, 64)):
        with clock.frozen(now - timedelta(days=days)):
            an_award(a_fan(), points_now=points)
    assert [(age.since, age.until, age.points) for age in books.ages(now)] == [
        (0, 3, 1 + 2), (3, 6, 4 + 8), (6, 12, 16), (12, 24, 32), (24, None, 64),
    ]  # fmt: skip


def test_the_part_that_expires_is_that_of_a_year(sqlite_app: Flask, now: datetime) -> None:
    """One expired on the day before the first that counts, ten on that one, and thirty were redeemed today."""
    fan = a_fan()
    for days, points, kind, to in (
        (366, 1, Kind.EXPIRE, "expired"), (365, 10, Kind.EXPIRE, "expired"), (0, 30, Kind.REDEEM, "redeemed"),
    ):  # fmt: skip
        with clock.frozen(now - timedelta(days=days)):
            an_award(fan, points_now=points)
            postings = [
                Posting(person_account(fan.id, "available"), -points), Posting(program_account(to), points)
            ]  # fmt: skip
            with unit_of_work():
                ledger.post(f"test:{days}", kind, Cause("test", str(days)), postings, now=clock.now())
    clock.advance(timedelta(days=1))
    seal_all()
    assert books.breakage(now.date()) == Fraction(10, 10 + 30)


def test_a_season_has_what_is_left_and_what_is_promised(sqlite_app: Flask, now: datetime) -> None:
    season = a_funded_campaign(budget=500, reserved=120)
    assert books.season_budgets({season.id: "Autumn"}) == [("Autumn", 380, 120)]


def test_expiry_and_what_is_taken_back_from_it_fit_too(app: Flask, now: datetime) -> None:
    greta, ada = a_manager(), a_fan()
    with unit_of_work():
        save_rules(Expiry(ExpiryKind.ROLLING, 1), 500, seen_version=0, for_all_points=False, actor=greta, why="Agreed",
                   now=now)  # fmt: skip
    paid = an_award(ada, points_now=80)
    for days in (25, 40):
        with clock.frozen(now + timedelta(days=days)), unit_of_work():
            tell_owner(ada.id, now=clock.now())
    clock.advance(timedelta(days=60))
    with unit_of_work():
        assert expire_points(ada.id, now=clock.now()) == 80
    ((_month, figures), *_older) = books.read_books(clock.now().date()).months
    assert (figures.expired, figures.fits) == (80, True)
    with unit_of_work():
        awards.revoke(paid, now=clock.now(), reason="post_gone")
    ((_month, figures), *_older) = books.read_books(clock.now().date()).months
    assert (figures.expired, figures.revoked, figures.fits) == (0, 80, True)
    assert audit_ledger()["violations"] == []


def closed(month: str, actor: Person | None = None) -> ClosedMonth:
    with unit_of_work():
        return month_closing.close_month(month, actor=actor, note="Checked", now=clock.now())


def test_months_are_closed_one_after_the_other_once_their_days_are_sealed(app: Flask, now: datetime) -> None:
    ada = live_through_it()
    with pytest.raises(month_closing.MonthNotClosable):
        closed("2026-10")
    with clock.frozen(datetime(2026, 11, 15, tzinfo=UTC)):
        seal_all()
        an_award(ada, points_now=10)
        with pytest.raises(month_closing.MonthNotClosable):
            closed("2026-11")
        october = closed("2026-10")
        assert october.figures["outstanding"] == people_hold() - 10
        with pytest.raises(month_closing.MonthNotClosable):
            closed("2026-10")
    with clock.frozen(datetime(2027, 1, 2, tzinfo=UTC)):
        seal_all()
        for other in ("2026-12", "2026-13", "2026-10", ""):
            with pytest.raises(month_closing.MonthNotClosable):
                closed(other)
        november = closed("2026-11")
        assert november.previous == october.digest
        assert november.figures["opening"] == october.figures["closing"]
        assert november.figures["outstanding"] == people_hold()
        assert books.held_by_people(books.read_books(clock.now().date()).balances) == people_hold()
    assert audit_ledger()["violations"] == []


def test_the_exported_month_adds_up_in_every_line_and_column(app: Flask, now: datetime, client_of: ClientOf) -> None:
    live_through_it()
    with clock.frozen(datetime(2026, 11, 2, tzinfo=UTC)):
        manager = client_of(a_manager())
        seal_all()
        closed("2026-10")
        answer = manager.get("/staff/points/books/2026-10.csv")
        assert manager.get("/staff/points/books/2026-09.csv").status_code == 404
        assert client_of(a_moderator()).get("/staff/points/books/2026-10.csv").status_code == 403
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    end = rows.index([])
    lines = [[int(cell) for cell in row[1:]] for row in rows[1:end]]
    assert all(line[0] + sum(line[1:-1]) == line[-1] for line in lines)
    *groups, sums = lines
    assert [sum(column) for column in zip(*groups, strict=True)] == sums
    assert set(sums) == {0}
    said = {row[0]: row[1:] for row in rows[end + 1 :]}
    assert said["outstanding"] == [str(people_hold()), "points"]
    held = dict(db.session.execute(select(Account.name, Account.balance).where(Account.name.like("program/%"))).all())
    closing = {row[0]: int(row[-1]) for row in rows[1:end]}
    assert {name: closing[name] for name in held} == held, "as the audit's own balances"


MONTH, TOTAL = "closed_months_are_as_closed", "day_totals_are_the_sums"
CHANGES = {
    "a closed month": ("points_closed_month", "note = note, chain = 'x'", {MONTH}),
    "a day's total": ("ledger_day_total", "points = points + 1", {MONTH, TOTAL}),
    "a day's number of movements": ("ledger_day_total", "movements = movements + 1", {TOTAL}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_in_the_books_is_named(app: Flask, now: datetime, change: str) -> None:
    live_through_it()
    with clock.frozen(datetime(2026, 11, 2, tzinfo=UTC)):
        seal_all()
        closed("2026-10")
    table, what, named = CHANGES[change]
    statement = text(f"UPDATE {table} SET {what}")
    with pytest.raises(DatabaseError, match="append-only"), unit_of_work():
        db.session.execute(statement)
    with unit_of_work():
        off = f"DROP TRIGGER {table}_no_update"
        if db.engine.dialect.name == "postgresql":
            off = f"ALTER TABLE {table} DISABLE TRIGGER USER"
        db.session.execute(text(off))
        db.session.execute(statement)
    assert {violation["rule"] for violation in audit_ledger()["violations"]} == named


@pytest.mark.parametrize(
    ("field", "told"),
    [("previous", "was changed after it was closed"), ("chain", "is chained to another seal than its last day's")],
)
def test_a_forger_who_knows_the_digest_is_named_too(sqlite_app: Flask, now: datetime, field: str, told: str) -> None:
    live_through_it()
    with clock.frozen(datetime(2026, 11, 2, tzinfo=UTC)):
        seal_all()
        month = closed("2026-10")
    forged = {"previous": month.previous, "chain": month.chain, field: "f" * 64}
    digest = month_closing._digest("2026-10", forged["chain"], month.figures, forged["previous"])
    with unit_of_work():
        db.session.execute(text("DROP TRIGGER points_closed_month_no_update"))
        db.session.execute(
            text(f"UPDATE points_closed_month SET {field} = :forged, digest = :digest"),
            {"forged": forged[field], "digest": digest},
        )
    named = {violation["detail"] for violation in audit_ledger()["violations"]}
    assert named == {told}


FORGED = {
    "opening": {"person/available": 1}, "moved": {"award person/available": 1}, "closing": {"person/available": 1},
    "summary": {"issued": 1}, "outstanding": 1,
}  # fmt: skip


@pytest.mark.parametrize("part", FORGED)
def test_each_figure_of_a_closed_month_is_compared_with_its_days(sqlite_app: Flask, now: datetime, part: str) -> None:
    an_award(a_fan(), points_now=300)
    with clock.frozen(datetime(2026, 11, 2, tzinfo=UTC)):
        seal_all()
        month = closed("2026-10")
    figures = {**month.figures, part: FORGED[part]}
    digest = month_closing._digest("2026-10", month.chain, figures, month.previous)
    with unit_of_work():
        db.session.execute(text("DROP TRIGGER points_closed_month_no_update"))
        db.session.execute(
            text("UPDATE points_closed_month SET figures = :figures, digest = :digest"),
            {"figures": json.dumps(figures), "digest": digest},
        )
    named = {violation["detail"] for violation in audit_ledger()["violations"]}
    assert named == {f"{part} is not what its days add up to"}


def test_a_total_that_no_entry_gives_is_named(sqlite_app: Flask, now: datetime) -> None:
    an_award(a_fan(), points_now=300)
    clock.advance(timedelta(days=1))
    seal_all()
    with unit_of_work():
        made_up = {"seal_number": 1, "kind": "expire", "account_group": "program/expired",
                   "movements": 1, "points": 9}  # fmt: skip
        db.session.execute(insert(DayTotal), [made_up])
    (found,) = audit_ledger()["violations"]
    assert (found["rule"], found["subject"]) == ("day_totals_are_the_sums", "day 2026-10-14")


def test_a_manager_reads_the_books_enters_costs_and_closes(app: Flask, now: datetime, client_of: ClientOf) -> None:
    live_through_it()
    cheap, dear = a_reward(codes=1, price_points=100), a_reward(codes=1, price_points=200)
    admin = an_admin()
    browser = client_of(admin)
    assert "No reward has a cost yet" in browser.get("/staff/points/books").text
    wrong = browser.post("/staff/reward-costs", data={cheap.id: "1.234", dear.id: "1e999999", "why": ""})
    assert wrong.status_code == 422
    summary = wrong.text.split("data-focus-here", 1)[1].split("<form", 1)[0]
    for field, error in ((cheap.id, "Type an amount"), (dear.id, "Type an amount"), ("why", "Say in a few words")):
        assert re.search(rf'href="#{field}">[^<]*{error}', summary)
        assert re.search(rf'id="{field}-error">.*?{error}', wrong.text)
    assert browser.post(
        "/staff/reward-costs", data={cheap.id: "1.00", dear.id: "10,00", "why": "Invoices"}
    ).status_code == 303  # fmt: skip
    found = rates()
    assert found is not None
    assert (found.lowest, found.highest, found.typical) == (Fraction(1), Fraction(5), Fraction(1100, 300))
    page = browser.get("/staff/points/books").text
    owed = people_hold()
    assert f"£{owed * 5 / 100:.2f}" in page
    with clock.frozen(datetime(2026, 11, 2, tzinfo=UTC)):
        browser = client_of(admin)
        seal_all()
        assert "October 2026 can be closed" in browser.get("/staff/points/books").text
        assert browser.post("/staff/points/books/close", data={"month": "2026-10"}).status_code == 422
        form = {"month": "2026-10", "note": "Agrees with the audit"}
        assert browser.post("/staff/points/books/close", data=form).status_code == 303
        assert browser.post("/staff/points/books/close", data=form).status_code == 409
        assert "Agrees with the audit" in browser.get("/staff/points/books").text
        table = browser.get("/staff/points/books/2026-10.csv").text
    assert f"liability_highest,{owed * 5 / 100:.2f},GBP" in table.splitlines()
    closing = db.session.scalars(select(ClosedMonth)).one()
    assert closing.figures["liability"]["highest_minor"] == owed * 5
    assert closing.figures["breakage"] == "0", "of the year that ends with the month: what was redeemed is in it"


def test_points_are_worth_what_was_redeemed_in_a_year_of_what_is_offered(sqlite_app: Flask, now: datetime) -> None:
    """Three free stickers and a hat; what came back, what is offered no more and what is long ago weighs nothing."""
    staff, sticker, hat = a_manager(), a_reward(price_points=100), a_reward(price_points=300)
    gone, unknown = a_reward(price_points=10), a_reward(price_points=900)
    with unit_of_work():
        costs = {sticker.id: 0, hat.id: 900, gone.id: 5000}
        assert enter_costs(costs, actor=staff, why="Invoices", now=now) == 3
    with unit_of_work():
        costs = {sticker.id: 0, hat.id: 600, unknown.id: None}
        assert enter_costs(costs, actor=staff, why="A better offer", now=now) == 1
    for reward in (sticker, sticker, sticker, hat, gone):
        a_redemption(a_person_with_points(reward.price_points), reward)
    back = a_redemption(a_person_with_points(300), hat)
    with clock.frozen(now - timedelta(days=366)):
        a_redemption(a_person_with_points(300), hat)
    with unit_of_work():
        redeeming.cancel(db.session.get_one(Redemption, back.id), now=now)
        editing.retire_reward(db.session.get_one(Reward, gone.id), actor=staff, why="It is made no more")
    found = rates()
    assert found is not None
    assert (found.lowest, found.typical, found.highest) == (0, Fraction(0 * 3 + 600, 100 * 3 + 300), 2)
    assert (found.rewards_known, found.rewards_unknown, found.by_redemptions) == (2, 1, True)


def test_the_books_of_an_empty_programme_can_be_read(app: Flask, now: datetime, client_of: ClientOf) -> None:
    page = client_of(a_manager()).get("/staff/points/books")
    assert page.status_code == 200
    assert "No month is closed yet" in page.text


@pytest.mark.parametrize(
    ("owed", "breakage", "typical", "highest", "expected"),
    [
        (1, None, 4, 5, 4),  # three and a half: halves go up
        (10, None, 35, 50, 35),
        (100, Fraction(1, 4), 350, 500, 263),  # three quarters of it, 262.5
        (-1, None, -4, -5, -4),
    ],
)
def test_what_is_owed_in_money(owed: int, breakage: Fraction | None, typical: int, highest: int, expected: int) -> None:
    """Two rewards: 2 a point, redeemed once, and 5 a point, redeemed once for as many points."""
    found = rates_of([(200, 100, 1), (500, 100, 1), (900, 100, 0)], currency="GBP", unknown=0)
    assert found is not None
    assert found.typical == Fraction(7, 2), "what nobody redeems weighs nothing"
    reckoned = liability(owed, Rates("GBP", Fraction(7, 2), Fraction(2), Fraction(5), 2, 0, True), breakage)
    assert (reckoned.typical_minor, reckoned.highest_minor, reckoned.expected_minor) == (typical, highest, expected)


@pytest.mark.parametrize(
    ("expired", "redeemed", "rate"),
    [(25, 75, Fraction(1, 4)), (-25, 75, 0), (25, -75, 1), (0, 0, None), (-5, -5, None)],
)
def test_the_part_that_expires_is_none_or_all_at_most(expired: int, redeemed: int, rate: Fraction | None) -> None:
    assert breakage_rate(expired, redeemed) == rate


costs = st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**5), st.integers(0, 50)), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(costs, st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**6))
def test_liability_lies_between_the_cheapest_and_the_dearest(
    each: list[tuple[int, int, int]], owed: int, expired: int, redeemed: int
) -> None:
    found = rates_of(each, currency="EUR", unknown=0)
    assert found is not None
    assert found.lowest <= found.typical <= found.highest
    broken = breakage_rate(expired, redeemed)
    reckoned = liability(owed, found, broken)
    assert 0 <= reckoned.expected_minor <= reckoned.typical_minor <= reckoned.highest_minor
    if not expired:
        assert reckoned.expected_minor == reckoned.typical_minor


@pytest.mark.parametrize(
    ("month", "days"),
    [("2026-02", (date(2026, 2, 1), date(2026, 2, 28))), ("2028-02", (date(2028, 2, 1), date(2028, 2, 29))),
     ("2026-12", (date(2026, 12, 1), date(2026, 12, 31)))],
)  # fmt: skip
def test_days_of_a_month(month: str, days: Any) -> None:
    assert books.days_of(month) == days


def test_the_page_asks_the_same_few_questions_whatever_the_history(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    browser, counts = client_of(a_manager()), []
    for days in (1, 5):
        an_award(a_fan(), points_now=5)
        clock.advance(timedelta(hours=days))
        with statements() as seen:
            assert browser.get("/staff/points/books").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15, counts
