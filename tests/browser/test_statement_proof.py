"""A fan takes statement, seals and checking program away on a phone, and the program proves the one by the other.

A statement in which somebody changed one figure is not proved.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.browser.cast import TAMSIN
from tests.browser.conftest import Comes
from tests.browser.fan import Fan


def test_a_statement_is_proved_by_what_was_downloaded(comes: Comes, phone: dict[str, Any], tmp_path: Path) -> None:
    tamsin = comes(Fan, looks_everywhere=True, **phone)
    tamsin.signs_in(TAMSIN.name)
    statement = tamsin.takes_away_statement(tmp_path / "points.json")
    tamsin.reads_how_it_is_proved()
    roots = tamsin.takes_away("All seals (JSON)", tmp_path / "roots.json")
    program = tamsin.takes_away("Checking program", tmp_path / "verify_statement.py")
    assert any(movement["proof"] for movement in json.loads(statement.read_text())["movements"])

    assert _check(program, statement, roots) == (0, "PROVED")

    told = json.loads(statement.read_text())
    proved = next(movement for movement in told["movements"] if movement["proof"])
    proved["postings"][0][1] += 1_000
    statement.write_text(json.dumps(told))
    assert _check(program, statement, roots) == (1, "NOT PROVED")


def _check(program: Path, statement: Path, roots: Path) -> tuple[int, str]:
    """How the program ended, and the first line it said. It sees no part of the portal and no other package."""
    command = [sys.executable, "-I", "-S", str(program), str(statement), "--roots", str(roots)]
    ended = subprocess.run(command, cwd=program.parent, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stdout.splitlines()[0]
