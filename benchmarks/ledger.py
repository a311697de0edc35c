"""The ledger: awards and redemptions a second beside a bare insert, and the statement over a long history.

In one process and thread, each commit by itself. The history is made by the database in bulk, without its triggers:
what is measured is reading.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, cycle
from statistics import median
from time import process_time
from typing import Any

from flask import Flask
from sqlalchemy import text

from benchmarks.figures import Figure
from benchmarks.stage import Stage
from portal.accounts.sessions import open_session
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, budgets
from portal.points.guards import balanced_ddl, closing_ddl
from portal.points.ledger import Cause
from portal.points.postings import person_account
from portal.rewards.redeeming import redeem
from tests.accounts.factories import a_fan
from tests.campaigns.factories import a_campaign
from tests.points.factories import a_person_has
from tests.rewards.factories import a_reward

PROMISE, STATEMENT = "ledger", "statement"
SHORT = 10_000
LONG = int(os.environ.get("PORTAL_BENCH_ENTRIES", "10000000"))
"""Entries of the two histories."""
STRETCH_SECONDS = 1.0
PEOPLE = 20
CODES = 4_000
PAGES = 20

Work = Callable[[], None]


def measure(stage: Stage, *, rounds: int) -> Iterator[Figure]:
    """How fast points move, on a copy of the stage's database."""
    yield from _writing(stage.copy("ledger"), rounds)


def measure_statement(stage: Stage, *, rounds: int) -> Iterator[Figure]:
    """What a long history costs whoever reads it, on two copies; ten million entries take some 5 GB and minutes."""
    yield from _reading(stage.copy("short-history"), stage.copy("long-history"), rounds)


def _writing(app: Flask, rounds: int) -> Iterator[Figure]:
    with app.app_context():
        works = {"bare": _bare(), "award": _award(), "redeem": _redeem()}
        rates: dict[str, list[float]] = {name: [] for name in works}
        for turn in range(rounds + 1):
            for name, work in works.items():
                rate = _rate(work)
                if turn:  # the first warms up
                    rates[name].append(rate)
        db.session.remove()
        db.engine.dispose()
    for name, what in (("award", "awards"), ("redeem", "redemptions")):
        ratios = [mine / bare for mine, bare in zip(rates[name], rates["bare"], strict=True)]
        yield Figure(
            PROMISE, f"{what} a second, of a bare insert and commit", median(ratios), 0.25, at_least=True,
            detail=f"{median(rates[name]):.0f} a second, bare {median(rates['bare']):.0f}",
        )  # fmt: skip


def _rate(work: Work) -> float:
    began, done = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < STRETCH_SECONDS:
        work()
        done += 1
    return done / took


def _bare() -> Work:
    insert = text("INSERT INTO bench_note (id, text) VALUES (:id, 'x')")

    def work() -> None:
        with unit_of_work():
            db.session.execute(insert, {"id": new_id()})

    return work


def _award() -> Work:
    numbers, season = count(1), a_campaign(points_budget=100_000_000).id
    people = cycle([a_fan().id for _ in range(PEOPLE)])
    with unit_of_work():
        budgets.reserve(Cause("claim", "bench"), season, 50_000_000, now=clock.now())

    def work() -> None:
        with unit_of_work():
            awards.award(
                Cause("share", f"bench-{next(numbers)}"), campaign_id=season, person_id=next(people), points_now=80,
                points_held=40, now=clock.now(),
            )  # fmt: skip

    return work


