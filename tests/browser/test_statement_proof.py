"""A fan takes statement, seals and checking program away on a phone, and the program proves the one by the other."""

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

    command = [sys.executable, "-I", "-S", str(program), str(statement), "--roots", str(roots)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (0, "PROVED"), ended.stdout + ended.stderr
