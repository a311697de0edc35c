"""Days are sealed once, all of them, when nothing can be posted in them any more, on both databases."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.points import closing, ledger, proving
from portal.points.audit import audit_ledger
from portal.points.closing import close_days, closed_until
from portal.points.ledger import Cause, Posting
from portal.points.models import Kind, Transaction
from portal.points.postings import campaign_account
from portal.points.seal_models import Leaf, Salt, Seal
from portal.points.sealing import seal_next_day
from portal.points.verify_statement import GENESIS, chain
from tests.accounts.factories import a_fan
from tests.points.factories import an_award
from tests.points.test_audit import TRIGGERS

TODAY = date(2026, 10, 14)


def days() -> list[date]:
    return list(db.session.scalars(select(Seal.day).order_by(Seal.number)))


def seal_all() -> int:
    """What the worker does, without its quarter of an hour."""
    with unit_of_work():
        close_days(now=clock.now())
    sealed = 0
    while True:
        with unit_of_work():
            if seal_next_day(now=clock.now()) is None:
                return sealed
        sealed += 1


def seal_and_die() -> None:
    """A worker that ends before its commit."""
    with unit_of_work():
        assert seal_next_day(now=clock.now()) is not None
        raise ZeroDivisionError


def posted(key: str, at: datetime) -> Transaction:
    postings = [Posting("program/issued", -1), Posting(campaign_account("season", "budget"), 1)]
    return ledger.post(key, Kind.BUDGET, Cause("test", key), postings, now=at)


@pytest.fixture
def ada(app: Flask, now: datetime) -> Person:
    person = a_fan()
    an_award(person, points_now=40, points_held=80, cause=Cause("share", "one"))
    return person


def test_every_day_is_sealed_in_a_row_those_without_movements_too(app: Flask, ada: Person) -> None:
    clock.advance(timedelta(days=3))
    assert seal_all() == 3
    first, second, third = db.session.scalars(select(Seal).order_by(Seal.number))
    assert [first.day, second.day, third.day] == [TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)]
    assert (first.movements, second.movements, third.movements) == (3, 0, 0)
    assert (first.previous, second.previous, third.previous) == (GENESIS, first.chain, second.chain)
    assert db.session.scalar(select(func.count()).select_from(Leaf)) == 3
    assert audit_ledger()["violations"] == []


def test_a_chain_ends_where_it_was_asked_and_a_full_last_page_leads_nowhere(app: Flask, ada: Person) -> None:
    clock.advance(timedelta(days=3))
    seal_all()
    first, second, third = db.session.scalars(select(Seal).order_by(Seal.number)).all()
    assert proving.seals_from(second.day, second.number) == [second], "what is sealed meanwhile is not in it"
    assert proving.seals_from(first.day, third.number) == [first, second, third]
    assert proving.newest_seals(length=3) == ([third, second, first], None)
    assert proving.newest_seals(length=2) == ([third, second], second.number)


def test_a_late_run_seals_all_that_was_missed_and_a_second_one_nothing(app: Flask, ada: Person) -> None:
    with unit_of_work():
        jobs.schedule("close_ledger_days", "by hand", due_at=clock.now())
    jobs.run_due()
    assert days() == [TODAY - timedelta(days=1)]
    clock.advance(timedelta(days=40))
    jobs.run_due()
    sealed = days()
    assert sealed[-1] == TODAY + timedelta(days=39)
    assert sealed == [sealed[0] + timedelta(days=number) for number in range(len(sealed))]
    assert seal_all() == 0
    assert audit_ledger()["violations"] == []


def test_a_crash_between_closing_and_sealing_costs_nothing(app: Flask, ada: Person) -> None:
    clock.advance(timedelta(days=2))
    with unit_of_work():
        close_days(now=clock.now())
    with pytest.raises(ZeroDivisionError):
        seal_and_die()
    assert days() == []
    assert db.session.scalar(select(func.count()).select_from(Salt)) == 0
    assert seal_all() == 2
    assert audit_ledger()["violations"] == []


def test_a_day_is_closed_a_while_after_its_midnight_only(app: Flask, ada: Person) -> None:
    midnight = datetime(2026, 10, 15, tzinfo=UTC)
    with clock.frozen(midnight + closing.GRACE - timedelta(seconds=1)), unit_of_work():
        assert close_days(now=clock.now()) == TODAY - timedelta(days=1)
    with clock.frozen(midnight + closing.GRACE), unit_of_work():
        assert close_days(now=clock.now()) == TODAY
        assert close_days(now=clock.now() - timedelta(hours=1)) == TODAY, "a clock that jumps back opens nothing"


def test_what_comes_late_is_posted_in_the_first_open_day(app: Flask, ada: Person) -> None:
    """A clock an hour behind, or a request that began before midnight: nothing is lost and no seal changes."""
    clock.advance(timedelta(days=1))
    seal_all()
    with unit_of_work():
        late = posted("late", clock.now() - timedelta(days=1))
        assert late.posted_at == datetime(2026, 10, 15, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert seal_all() == 1
    assert db.session.get_one(Leaf, late.id).seal_number == db.session.scalar(select(func.max(Seal.number)))
    assert audit_ledger()["violations"] == []


def test_the_database_itself_keeps_movements_out_of_closed_days(app: Flask, ada: Person) -> None:
    clock.advance(timedelta(days=1))
    seal_all()
    back = text(
        "INSERT INTO ledger_transaction (id, key, kind, cause_kind, cause_id, reason, content, entries_total, "
        "posted_at) VALUES ('x', 'x', 'budget', 'test', 'x', '', 'x', 2, '2026-10-14 08:00:00')"
    )
    if db.engine.dialect.name == "sqlite":
        with pytest.raises(DatabaseError, match="this day is closed"), unit_of_work():
            db.session.execute(back)
    else:
        db.session.execute(text("SET TIME ZONE 'UTC'"))
        db.session.execute(back)
        moved = db.session.scalar(text("SELECT posted_at FROM ledger_transaction WHERE id = 'x'"))
        assert moved == datetime(2026, 10, 15, tzinfo=UTC)
        db.session.rollback()


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)
def test_closing_waits_for_a_movement_that_is_being_written(
    app: Flask, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun before midnight, committed after: closing can't pass it, and it is sealed with its day.

    SQLite has one writer: while it writes, nobody closes.
    """
    monkeypatch.setattr(closing, "WAIT_MS", 200)
    written, may_commit = threading.Event(), threading.Event()
    late = datetime(2026, 10, 14, 23, 59, 59, tzinfo=UTC)

    def write() -> None:
        with app.app_context(), unit_of_work():
            posted("just before midnight", late)
            written.set()
            may_commit.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(20)
    clock.advance(timedelta(days=1))
    with pytest.raises(OperationalError), unit_of_work():
        close_days(now=clock.now())
    assert closed_until() is None
    db.session.commit()
    may_commit.set()
    writer.join()
    seal_all()
    leaf = db.session.scalars(select(Leaf).join(Transaction).where(Transaction.posted_at == late)).one()
    assert db.session.get_one(Seal, leaf.seal_number).day == TODAY
    assert audit_ledger()["violations"] == []


