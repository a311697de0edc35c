"""The product as `make run` starts it: portal, worker, sandbox and demo community, over a data folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Self

import requests

from tests.servers.process import HOST, Process, free_ports

ROOT = Path(__file__).resolve().parents[2]
_READY_WITHIN_SECONDS = 500.0
"""The first start loads the demo community."""


class Product:
    """What runs on two ports that follow each other, as `make run PORT=…` would have it."""

    def __init__(self, folder: Path) -> None:
        port, sandbox_port = free_ports(2)
        self.url, self.sandbox_url = f"http://{HOST}:{port}", f"http://{HOST}:{sandbox_port}"
        self.folder = folder
        self.environment = {
            "PORTAL_ENV": "development", "PORTAL_DATA": str(folder / "var"), "PORTAL_PUBLIC_URL": self.url,
            "PORTAL_SANDBOX": "true", "PORTAL_SANDBOX_URL": self.sandbox_url, "PORTAL_FETCH_ALLOW": self.sandbox_url,
        }  # fmt: skip
        """Of commands beside it; the server sets the addresses by its port."""
        self._process = Process(
            [sys.executable, "-m", "portal.serving", "--port", str(port)],
            log=folder / "product.log",
            ready_line=f"Ready: {self.url}",
            deadline_seconds=_READY_WITHIN_SECONDS,
            cwd=ROOT,
            environment={"PORTAL_ENV": "development", "PORTAL_DATA": str(folder / "var")},
        )

    def start(self) -> Self:
        self._process.start()
        return self

    def stop(self) -> None:
        self._process.stop()

    def switch_perch(self, mode: str, target: str) -> None:
        """Make a post or profile of Perch misbehave, or behave again with `normal`."""
        answer = requests.post(f"{self.sandbox_url}/switches", json={"mode": mode, "target": target}, timeout=20)
        assert answer.ok, answer.text
