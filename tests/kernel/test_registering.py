"""What decorators register is there in every process that makes an app: web, worker and command alike."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGISTERS = re.compile(r"^@(jobs\.(in_transaction|outside|every)|listens_to|event|explains|\w*bp\.(get|post))\(", re.M)
PRINT_MODULES = "import sys, portal; portal.create_app(); print(*sys.modules)"


def test_every_module_that_registers_something_is_loaded_at_the_start(tmp_path: Path) -> None:
    modules = [path for path in (ROOT / "portal").rglob("*.py") if "sandbox" not in path.parts]
    registering = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in modules
        if REGISTERS.search(path.read_text(encoding="utf-8"))
    }
    environment = {**os.environ, "PORTAL_DATA": str(tmp_path), "PORTAL_SANDBOX": "true", "PYTHONPATH": str(ROOT)}

    started = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )

    assert registering
    assert registering - set(started.stdout.split()) == set()
