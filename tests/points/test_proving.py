"""A fan's statement proves itself, offline, by the command and by a program that needs Python alone."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Person
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import proving, spending
from portal.points.ledger import Cause
from portal.points.verify_statement import GENESIS, STATEMENT_FORMAT, blind_of, chain, check, leaf_of
from tests.accounts.factories import a_fan
from tests.points.factories import an_award
from tests.points.test_sealing import seal_all

ClientOf = Callable[[Person], FlaskClient]

MOVED_NOWHERE = """
    "whole": true, "movements": [{"id": "m", "kind": "award", "cause": ["a", "b"], "reason": "", "postings": [
        ["person", 5, 5]], "posted_at": "2026-10-14", "proof": {"day": "2026-10-14", "salt": "00", "path": [],
        "position": 0}}]
"""


@pytest.fixture
def ada(app: Flask, now: Any) -> Person:
    """Three days of points: earned, settled in part, spent; others' points move on the same days."""
    person = a_fan("Ada Lindqvist")
    for number in range(5):
        an_award(a_fan(), points_now=10, cause=Cause("share", f"other-{number}"))
        an_award(person, points_now=20, points_held=30, cause=Cause("share", f"mine-{number}"))
        clock.advance(timedelta(hours=10))
    with unit_of_work():
        spending.reserve(Cause("redemption", "r"), person.id, 60, now=clock.now())
        spending.redeem(Cause("redemption", "r"), person.id, 60, now=clock.now())
    clock.advance(timedelta(days=1))
    seal_all()
    an_award(person, points_now=7, cause=Cause("share", "not sealed yet"))
    return person


def downloads(browser: FlaskClient, folder: Path) -> tuple[Path, Path, Path]:
    """Statement, roots and program, as the pages give them."""
    paths = []
    for address, name in (
        ("/points/statement.json", "points.json"), ("/ledger/roots.json", "roots.json"),
        ("/ledger/verify_statement.py", "verify_statement.py"),
    ):  # fmt: skip
        with browser.get(address) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Disposition"].startswith("attachment")
            (folder / name).write_bytes(answer.data)
        paths.append(folder / name)
    return paths[0], paths[1], paths[2]


