"""The control of the races: the same crowd on the same server oversells an app that looks first and writes afterwards.

So a race that the portal wins in `test_races.py` was one that could be lost.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, insert, select

from tests.faults.crowd import Answer, Client, at_once, statuses
from tests.faults.naive import counter, metadata, taken
from tests.faults.running import ROOT
from tests.servers.postgres import PostgresServer
from tests.servers.process import HOST, Process, free_port

TRIES_MAX = 30

pytestmark = pytest.mark.faults


class NaivePortal:
    def __init__(self, url: str, engine: Engine) -> None:
        self.url, self.engine = url, engine

    def set_counter(self, name: str, value: int) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(counter).values(name=name, value=value))

    def counter_of(self, name: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(select(counter.c.value).where(counter.c.name == name)) or 0)

    def taken_of(self, name: str) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(taken).where(taken.c.what == name)) or 0

    def rush(self, path: str, people: int, **form: int) -> list[Answer]:
        return at_once([partial(Client(self.url).post, path, **form) for _ in range(people)])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def naive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NaivePortal]:
    folder = tmp_path_factory.mktemp("naive")
    database = f"sqlite:///{folder / 'naive.db'}?timeout=30"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = server.create_database()
    engine = create_engine(database)
    metadata.create_all(engine)
    port = free_port()
    process = Process(
        [
            Path(sys.executable).parent / "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port),
            "--workers", "2", "--blocking-threads", "4", "tests.faults.naive:app",
        ],
        log=folder / "naive.log", ready_port=port, cwd=ROOT, environment={"NAIVE_DATABASE": database},
    )  # fmt: skip
    with process:
        naive = NaivePortal(f"http://{HOST}:{port}", engine)
        assert Client(naive.url).get("/ready").status == 200
        yield naive
    engine.dispose()


def seen_within_tries(round_goes_wrong: Callable[[str], bool], name: str) -> bool:
    return any(round_goes_wrong(f"{name}-{number}") for number in range(TRIES_MAX))


@pytest.mark.parametrize(("people", "places"), [(50, 5), (50, 1)])
def test_more_places_and_rewards_are_given_than_there_are(naive: NaivePortal, people: int, places: int) -> None:
    def oversells(name: str) -> bool:
        naive.set_counter(name, places)
        answers = statuses(naive.rush(f"/take/{name}", people))
        assert answers.get(303, 0) == naive.taken_of(name)
        return answers.get(303, 0) > places

    assert seen_within_tries(oversells, f"places-{places}")


@pytest.mark.parametrize(("what", "people"), [("submit", 20), ("decision", 2), ("double-click", 2)])
def test_one_thing_is_kept_twice(naive: NaivePortal, what: str, people: int) -> None:
    def doubles(name: str) -> bool:
        naive.rush(f"/once/{name}", people)
        return naive.taken_of(name) > 1

    assert seen_within_tries(doubles, what)


def test_an_award_or_a_redemption_is_lost(naive: NaivePortal) -> None:
    def loses(name: str) -> bool:
        naive.set_counter(name, 1000)
        path = f"/add/{name}"
        attempts = [partial(Client(naive.url).post, path, points=points) for points in (80, -60) for _ in range(4)]
        at_once(attempts)
        return naive.counter_of(name) != 1000 + 4 * 80 - 4 * 60

    assert seen_within_tries(loses, "points")