def _redeem() -> Work:
    """The catalogue's own verb, with stock, limit, code and all.

    Who redeems is at hand, as whoever is signed in, and so is the reward, as the page read it: the verb reads its row
    anew all the same.
    """
    db.session().expire_on_commit = False
    reward = a_reward(codes=CODES, price_points=10, per_person_max=100)
    people = cycle([a_person_has(a_fan(), 100_000) for _ in range(CODES // 80)])

    def work() -> None:
        with unit_of_work():
            redeem(reward, next(people), now=clock.now())

    return work


def _reading(short: Flask, long_: Flask, rounds: int) -> Iterator[Figure]:
    browsers = {"short": _reader(short, SHORT), "long": _reader(long_, LONG)}
    spent: dict[str, list[float]] = {name: [] for name in browsers}
    for turn in range(rounds + 1):
        for name, browser in browsers.items():
            began = process_time()
            for _ in range(PAGES):
                browser()
            if turn:
                spent[name].append((process_time() - began) / PAGES)
    yield Figure(
        STATEMENT, f"statement with {LONG:,} entries, of {SHORT:,}: CPU",
        median(one / other for one, other in zip(spent["long"], spent["short"], strict=True)), 1.3,
        detail=f"{median(spent['long']) * 1000:.1f} ms, {median(spent['short']) * 1000:.1f} ms",
    )  # fmt: skip


def _reader(app: Flask, entries: int) -> Work:
    with app.app_context():
        person = a_fan()
        with unit_of_work():
            token = open_session(person, identity_id=None, browser="Bench", now=clock.now())
        _fill(person.id, entries // 2)
        db.session.remove()
        db.engine.dispose()
    client = app.test_client()
    with client.session_transaction() as session:
        session["sid"] = token

    def read() -> None:
        answer = client.get("/points")
        if answer.status_code != 200:
            raise RuntimeError(f"The statement answered {answer.status_code}")

    return read


def _fill(person_id: str, movements: int) -> None:
    """So many adjustments of one point each, every second one taken again, made by one statement each."""
    postgresql = db.engine.dialect.name == "postgresql"
    own = person_account(person_id, "available")
    numbers = (
        f"SELECT generate_series(1, {movements}) AS n"
        if postgresql
        else f"SELECT n FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {movements}) "
        "SELECT n FROM c)"
    )
    key = "lpad(n::text, 26, '0')" if postgresql else "printf('%026d', n)"
    at = (
        "timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second'"
        if postgresql
        else "strftime('%Y-%m-%d %H:%M:%f000', '2026-01-01', '+' || n || ' seconds')"
    )
    # Points go up on odd numbers and down on even ones, so the balance after is one or nothing.
    with _unguarded(), unit_of_work():
        values: dict[str, Any] = {"own": own}
        db.session.execute(text("INSERT INTO ledger_account (name, balance) VALUES (:own, 0)"), values)
        db.session.execute(
            text(
                "INSERT INTO ledger_transaction "
                "(id, key, kind, cause_kind, cause_id, reason, content, entries_total, posted_at) "
                f"SELECT {key}, 'bench:' || n, 'adjust', 'bench', 'b' || n, '', '', 2, {at} FROM ({numbers}) AS made"
            )
        )  # fmt: skip
        for account, sign in ((":own", 1), ("'program/issued'", -1)):
            db.session.execute(
                text(
                    "INSERT INTO ledger_entry (transaction_id, account_name, amount, balance_after) "
                    f"SELECT {key}, {account}, {sign} * (CASE WHEN n % 2 = 1 THEN 1 ELSE -1 END), {sign} * (n % 2) "
                    f"FROM ({numbers}) AS made ORDER BY n"
                ),
                values if account == ":own" else {},
            )
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


@contextmanager
def _unguarded() -> Iterator[None]:
    """Without the triggers that count each movement's entries anew, which bulk would pay for a million times."""
    dialect = db.engine.dialect.name
    tables = ("ledger_transaction", "ledger_entry")
    names = ("ledger_entry_of_unfinished", "ledger_entry_balances", "ledger_transaction_open_day")
    off = (
        [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
        if dialect == "postgresql"
        else [f"DROP TRIGGER {name}" for name in names]
    )
    on = (
        [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        if dialect == "postgresql"
        else [*balanced_ddl()["sqlite"], *closing_ddl()["sqlite"]]
    )
    for statements, then in ((off, True), (on, False)):
        with unit_of_work():
            for statement in statements:
                db.session.execute(text(statement))
        if then:
            yield