def run_alone(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Isolated: without the portal's packages, and in a folder where there is nothing of it."""
    command = [sys.executable, "-I", "-S", str(script), *arguments]
    return subprocess.run(command, cwd=script.parent, capture_output=True, text=True, timeout=60, check=False)


def test_command_and_program_prove_what_was_downloaded(
    app: Flask, ada: Person, client_of: ClientOf, tmp_path: Path
) -> None:
    statement, roots, script = downloads(client_of(ada), tmp_path)
    file = json.loads(statement.read_text())
    assert sum(movement["proof"] is not None for movement in file["movements"]) == 7
    assert file["movements"][-1]["proof"] is None

    head = file["seals"][-1]["chain"]
    for extra in ([], ["--roots", str(roots)], ["--head", head.upper()]):
        alone = run_alone(script, str(statement), *extra)
        assert (alone.returncode, alone.stdout.splitlines()[0]) == (0, "PROVED"), alone.stdout + alone.stderr
        command = app.test_cli_runner().invoke(args=["ledger", "verify", str(statement), *extra])
        assert command.output == alone.stdout
    assert "7 movements are in the sealed days" in alone.stdout
    assert "Balance: 47 points" in alone.stdout


def test_movements_are_read_in_parts_and_told_once(
    app: Flask, ada: Person, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_of(ada)
    whole = browser.get("/points/statement.json").json["movements"]
    monkeypatch.setattr(proving, "CHUNK", 1)
    assert browser.get("/points/statement.json").json["movements"] == whole


def test_a_movement_is_proved_by_the_tree_of_its_own_day_alone() -> None:
    """A portal that puts one into a later tree as if it were older."""
    movement = {
        "id": "m", "kind": "award", "cause": ["share", "s"], "reason": "", "posted_at": "2026-10-13T09:00:00.000000Z",
        "postings": [["person/ada/available", 5, 5], ["campaign/c/reserved", -5, None]],
    }  # fmt: skip
    root = leaf_of(movement, blind_of("00", ["ada"])).hex()
    seal = {"number": 1, "day": "2026-10-14", "movements": 1, "root": root, "previous": GENESIS}
    seal["chain"] = chain(GENESIS, "2026-10-14", 1, root)
    file = {
        "format": STATEMENT_FORMAT, "person": "ada", "whole": True, "seals": [seal],
        "balances": {"available": 5, "pending": 0, "reserved": 0, "debt": 0},
        "movements": [movement | {"proof": {"day": "2026-10-14", "position": 0, "salt": "00", "path": []}}],
    }  # fmt: skip
    assert check(file)[1] == ["Movement m of 2026-10-13 is not what was sealed."]


def test_roots_that_are_no_chain_prove_nothing(app: Flask, ada: Person, client_of: ClientOf, tmp_path: Path) -> None:
    """Of a day before the statement's first, too."""
    statement, roots, _script = downloads(client_of(ada), tmp_path)
    file, published = json.loads(statement.read_text()), json.loads(roots.read_text())
    assert check(file, published)[1] == []
    published["seals"].insert(0, {**published["seals"][0], "day": "2026-01-01"})
    assert check(file, published)[1]


def test_the_file_says_nothing_about_anybody_else(app: Flask, ada: Person, client_of: ClientOf, tmp_path: Path) -> None:
    statement, _roots, _script = downloads(client_of(ada), tmp_path)
    text = statement.read_text()
    assert "other-" not in text
    assert "Lindqvist" not in text
    owners = {
        account.split("/")[1]
        for movement in json.loads(text)["movements"]
        for account, _points, _after in movement["postings"]
        if account.startswith("person/")
    }
    assert owners == {ada.id}
    balances_of_others = {
        after
        for movement in json.loads(text)["movements"]
        for account, _points, after in movement["postings"]
        if not account.startswith("person/")
    }
    assert balances_of_others == {None}
    shown = app.test_client().get("/ledger").text + app.test_client().get("/ledger/roots.json").text
    assert ada.id not in shown


def spoil_points(file: dict[str, Any]) -> None:
    for posting in file["movements"][0]["postings"]:
        posting[1] *= 2
        posting[2] = posting[2] and posting[2] * 2


def spoil_day(file: dict[str, Any]) -> None:
    file["movements"][0]["posted_at"] = file["movements"][0]["posted_at"].replace("T09", "T10")


def spoil_salt(file: dict[str, Any]) -> None:
    file["movements"][1]["proof"]["salt"] = "0" * 64


def leave_out(file: dict[str, Any]) -> None:
    del file["movements"][2]


def raise_balance(file: dict[str, Any]) -> None:
    file["balances"]["available"] += 1


def own_root(file: dict[str, Any]) -> None:
    file["seals"][0]["root"] = "1" * 64


def take_proof_away(file: dict[str, Any]) -> None:
    """Then nothing says that somebody got twice as much on a sealed day."""
    raised = file["movements"][-2]
    raised["proof"] = None


def renumber(file: dict[str, Any]) -> None:
    file["seals"][-1]["number"] += 1


def take_all_movements_away(file: dict[str, Any]) -> None:
    file["movements"], file["seals"] = [], []


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_points, spoil_day, spoil_salt, leave_out, raise_balance, own_root, take_proof_away, renumber,
        take_all_movements_away,
    ],
)  # fmt: skip
def test_what_was_changed_is_not_proved(
    app: Flask, ada: Person, client_of: ClientOf, tmp_path: Path, spoil: Callable[[dict[str, Any]], None]
) -> None:
    statement, _roots, _script = downloads(client_of(ada), tmp_path)
    file = json.loads(statement.read_text())
    _fine, wrong = check(copy.deepcopy(file))
    assert wrong == []
    spoil(file)
    _fine, wrong = check(file)
    assert wrong


