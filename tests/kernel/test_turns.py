"""Writers of one SQLite file queue up, across threads and processes; readers don't."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.extensions import db
from portal.kernel import database
from portal.kernel.turns import Turns, turns_at
from portal.kernel.unit_of_work import unit_of_work


def test_one_at_a_time_across_two_queues_of_one_file(tmp_path: Path) -> None:
    """Each `Turns` has a file of its own open, as another process would."""
    queues = [Turns(str(tmp_path / "turn")) for _ in range(2)]
    inside, most, done = [0], [0], [0]

    def write(queue: Turns) -> None:
        for _ in range(20):
            assert queue.take(60)
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            done[0] += 1
            inside[0] -= 1
            queue.give()

    threads = [threading.Thread(target=write, args=(queues[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], done[0]) == (1, 160)


def test_whose_turn_does_not_come_is_told_so(tmp_path: Path) -> None:
    first, second = Turns(str(tmp_path / "turn")), Turns(str(tmp_path / "turn"))
    assert first.take(1)
    assert not first.take(0.01)
    assert not second.take(0.01)
    first.give()
    assert second.take(1)


def test_a_unit_of_work_gives_its_turn_back(sqlite_app: Flask) -> None:
    turns = turns_at(str(db.engine.url.database))
    for outcome in ("commit", "rollback"):
        try:
            with unit_of_work():
                db.session.execute(text("SELECT 1"))
                assert not turns.take(0)
                if outcome == "rollback":
                    raise LookupError
        except LookupError:
            pass
        assert turns.take(0), outcome
        turns.give()


def test_readers_wait_for_nobody_and_writers_are_told_when_it_takes_too_long(
    sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SQLITE_BUSY_TIMEOUT_MS", 10)
    with Path(f"{db.engine.url.database}-turn").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert db.session.execute(text("SELECT 1")).scalar() == 1
        with pytest.raises(OperationalError, match="locked"), unit_of_work():
            db.session.execute(text("SELECT 1"))