def test_two_workers_seal_a_day_once(app: Flask, ada: Person) -> None:
    clock.advance(timedelta(days=2))
    with unit_of_work():
        close_days(now=clock.now())
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with app.app_context():
                for _ in range(3):
                    with unit_of_work():
                        seal_next_day(now=clock.now())
        except BaseException as failure:
            failures.append(failure)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert days() == [TODAY, TODAY + timedelta(days=1)]
    assert audit_ledger()["violations"] == []


CHANGES = {
    "an amount": "UPDATE ledger_entry SET amount = amount * 2 WHERE transaction_id = :id",
    "a running balance": "UPDATE ledger_entry SET balance_after = balance_after + 5 "
    "WHERE transaction_id = :id AND account_name LIKE 'person/%'",
    "a moment": "UPDATE ledger_transaction SET posted_at = :moved WHERE id = :id",
    "its day": "UPDATE ledger_transaction SET posted_at = :later WHERE id = :id",
    "a cause": "UPDATE ledger_transaction SET cause_id = 'two' WHERE id = :id",
    "a key": "UPDATE ledger_transaction SET key = key || '-2' WHERE id = :id",
    "a digest": "UPDATE ledger_transaction SET content = 'other' WHERE id = :id",
    "how many entries": "UPDATE ledger_transaction SET entries_total = entries_total + 1 WHERE id = :id",
    "a running balance of the season": "UPDATE ledger_entry SET balance_after = balance_after + 5 "
    "WHERE transaction_id = :id AND account_name LIKE 'campaign/%'",
    "a reason": "UPDATE ledger_transaction SET reason = 'expired' WHERE id = :id",
    "a kind": "UPDATE ledger_transaction SET kind = 'settle' WHERE id = :id",
    "whose it is": "UPDATE ledger_entry SET account_name = replace(account_name, :ada, :bo) WHERE transaction_id = :id",
    "a seal": "UPDATE ledger_seal SET movements = movements + 1 WHERE day = :day",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_old_row_is_named_with_its_day(app: Flask, ada: Person, change: str) -> None:
    bo = a_fan()
    an_award(bo, points_now=1, points_held=1)
    clock.advance(timedelta(days=2))
    seal_all()
    assert audit_ledger()["violations"] == []
    mine = db.session.scalars(select(Transaction).where(Transaction.cause_id == "one")).one()
    values = {
        "id": mine.id, "ada": ada.id, "bo": bo.id, "day": TODAY if app_is_postgresql() else TODAY.isoformat(),
        "moved": mine.posted_at + timedelta(microseconds=1) if app_is_postgresql() else "2026-10-14 09:14:00.000001",
        "later": mine.posted_at + timedelta(days=2) if app_is_postgresql() else "2026-10-16 09:14:00.000000",
    }  # fmt: skip
    with unit_of_work():
        for statement in [*TRIGGERS[db.engine.dialect.name], *more_triggers()]:
            db.session.execute(text(statement))
        query = text(CHANGES[change])
        db.session.execute(query, {name: values[name] for name in query.compile().params})
    found = [
        violation for violation in audit_ledger()["violations"]
        if violation["rule"] in ("sealed_days_are_as_sealed", "seals_are_chained")
    ]  # fmt: skip
    assert found
    if change == "a seal":
        assert all(TODAY.isoformat() in f"{each['subject']} {each['detail']}" for each in found)
    else:
        assert {each["subject"] for each in found} == {f"day {TODAY}"}
        assert all(mine.id in each["detail"] for each in found)


def test_whose_it_was_is_told_even_of_days_from_before_rows_were_hashed(sqlite_app: Flask, now: datetime) -> None:
    ada, bo = a_fan(), a_fan()
    an_award(ada, points_now=40, cause=Cause("share", "one"))
    an_award(bo, points_now=1)
    clock.advance(timedelta(days=1))
    seal_all()
    with unit_of_work():
        for statement in [*TRIGGERS["sqlite"], "DROP TRIGGER ledger_leaf_no_update"]:
            db.session.execute(text(statement))
        db.session.execute(text("UPDATE ledger_leaf SET row_hash = NULL"))
    assert audit_ledger()["violations"] == []
    mine = db.session.scalars(select(Transaction).where(Transaction.cause_id == "one")).one()
    with unit_of_work():
        query = text(CHANGES["whose it is"])
        db.session.execute(query, {"ada": ada.id, "bo": bo.id, "id": mine.id})
    found = [each for each in audit_ledger()["violations"] if each["rule"] == "sealed_days_are_as_sealed"]
    assert [each["subject"] for each in found] == [f"day {TODAY}"]
    assert f"{mine.id} (share/one) was somebody else's when the day was sealed" in found[0]["detail"]


def test_a_forger_who_chains_a_wrong_count_anew_is_named(sqlite_app: Flask, now: datetime) -> None:
    """The chain agrees with the count that it tells; only the leaves say how many there are."""
    an_award(a_fan(), points_now=40)
    clock.advance(timedelta(days=1))
    seal_all()
    seal = db.session.scalars(select(Seal)).one()
    more = seal.movements + 1
    value = chain(seal.previous, seal.day.isoformat(), more, seal.root)
    with unit_of_work():
        db.session.execute(text("DROP TRIGGER ledger_seal_no_update"))
        db.session.execute(
            text("UPDATE ledger_seal SET movements = :more, chain = :chain"), {"more": more, "chain": value}
        )
    found = [(each["subject"], each["detail"]) for each in audit_ledger()["violations"]]
    assert found == [(f"day {TODAY}", "its leaves do not give its root")]


def app_is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def more_triggers() -> list[str]:
    if app_is_postgresql():
        return ["ALTER TABLE ledger_seal DISABLE TRIGGER USER"]
    return ["DROP TRIGGER ledger_seal_no_update"]


def test_a_row_slipped_into_a_sealed_day_is_named(app: Flask, ada: Person) -> None:
    clock.advance(timedelta(days=1))
    seal_all()
    with unit_of_work():
        off = "ALTER TABLE ledger_transaction DISABLE TRIGGER USER"
        db.session.execute(text(off if app_is_postgresql() else "DROP TRIGGER ledger_transaction_open_day"))
    at = datetime(2026, 10, 14, 12, tzinfo=UTC)
    with unit_of_work():
        booked = posted("slipped in", clock.now())
    with unit_of_work():
        for statement in TRIGGERS[db.engine.dialect.name]:
            db.session.execute(text(statement))
        moved = {"id": booked.id, "at": at if app_is_postgresql() else "2026-10-14 12:00:00.000000"}
        db.session.execute(text("UPDATE ledger_transaction SET posted_at = :at WHERE id = :id"), moved)
    (found,) = audit_ledger()["violations"]
    assert (found["rule"], found["subject"]) == ("sealed_days_are_as_sealed", f"day {TODAY}")
    assert booked.id in found["detail"]


def test_the_audit_compares_with_roots_that_somebody_kept(app: Flask, ada: Person, tmp_path) -> None:
    clock.advance(timedelta(days=2))
    run = app.test_cli_runner().invoke
    assert json.loads(run(args=["ledger", "seal"]).output) == {"sealed": 2}
    kept = tmp_path / "roots.json"
    kept.write_text(app.test_client().get("/ledger/roots.json").text)
    assert run(args=["ledger", "audit", "--roots", str(kept)]).exit_code == 0
    changed = json.loads(kept.read_text())
    changed["seals"][1]["chain"] = "f" * 64
    changed["seals"].append({**changed["seals"][1], "day": "2026-10-30"})
    kept.write_text(json.dumps(changed))
    answer = run(args=["ledger", "audit", "--roots", str(kept)])
    assert answer.exit_code == 1
    found = [violation["subject"] for violation in json.loads(answer.output)["violations"]]
    assert found == [f"day {TODAY + timedelta(days=1)}", "day 2026-10-30"]


def test_a_day_that_is_left_out_and_one_that_is_sealed_too_soon_are_named(sqlite_app: Flask, now: datetime) -> None:
    an_award(a_fan(), points_now=1, points_held=1)
    clock.advance(timedelta(days=2))
    seal_all()
    last, day, root = days()[-1], TODAY + timedelta(days=9), hashlib.sha256().hexdigest()
    with unit_of_work():
        before = db.session.scalars(select(Seal).where(Seal.day == last)).one()
        value = chain(before.chain, day.isoformat(), 0, root)
        db.session.add(
            Seal(
                number=before.number + 1, day=day, movements=0, root=root, previous=before.chain, chain=value,
                sealed_at=clock.now(),
            )
        )  # fmt: skip
    found = [(each["subject"], each["detail"]) for each in audit_ledger()["violations"]]
    assert found == [(f"day {day}", f"follows {last}"), (f"day {day}", "is sealed and not closed")]


def test_seals_refuse_to_be_changed(app: Flask, ada: Person) -> None:
    clock.advance(timedelta(days=1))
    seal_all()
    for table in ("ledger_closing", "ledger_seal", "ledger_leaf"):
        with pytest.raises(DatabaseError, match="append-only"), unit_of_work():
            db.session.execute(text(f"DELETE FROM {table}"))