def test_a_portal_that_rewrote_its_past_is_found_by_what_was_kept(
    app: Flask, ada: Person, client_of: ClientOf, tmp_path: Path
) -> None:
    """All seals made anew and in order: only what somebody kept or noted tells."""
    statement, roots, script = downloads(client_of(ada), tmp_path)
    published = json.loads(roots.read_text())
    published["seals"][-1]["chain"] = "a" * 64
    roots.write_text(json.dumps(published))
    compared = run_alone(script, str(statement), "--roots", str(roots))
    assert compared.returncode == 1
    assert "is not the published one" in compared.stdout
    noted = run_alone(script, str(statement), "--head", "b" * 64)
    assert noted.returncode == 1
    assert "that you noted" in noted.stdout


def seal_of(**changes: Any) -> str:
    """A file with one seal, as nobody made it."""
    seal = {"day": "2026-10-14", "movements": 1, "root": "00", "previous": "0" * 64, "chain": "", "number": 1}
    return json.dumps({"format": "points-statement/1", "person": "x", "seals": [{**seal, **changes}], "movements": []})


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"format": "points-statement/1"}', "\x00\xff", seal_of(movements=-1), seal_of(movements=2**70),
        '{"format": "points-statement/1", "a": ' + "[" * 100_000, seal_of().replace('"movements": []', MOVED_NOWHERE),
    ],
)  # fmt: skip
def test_a_file_that_is_none_gets_a_sentence_and_no_traceback(tmp_path: Path, content: str) -> None:
    from portal.points import verify_statement

    path = tmp_path / "x.json"
    path.write_bytes(content.encode("latin-1"))
    ended = run_alone(Path(verify_statement.__file__), str(path))
    assert ended.returncode == 2
    assert ended.stderr == ""
    assert len(ended.stdout.splitlines()) == 1


def test_a_month_is_proved_by_itself(app: Flask, ada: Person, client_of: ClientOf) -> None:
    file = json.loads(client_of(ada).get("/points/statement.json?month=2026-10").text)
    assert file["whole"] is False
    clock.advance(datetime(2026, 11, 1, tzinfo=UTC) - clock.now())
    an_award(ada, points_now=1, cause=Cause("share", "the next month's first"))
    assert client_of(ada).get("/points/statement.json?month=2026-10").json["movements"] == file["movements"]
    fine, wrong = check(file)
    assert wrong == []
    assert fine


def test_a_month_ends_with_what_rested_in_it(app: Flask, ada: Person, client_of: ClientOf) -> None:
    """Of what did not move in a month there is as much at its end as at its beginning."""
    clock.advance(datetime(2026, 11, 3, tzinfo=UTC) - clock.now())
    an_award(ada, points_held=1, points_now=0, cause=Cause("share", "held"))
    seal_all()
    file = json.loads(client_of(ada).get("/points/statement.json?month=2026-11").text)
    assert len(file["movements"]) == 1
    assert file["balances"] == {"available": 47, "debt": 0, "pending": 151, "reserved": 0}
    assert check(file)[1] == []


def test_an_older_file_stays_good_beside_newer_seals(app: Flask, ada: Person, client_of: ClientOf) -> None:
    """What had no proof when it was taken is said, and is nobody's forgery."""
    browser = client_of(ada)
    file = json.loads(browser.get("/points/statement.json").text)
    clock.advance(timedelta(days=1))
    seal_all()
    fine, wrong = check(file, json.loads(browser.get("/ledger/roots.json").text))
    assert wrong == []
    assert any("take the statement anew" in line for line in fine)
    assert not any("too new" in line for line in fine)


def test_the_public_page_has_its_days_and_says_when_there_are_none(app: Flask, client: FlaskClient, now: Any) -> None:
    assert "No day is sealed yet" in client.get("/ledger").text
    clock.advance(timedelta(days=1))
    seal_all()
    clock.advance(timedelta(days=40))
    seal_all()
    page = client.get("/ledger").text
    assert page.count("<tr>") == 32
    assert 'rel="next"' in page
    assert client.get("/ledger?before=10").text.count("<tr>") == 10
    assert client.get("/ledger?before=" + "9" * 30).status_code == 200
    assert client.get("/ledger?before=x").status_code == 200
