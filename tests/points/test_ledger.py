"""Movements: balanced, booked once, never below zero, never changed."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from portal.points import ledger
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause, InsufficientPoints, KeyReused, Movement, NotAMovement, Posting
from portal.points.models import Account, Entry, Kind, Transaction
from portal.points.postings import accounts_beside, digest, person_account, program_account, sound

CAUSE = Cause("test", "one")
ADA = "person/ada/reserved"
ISSUED = "program/issued"


def move(key: str, *postings: tuple[str, int], now: datetime, cause: Cause = CAUSE) -> Movement:
    with unit_of_work():
        return ledger.post(key, Kind.ADJUST, cause, [Posting(*posting) for posting in postings], now=now)


def test_a_movement_changes_both_balances_and_says_them(app: Flask, now: datetime) -> None:
    booked = move("first", (ISSUED, -40), (ADA, 40), now=now)
    move("second", (ISSUED, -5), (ADA, 5), now=now)

    assert ledger.balances([ADA, ISSUED]) == {ADA: 45, ISSUED: -45}
    entries = db.session.scalars(select(Entry).where(Entry.transaction_id == booked.id).order_by(Entry.number)).all()
    assert [(e.account_name, e.amount, e.balance_after) for e in entries] == [(ADA, 40, 40), (ISSUED, -40, -40)]
    assert audit_ledger()["violations"] == []


def test_the_same_key_and_content_give_the_first_answer(app: Flask, now: datetime) -> None:
    first = move("once", (ISSUED, -40), (ADA, 40), now=now)
    again = move("once", (ADA, 40), (ISSUED, -40), now=now)

    assert again.id == first.id
    assert ledger.balance(ADA) == 40


@pytest.mark.parametrize(
    ("postings", "cause"),
    [(((ISSUED, -41), (ADA, 41)), CAUSE), (((ISSUED, -40), (ADA, 40)), Cause("test", "other"))],
)
def test_the_same_key_with_other_content_is_refused(app: Flask, now: datetime, postings, cause) -> None:
    move("once", (ISSUED, -40), (ADA, 40), now=now)
    with pytest.raises(KeyReused):
        move("once", *postings, now=now, cause=cause)
    assert ledger.balance(ADA) == 40


def test_nobody_spends_more_than_they_have(app: Flask, now: datetime) -> None:
    move("earned", (ISSUED, -40), (ADA, 40), now=now)
    with pytest.raises(InsufficientPoints) as refusal:
        move("too much", (ADA, -41), ("program/redeemed", 41), now=now)
    assert refusal.value.account == ADA
    assert ledger.balance(ADA) == 40


def test_a_refused_movement_leaves_nothing_even_when_the_caller_goes_on(app: Flask, now: datetime) -> None:
    with unit_of_work():
        with pytest.raises(InsufficientPoints):
            ledger.post("refused", Kind.ADJUST, CAUSE, [Posting(ADA, -1), Posting(ISSUED, 1)], now=now)
        ledger.post("next", Kind.ADJUST, CAUSE, [Posting(ADA, 1), Posting(ISSUED, -1)], now=now)
    assert db.session.scalars(select(Transaction.key)).all() == ["next"]
    assert audit_ledger()["violations"] == []


def test_what_a_savepoint_took_back_is_not_there_to_be_spent(app: Flask, now: datetime) -> None:
    """What is known of held accounts goes with the savepoint in which it was learned."""
    with unit_of_work():
        ledger.post("kept", Kind.ADJUST, CAUSE, [Posting(ADA, 40), Posting(ISSUED, -40)], now=now)
        undone = db.session.begin_nested()
        ledger.post("undone", Kind.ADJUST, CAUSE, [Posting(ADA, 60), Posting(ISSUED, -60)], now=now)
        undone.rollback()
        with pytest.raises(InsufficientPoints):
            ledger.post("too much", Kind.ADJUST, CAUSE, [Posting(ADA, -41), Posting(ISSUED, 41)], now=now)
        ledger.post("all", Kind.ADJUST, CAUSE, [Posting(ADA, -40), Posting(ISSUED, 40)], now=now)
    assert ledger.balance(ADA) == 0
    assert audit_ledger()["violations"] == []


def test_what_was_spent_to_the_last_point_gives_the_first_answer_again(app: Flask, now: datetime) -> None:
    move("earned", (ISSUED, -40), (ADA, 40), now=now)
    first = move("spent", (ADA, -40), ("program/redeemed", 40), now=now)
    again = move("spent", (ADA, -40), ("program/redeemed", 40), now=now)
    assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
    with pytest.raises(KeyReused):
        move("spent", (ADA, -41), ("program/redeemed", 41), now=now)
    assert ledger.balance(ADA) == 0


def test_a_movement_is_four_statements_and_three_once_its_accounts_are_held(app: Flask, now: datetime) -> None:
    move("before", (ISSUED, -40), (ADA, 40), now=now)
    asked: list[str] = []

    def notice(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", notice)
    try:
        with unit_of_work():
            for key in ("first", "second"):
                ledger.post(key, Kind.ADJUST, CAUSE, [Posting(ADA, 1), Posting(ISSUED, -1)], now=now)
    finally:
        event.remove(db.engine, "before_cursor_execute", notice)
    assert len([each for each in asked if not each.startswith("BEGIN")]) == 7


def test_a_debt_is_never_more_than_repaid(app: Flask, now: datetime) -> None:
    move("owed", ("person/ada/debt", -10), (ISSUED, 10), now=now)
    with pytest.raises(InsufficientPoints):
        move("repaid", ("person/ada/debt", 11), (ISSUED, -11), now=now)


@pytest.mark.parametrize(
    ("name", "balance"), [(ADA, -1), ("person/ada/debt", 1), ("campaign/c/budget", -1), ("nobody", 0)]
)
def test_the_tables_hold_the_limits_below_the_verbs(app: Flask, now: datetime, name: str, balance: int) -> None:
    with pytest.raises(IntegrityError), unit_of_work():
        db.session.add(Account(name=name, balance=balance))


@pytest.mark.parametrize("table", ["ledger_transaction", "ledger_entry"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_what_is_booked_is_never_changed(app: Flask, now: datetime, table: str, change: str) -> None:
    move("earned", (ISSUED, -40), (ADA, 40), now=now)
    column = "reason" if table == "ledger_transaction" else "amount"
    with pytest.raises(DBAPIError, match="append-only"), unit_of_work():
        db.session.execute(text(change.format(table, column, column)))
    assert audit_ledger()["violations"] == []


@pytest.mark.parametrize(("entries_total", "amounts"), [(2, (40, -39)), (2, (40, -30, -10)), (3, (40, -30, -11))])
def test_the_database_refuses_what_does_not_balance(
    app: Flask, now: datetime, entries_total: int, amounts: tuple[int, ...]
) -> None:
    with pytest.raises(IntegrityError), unit_of_work():
        book_raw(entries_total, amounts, now)
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 0


def test_an_unfinished_movement_is_refused_or_named(app: Flask, now: datetime) -> None:
    """PostgreSQL refuses it at commit; SQLite has no deferred triggers, so the audit says it."""
    try:
        with unit_of_work():
            book_raw(3, (40, -40), now)
    except IntegrityError:
        assert db.engine.dialect.name == "postgresql"
    else:
        assert db.engine.dialect.name == "sqlite"
        assert "transaction_balances" in {each["rule"] for each in audit_ledger()["violations"]}


def book_raw(entries_total: int, amounts: tuple[int, ...], now: datetime) -> None:
    """What a program that knows no rules would write."""
    movement = Transaction(
        key="raw", kind=Kind.ADJUST, cause_kind="test", cause_id="raw", content="", entries_total=entries_total,
        posted_at=now,
    )  # fmt: skip
    names = [f"program/{part}" for part in ("expired", "issued", "redeemed")][: len(amounts)]
    db.session.add_all([movement, *[Account(name=name, balance=0) for name in names]])
    db.session.flush()
    for name, amount in zip(names, amounts, strict=True):
        db.session.add(Entry(transaction_id=movement.id, account_name=name, amount=amount, balance_after=amount))
        db.session.flush()


@pytest.mark.parametrize(
    "postings",
    [
        [],
        [Posting(ADA, 0), Posting(ISSUED, 0)],
        [Posting(ADA, 5)],
        [Posting(ADA, 5), Posting(ISSUED, -4)],
        [Posting(ADA, 5), Posting(ADA, -5)],
        [Posting(ADA, 5), Posting(ISSUED, -10), Posting(ADA, 5)],
    ],
)
def test_what_is_no_movement_is_never_booked(postings: list[Posting]) -> None:
    with pytest.raises(NotAMovement):
        sound(postings)


@pytest.mark.parametrize(
    "account", ["", "person", "person/ada", "person//available", "person/ada/cash", "program/ada/issued", "a/b/c"]
)
def test_only_known_accounts_exist(account: str) -> None:
    with pytest.raises(NotAMovement):
        accounts_beside(account)


@pytest.mark.parametrize("make", [lambda: person_account("a/b", "debt"), lambda: program_account("cash")])
def test_account_names_are_made_of_known_parts(make) -> None:
    with pytest.raises(NotAMovement):
        make()


NAMES = st.sampled_from(
    [f"person/{who}/{part}" for who in ("ada", "bo") for part in ("available", "pending")]
    + ["campaign/c/budget", "campaign/c/reserved", ISSUED]
)
POINTS = st.integers(-1000, 1000)


@given(st.dictionaries(NAMES, POINTS, max_size=6))
def test_sound_postings_sum_to_zero_and_keep_what_was_asked(wanted: dict[str, int]) -> None:
    rest = -sum(wanted.values())
    postings = [Posting(name, points) for name, points in wanted.items()] + [Posting("program/redeemed", rest)]
    moving = [posting for posting in postings if posting.points]
    if len(moving) < 2:
        with pytest.raises(NotAMovement):
            sound(postings)
        return
    kept = sound(postings)
    assert sorted(kept) == sorted(moving)
    assert sum(posting.points for posting in kept) == 0
    assert [posting.account for posting in kept] == sorted(posting.account for posting in moving)


@given(st.dictionaries(NAMES, POINTS.filter(bool), min_size=1), st.randoms())
def test_the_digest_knows_content_and_not_order(wanted: dict[str, int], chance) -> None:
    postings = [Posting(name, points) for name, points in wanted.items()]
    shuffled = list(postings)
    chance.shuffle(shuffled)
    other = [Posting(postings[0].account, postings[0].points + 1), *postings[1:]]
    mine = digest("adjust", CAUSE, "", postings)
    assert mine == digest("adjust", CAUSE, "", shuffled)
    assert mine != digest("adjust", CAUSE, "", other)
    assert mine != digest("adjust", CAUSE, "other", postings)
    assert mine != digest("award", CAUSE, "", postings)
    assert mine != digest("adjust", Cause("test", "two"), "", postings)
